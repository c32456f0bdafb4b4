//! Taking strings apart and joining them.

use std::borrow::Cow;

use super::text_of;
use crate::error::{Error, Result};
use crate::lexer::is_space;
use crate::markup;
use crate::run::Run;
use crate::value::{Args, Str, Value, iterate};

pub(super) fn split(run: &mut Run, subject: &Value, args: Args) -> Result<Value> {
    let text = text_of(subject)?;
    let most = most_splits(&args)?;
    run.meter.tick(text.len() / 16)?;
    let parts = match separator(&args)? {
        Some(separator) => match *separator.as_bytes() {
            [byte] if most == usize::MAX => return split_at_byte(run, text, byte),
            _ => text.splitn(most, separator.as_str()).collect(),
        },
        None => split_space(text, most),
    };
    parts_list(run, text, parts)
}

/// The parts of a text between occurrences of an ASCII character.
fn split_at_byte(run: &mut Run, text: &Str, separator: u8) -> Result<Value> {
    run.meter.charge(text.len())?;
    let mut parts = Vec::with_capacity(4);
    let mut rest = text.as_str();
    while let Some(end) = rest.bytes().position(|byte| byte == separator) {
        let (part, after) = rest.split_at(end);
        parts.push(Value::Str(text.like(part)));
        rest = after.get(1..).unwrap_or("");
        if parts.len() > run.meter.limits.list {
            run.meter.list(parts.len())?;
        }
    }
    parts.push(Value::Str(text.like(rest)));
    run.meter.list(parts.len())?;
    Ok(Value::list(parts))
}

pub(super) fn rsplit(run: &mut Run, subject: &Value, args: Args) -> Result<Value> {
    let text = text_of(subject)?;
    let most = most_splits(&args)?;
    run.meter.tick(text.len() / 16)?;
    let mut parts: Vec<&str> = match separator(&args)? {
        Some(separator) => text.rsplitn(most, separator.as_str()).collect(),
        None => rsplit_space(text, most),
    };
    parts.reverse();
    parts_list(run, text, parts)
}

fn parts_list(run: &mut Run, text: &Str, parts: Vec<&str>) -> Result<Value> {
    run.meter.list(parts.len())?;
    run.meter.charge(text.len())?;
    Ok(Value::list(parts.into_iter().map(|part| Value::Str(text.like(part))).collect()))
}

/// The number of parts at most.
fn most_splits(args: &Args) -> Result<usize> {
    let splits = args.integer(1, -1)?;
    Ok(usize::try_from(splits).map_or(usize::MAX, |splits| splits.saturating_add(1)))
}

fn separator<'a>(args: &Args<'a>) -> Result<Option<&'a Str>> {
    if args.some(0).is_none() {
        return Ok(None);
    }
    let separator = args.text(0)?;
    if separator.is_empty() {
        return Err(Error::value_error("empty separator"));
    }
    Ok(Some(separator))
}

fn split_space(text: &str, most: usize) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text.trim_start_matches(is_space);
    while !rest.is_empty() {
        if parts.len() + 1 == most {
            parts.push(rest);
            break;
        }
        let (part, after) = rest.split_at(word_length(rest));
        parts.push(part);
        rest = without_space(after);
    }
    parts
}

/// The words of a text, which white space separates.
pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text.trim_start_matches(is_space);
    std::iter::from_fn(move || {
        let (word, after) = rest.split_at(word_length(rest));
        rest = without_space(after);
        Some(word).filter(|word| !word.is_empty())
    })
}

/// The text without white space at its start, which most often is one space.
fn without_space(text: &str) -> &str {
    match text.as_bytes() {
        [b' ', next, ..] if next.is_ascii_graphic() => text.get(1..).unwrap_or(""),
        _ => text.trim_start_matches(is_space),
    }
}

/// How many bytes stand before the first white space.
fn word_length(text: &str) -> usize {
    first_place(text, |byte| !byte.is_ascii_graphic(), is_space)
}

/// Where the first of the characters that are `wanted` stands, or the end; their first bytes
/// are among those that `may_be`.
#[inline]
fn first_place(text: &str, may_be: impl Fn(u8) -> bool, wanted: fn(char) -> bool) -> usize {
    let places = text.bytes().enumerate().filter(|(_, byte)| may_be(*byte));
    let mut places = places.map(|(place, _)| place);
    let is_wanted = |place: &usize| text.get(*place..).is_some_and(|rest| rest.starts_with(wanted));
    places.find(is_wanted).unwrap_or(text.len())
}

