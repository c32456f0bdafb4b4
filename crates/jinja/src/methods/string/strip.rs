//! Removing what stands at the ends.

use super::text_of;
use crate::error::Result;
use crate::lexer::is_space;
use crate::run::Run;
use crate::value::{Args, Value};

/// Strips white space, or the given characters, at the chosen ends.
pub(crate) fn strip_characters<'t>(
    text: &'t str,
    characters: Option<&str>,
    start: bool,
    end: bool,
) -> &'t str {
    match characters {
        None => strip_if(text, start, end, is_space),
        Some(characters) => strip_if(text, start, end, |c| characters.contains(c)),
    }
}

#[inline]
fn strip_if(text: &str, start: bool, end: bool, stripped: impl Fn(char) -> bool) -> &str {
    let mut rest = text;
    let mut characters = rest.chars();
    while start && characters.next().is_some_and(&stripped) {
        rest = characters.as_str();
    }
    characters = rest.chars();
    while end && characters.next_back().is_some_and(&stripped) {
        rest = characters.as_str();
    }
    rest
}

fn stripped(run: &mut Run, subject: &Value, args: &Args, start: bool, end: bool) -> Result<Value> {
    let text = text_of(subject)?;
    let characters = match args.some(0) {
        None => None,
        Some(_) => Some(args.text(0)?.as_str()),
    };
    run.meter.string(text.len())?;
    let work = characters.map_or(1, |characters| 1 + characters.len() / 8);
    run.meter.tick((text.len() / 64).saturating_mul(work))?;
    Ok(Value::Str(text.like(strip_characters(text, characters, start, end))))
}

pub(super) fn strip(run: &mut Run, subject: &Value, args: Args) -> Result<Value> {
    stripped(run, subject, &args, true, true)
}

pub(super) fn lstrip(run: &mut Run, subject: &Value, args: Args) -> Result<Value> {
    stripped(run, subject, &args, true, false)
}

pub(super) fn rstrip(run: &mut Run, subject: &Value, args: Args) -> Result<Value> {
    stripped(run, subject, &args, false, true)
}

pub(super) fn removeprefix(run: &mut Run, subject: &Value, args: Args) -> Result<Value> {
    let text = text_of(subject)?;
    run.meter.string(text.len())?;
    let prefix = args.text(0)?;
    Ok(Value::Str(text.like(text.strip_prefix(prefix.as_str()).unwrap_or(text))))
}

pub(super) fn removesuffix(run: &mut Run, subject: &Value, args: Args) -> Result<Value> {
    let text = text_of(subject)?;
    run.meter.string(text.len())?;
    let suffix = args.text(0)?;
    Ok(Value::Str(text.like(text.strip_suffix(suffix.as_str()).unwrap_or(text))))
}
