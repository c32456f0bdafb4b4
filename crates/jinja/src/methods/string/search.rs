//! Finding, counting and replacing.

use super::text_of;
use crate::error::{Error, Result};
use crate::run::Run;
use crate::value::{Args, Str, Value};

/// A part of a string that a search is limited to.
struct Window<'w> {
    text: &'w Str,
    part: &'w str,
    /// Byte offset of the part.
    offset: usize,
    /// The start lies beyond the end of the string.
    outside: bool,
}

fn bound(args: &Args, place: usize, default: i64, length: usize) -> Result<usize> {
    let value = match args.some(place) {
        None => default,
        Some(value) => match value.as_clamped() {
            Some(index) => index,
            None => return value.refuse("found as slice index; an integer or None is needed"),
        },
    };
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    let index = if value < 0 { value.saturating_add(length).max(0) } else { value };
    Ok(usize::try_from(index).unwrap_or(0))
}

fn window<'w>(run: &mut Run, subject: &'w Value, args: &Args) -> Result<Window<'w>> {
    let text = text_of(subject)?;
    run.meter.tick(text.len() / 32)?;
    let start = bound(args, 1, 0, text.chars())?;
    let stop = bound(args, 2, i64::MAX, text.chars())?.min(text.chars());
    let outside = start > text.chars() || start > stop;
    let part = text.substring(start, stop);
    Ok(Window { text, part, offset: text.offset(start), outside })
}

impl Window<'_> {
    fn place(&self, found: Option<usize>) -> i64 {
        let index =
            found.filter(|_| !self.outside).map(|found| self.text.index_at(self.offset + found));
        index.and_then(|index| i64::try_from(index).ok()).unwrap_or(-1)
    }
}

pub(super) fn find(run: &mut Run, subject: &Value, args: Args) -> Result<Value> {
    let needle = args.text(0)?;
    let window = window(run, subject, &args)?;
    Ok(Value::Int(window.place(window.part.find(needle.as_str()))))
}

pub(super) fn rfind(run: &mut Run, subject: &Value, args: Args) -> Result<Value> {
    let needle = args.text(0)?;
    let window = window(run, subject, &args)?;
    Ok(Value::Int(window.place(window.part.rfind(needle.as_str()))))
}

fn or_fail(found: Value) -> Result<Value> {
    match found {
        Value::Int(-1) => Err(Error::value_error("substring not found")),
        found => Ok(found),
    }
}

pub(super) fn index(run: &mut Run, subject: &Value, args: Args) -> Result<Value> {
    find(run, subject, args).and_then(or_fail)
}

pub(super) fn rindex(run: &mut Run, subject: &Value, args: Args) -> Result<Value> {
    rfind(run, subject, args).and_then(or_fail)
}

pub(super) fn count(run: &mut Run, subject: &Value, args: Args) -> Result<Value> {
    let needle = args.text(0)?;
    let window = window(run, subject, &args)?;
    if window.outside {
        return Ok(Value::Int(0));
    }
    Ok(Value::from_usize(window.part.matches(needle.as_str()).count()))
}

/// Whether the part satisfies `test` for the string given, or one of a tuple of strings.
fn affix(
    run: &mut Run,
    subject: &Value,
    args: &Args,
    test: fn(&str, &str) -> bool,
) -> Result<Value> {
    let candidates = match args.value(0) {
        Value::Tuple(tuple) => tuple.items.as_slice(),
        other => std::slice::from_ref(other),
    };
    let window = window(run, subject, args)?;
    for candidate in candidates {
        let Value::Str(affix) = candidate else {
            return candidate.refuse("found where a str or a tuple of str is needed");
        };
        run.meter.tick(1 + affix.len().min(window.part.len()) / 256)?;
        if !window.outside && test(window.part, affix) {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}

pub(super) fn startswith(run: &mut Run, subject: &Value, args: Args) -> Result<Value> {
    affix(run, subject, &args, |text, affix| text.starts_with(affix))
}

pub(super) fn endswith(run: &mut Run, subject: &Value, args: Args) -> Result<Value> {
    affix(run, subject, &args, |text, affix| text.ends_with(affix))
}

pub(crate) fn replace(run: &mut Run, subject: &Value, args: Args) -> Result<Value> {
    let text = text_of(subject)?;
    let old = args.text(0)?;
    let mut new = args.text(1)?.clone();
    if text.is_markup() {
        new = crate::markup::escape(run, &Value::Str(new))?;
    }
    let count = args.integer(2, -1)?;
    replace_text(run, text, old, &new, count)
}

/// Replaces all occurrences of `old` in a text, which stays the same object if there are none.
pub(crate) fn replace_all(run: &mut Run, text: &Str, old: &str, new: &str) -> Result<Value> {
    if !old.is_empty() && !contains(text, old) {
        run.meter.tick(text.len() / 32)?;
        return Ok(Value::Str(text.clone()));
    }
    replace_text(run, text, old, new, -1)
}

fn contains(text: &str, part: &str) -> bool {
    match part.as_bytes() {
        [byte] => text.as_bytes().contains(byte),
        _ => text.contains(part),
    }
}

/// How long a text may become, in bytes, to be written before its size is checked.
const SHORT: usize = 4096;

/// Replaces up to `count` occurrences; all if negative.
fn replace_text(run: &mut Run, text: &Str, old: &str, new: &str, count: i64) -> Result<Value> {
    let most = usize::try_from(count).unwrap_or(usize::MAX);
    run.meter.tick(text.len() / 32)?;
    let is_short = (text.len() + 1).saturating_mul(new.len() + 1) <= SHORT;
    if !is_short {
        let occurrences = text.matches(old).count().min(most);
        let grown = occurrences.saturating_mul(new.len()).saturating_add(text.len());
        run.meter.string(grown.saturating_sub(occurrences.saturating_mul(old.len())))?;
    }
    let replaced = Str::built(&mut run.output, text.is_markup(), |output| {
        write_replaced(text, old, new, most, output);
    });
    if is_short {
        run.meter.string(replaced.len())?;
    }
    Ok(Value::Str(replaced))
}

/// Writes a text in which up to `most` occurrences of `old` are replaced.
fn write_replaced(text: &str, old: &str, new: &str, most: usize, output: &mut String) {
    let mut start = 0;
    let mut put = |place: usize| {
        output.push_str(text.get(start..place).unwrap_or(""));
        output.push_str(new);
        start = place + old.len();
    };
    match *old.as_bytes() {
        [byte] => {
            let places = text.bytes().enumerate().filter(|(_, known)| *known == byte);
            places.take(most).for_each(|(place, _)| put(place));
        }
        _ => text.match_indices(old).take(most).for_each(|(place, _)| put(place)),
    }
    output.push_str(text.get(start..).unwrap_or(""));
}
