//! Upper and lower case.

use super::text_of;
use crate::builtin::Args;
use crate::error::Result;
use crate::interpreter::Interpreter;
use crate::value::Value;

/// Applies `change` to the text.
fn changed(
    run: &mut Interpreter,
    subject: &Value,
    change: impl FnOnce(&str) -> String,
) -> Result<Value> {
    let text = text_of(subject)?;
    run.meter.string(text.len().saturating_mul(2))?;
    Ok(Value::Str(text.like(change(text))))
}

pub(super) fn upper(run: &mut Interpreter, subject: &Value, _: Args) -> Result<Value> {
    changed(run, subject, str::to_uppercase)
}

pub(super) fn lower(run: &mut Interpreter, subject: &Value, _: Args) -> Result<Value> {
    changed(run, subject, str::to_lowercase)
}

pub(super) fn capitalize(run: &mut Interpreter, subject: &Value, _: Args) -> Result<Value> {
    changed(run, subject, capitalize_text)
}

pub(super) fn title(run: &mut Interpreter, subject: &Value, _: Args) -> Result<Value> {
    changed(run, subject, title_text)
}

pub(super) fn swapcase(run: &mut Interpreter, subject: &Value, _: Args) -> Result<Value> {
    changed(run, subject, |text| {
        let mut swapped = String::with_capacity(text.len());
        for character in text.chars() {
            if character.is_uppercase() {
                swapped.extend(character.to_lowercase());
            } else {
                swapped.extend(character.to_uppercase());
            }
        }
        swapped
    })
}

pub(super) fn casefold(run: &mut Interpreter, subject: &Value, _: Args) -> Result<Value> {
    changed(run, subject, |text| text.chars().flat_map(fold).collect())
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
fn capitalize_text(text: &str) -> String {
    let mut characters = text.chars();
    let Some(first) = characters.next() else { return String::new() };
    let mut result: String = title_case(first).into_iter().collect();
    result.push_str(&lower_rest(text, first));
    result
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
fn title_text(text: &str) -> String {
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
    result
}
