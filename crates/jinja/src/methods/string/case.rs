//! Upper and lower case.

pub(crate) fn upper(text: &str, output: &mut String) {
    match append_ascii(text, output) {
        Some(appended) => appended.make_ascii_uppercase(),
        None => output.push_str(&text.to_uppercase()),
    }
}

pub(crate) fn lower(text: &str, output: &mut String) {
    match append_ascii(text, output) {
        Some(appended) => appended.make_ascii_lowercase(),
        None => output.push_str(&text.to_lowercase()),
    }
}

/// Appends the text if it is ASCII, whose case is changed in place.
fn append_ascii<'o>(text: &str, output: &'o mut String) -> Option<&'o mut str> {
    if !text.is_ascii() {
        return None;
    }
    let start = output.len();
    output.push_str(text);
    output.get_mut(start..)
}

/// Appends the lower case of an ASCII text, with letters in upper case where a word starts;
/// whether it is ASCII.
pub(crate) fn ascii_title(
    text: &str,
    output: &mut String,
    is_border: impl Fn(char) -> bool,
) -> bool {
    let Some(appended) = append_ascii(text, output) else { return false };
    appended.make_ascii_lowercase();
    let mut starts = true;
    for (place, byte) in text.bytes().enumerate() {
        let border = is_border(char::from(byte));
        if starts
            && !border
            && let Some(first) = appended.get_mut(place..=place)
        {
            first.make_ascii_uppercase();
        }
        starts = border;
    }
    true
}

pub(super) fn swapcase(text: &str, output: &mut String) {
    for character in text.chars() {
        if character.is_uppercase() {
            output.extend(character.to_lowercase());
        } else {
            output.extend(character.to_uppercase());
        }
    }
}

pub(super) fn casefold(text: &str, output: &mut String) {
    match append_ascii(text, output) {
        Some(appended) => appended.make_ascii_lowercase(),
        None => output.extend(text.chars().flat_map(fold)),
    }
}

/// Full case folding: the lower case of the upper case, but for letters that keep their form.
fn fold(character: char) -> Vec<char> {
    match character {
        'ı' => vec!['ı'],
        'İ' => vec!['i', '\u{307}'],
        '\u{13a0}'..='\u{13f5}' => vec![character],
        '\u{13f8}'..='\u{13fd}' => character.to_uppercase().collect(),
        '\u{ab70}'..='\u{abbf}' => character.to_uppercase().collect(),
        _ => character.to_uppercase().flat_map(char::to_lowercase).collect(),
    }
}

/// The form of a letter at the start of a capitalized word.
fn title_case(character: char) -> Vec<char> {
    match character {
        'Ǆ'..='ǆ' => vec!['ǅ'],
        'Ǉ'..='ǉ' => vec!['ǈ'],
        'Ǌ'..='ǌ' => vec!['ǋ'],
        'Ǳ'..='ǳ' => vec!['ǲ'],
        '\u{10d0}'..='\u{10ff}' => vec![character],
        _ => {
            let upper: Vec<char> = character.to_uppercase().collect();
            let Some((first, rest)) = upper.split_first() else { return upper };
            let rest = rest.iter().flat_map(|next| next.to_lowercase());
            [*first].into_iter().chain(rest).collect()
        }
    }
}

/// Python's `str.capitalize`.
pub(crate) fn capitalize(text: &str, output: &mut String) {
    if let Some(appended) = append_ascii(text, output) {
        appended.make_ascii_lowercase();
        return appended.get_mut(..1).map_or((), str::make_ascii_uppercase);
    }
    if let Some(first) = text.chars().next() {
        output.extend(title_case(first));
        output.push_str(&lower_rest(text, first));
    }
}

/// The lower case of all but the first character; the whole text decides on a final sigma.
fn lower_rest(text: &str, first: char) -> String {
    let lower = text.to_lowercase();
    let skipped: usize = first.to_lowercase().map(char::len_utf8).sum();
    lower.get(skipped..).unwrap_or("").to_owned()
}

/// Whether letters of this kind make up words for `str.title`.
fn is_cased(character: char) -> bool {
    character.is_lowercase()
        || character.is_uppercase()
        || matches!(character, 'ǅ' | 'ǈ' | 'ǋ' | 'ǲ')
}

/// Python's `str.title`.
pub(super) fn title(text: &str, output: &mut String) {
    if ascii_title(text, output, |character| !is_cased(character)) {
        return;
    }
    let mut in_word = false;
    for character in text.chars() {
        if in_word {
            output.extend(character.to_lowercase());
        } else {
            output.extend(title_case(character));
        }
        in_word = is_cased(character);
    }
}