/// As [`split_space`], from the end and in reverse.
fn rsplit_space(text: &str, most: usize) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text.trim_end_matches(is_space);
    while !rest.is_empty() {
        if parts.len() + 1 == most {
            parts.push(rest);
            break;
        }
        let kept = rest.trim_end_matches(|character| !is_space(character));
        parts.push(rest.get(kept.len()..).unwrap_or(""));
        rest = kept.trim_end_matches(is_space);
    }
    parts
}

fn is_line_end(character: char) -> bool {
    matches!(
        character,
        '\n' | '\r' | '\x0b' | '\x0c' | '\x1c'..='\x1e' | '\u{85}' | '\u{2028}' | '\u{2029}'
    )
}

/// How many bytes stand before the first line end.
fn line_length(text: &str) -> usize {
    let may_end = |byte| matches!(byte, b'\n'..=b'\r' | 0x1c..=0x1e | 0xc2 | 0xe2);
    first_place(text, may_end, is_line_end)
}

/// The lines of a text, with their ends.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (line, after) = rest.split_at(line_length(rest));
        let width = match after.get(..2) {
            Some("\r\n") => 2,
            _ => after.chars().next().map_or(0, char::len_utf8),
        };
        let (line_end, after) = after.split_at(width);
        rest = after;
        Some((line, line_end))
    })
}

pub(super) fn splitlines(run: &mut Run, subject: &Value, args: Args) -> Result<Value> {
    let text = text_of(subject)?;
    let keep = args.integer(0, 0)? != 0;
    run.meter.string(text.len())?;
    let mut parts = Vec::new();
    for (line, end) in lines(text) {
        run.meter.items(1)?;
        let line = if keep { [line, end].concat() } else { line.into() };
        parts.push(Value::Str(text.like(line)));
    }
    run.meter.list(parts.len())?;
    Ok(Value::list(parts))
}

pub(super) fn partition(run: &mut Run, subject: &Value, args: Args) -> Result<Value> {
    let text = text_of(subject)?;
    run.meter.string(text.len())?;
    run.meter.list(3)?;
    let separator = filled(&args)?;
    let parts = text.split_once(separator.as_str());
    Ok(three(text, parts.map_or([text.as_str(), "", ""], |(a, b)| [a, separator.as_str(), b])))
}

pub(super) fn rpartition(run: &mut Run, subject: &Value, args: Args) -> Result<Value> {
    let text = text_of(subject)?;
    run.meter.string(text.len())?;
    run.meter.list(3)?;
    let separator = filled(&args)?;
    let parts = text.rsplit_once(separator.as_str());
    Ok(three(text, parts.map_or(["", "", text.as_str()], |(a, b)| [a, separator.as_str(), b])))
}

fn filled<'a>(args: &Args<'a>) -> Result<&'a Str> {
    let separator = args.text(0)?;
    if separator.is_empty() { Err(Error::value_error("empty separator")) } else { Ok(separator) }
}

fn three(text: &Str, parts: [&str; 3]) -> Value {
    Value::tuple(parts.into_iter().map(|part| Value::Str(text.like(part))).collect())
}

pub(super) fn join(run: &mut Run, subject: &Value, args: Args) -> Result<Value> {
    let separator = text_of(subject)?;
    let mut iter = iterate(run, args.value(0))?;
    let mut out = String::with_capacity(64);
    let mut index = 0;
    while let Some(item) = iter.next(run)? {
        let part = match &item {
            _ if separator.is_markup() => Cow::Owned(markup::escape(run, &item)?),
            Value::Str(text) => Cow::Borrowed(text),
            other => {
                let name = other.type_name();
                let message = format!("sequence item {index}: expected str instance, {name} found");
                return Err(Error::type_error(message));
            }
        };
        if index > 0 {
            out.push_str(separator);
        }
        out.push_str(&part);
        index += 1;
        if out.len() > run.meter.limits.string {
            run.meter.string(out.len())?;
        }
    }
    run.meter.string(out.len())?;
    Ok(Value::Str(separator.like(out)))
}
