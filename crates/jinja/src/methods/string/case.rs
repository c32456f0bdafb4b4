//! Upper and lower case.

use std::borrow::Cow;

pub(crate) fn upper(text: &str) -> Cow<'_, str> {
    text.to_uppercase().into()
}

pub(crate) fn lower(text: &str) -> Cow<'_, str> {
    text.to_lowercase().into()
}

pub(super) fn swapcase(text: &str) -> Cow<'_, str> {
    let mut swapped = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_uppercase() {
            swapped.extend(character.to_lowercase());
        } else {
            swapped.extend(character.to_uppercase());
        }
    }
    swapped.into()
}

pub(super) fn casefold(text: &str) -> Cow<'_, str> {
    text.chars().flat_map(fold).collect::<String>().into()
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
pub(crate) fn capitalize(text: &str) -> Cow<'_, str> {
    let mut characters = text.chars();
    let Some(first) = characters.next() else { return text.into() };
    let mut result: String = title_case(first).into_iter().collect();
    result.push_str(&lower_rest(text, first));
    result.into()
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
pub(super) fn title(text: &str) -> Cow<'_, str> {
    let mut result = String::with_capacity(text.len());
    let mut in_word = false;
    for character in text.chars() {
        if in_word {
            result.extend(character.to_lowercase());
        } else {
            result.extend(title_case(character));
        }
        in_word = is_cased(character);
    }
    result.into()
}
