//! Making text shorter.

use crate::arithmetic::binary;
use crate::error::{Error, Result};
use crate::methods::strip_characters;
use crate::operator::BinaryOperator;
use crate::run::Run;
use crate::value::{Args, Str, Value, as_text};

/// `trim(chars=none)`
pub(super) fn trim(run: &mut Run, value: &Value, args: Args) -> Result<Value> {
    let text = as_text(run, value)?;
    let characters = match args.some(0) {
        None => None,
        Some(_) => Some(args.text(0)?.as_str()),
    };
    run.meter.string(text.len())?;
    run.meter.tick((text.len() / 64).saturating_mul(1 + characters.map_or(0, str::len) / 8))?;
    let trimmed = strip_characters(&text, characters, true, true);
    Ok(Value::Str(text.part(trimmed)))
}

/// `truncate(length=255, killwords=false, end='...', leeway=5)`
pub(super) fn truncate(run: &mut Run, value: &Value, args: Args) -> Result<Value> {
    let length = args.get(0).map_or(Ok(255), Value::expect_number)?;
    let leeway = if args.some(3).is_some() { args.integer(3, 5)? } else { 5 };
    let end = match args.get(2) {
        None => "...".into(),
        Some(_) => args.text(2)?.clone(),
    };
    let kept = length.saturating_sub(i64::try_from(end.chars()).unwrap_or(i64::MAX));
    if kept < 0 {
        let message = format!("expected length >= {}, got {length}", end.chars());
        return Err(Error::runtime(message));
    }
    if leeway < 0 {
        return Err(Error::runtime(format!("expected leeway >= 0, got {leeway}")));
    }
    let Some(size) = value.length() else {
        let name = value.type_name();
        return Err(Error::type_error(format!("object of type '{name}' has no len()")));
    };
    if i64::try_from(size).unwrap_or(i64::MAX) <= length.saturating_add(leeway) {
        return Ok(value.clone());
    }
    let Value::Str(text) = value else { return value.refuse("cannot be truncated") };
    run.meter.string(text.len())?;
    let mut head = text.substring(0, usize::try_from(kept).unwrap_or(usize::MAX));
    if !args.flag(1, false) {
        head = head.rsplit_once(' ').map_or(head, |(head, _)| head);
    }
    if text.is_markup() != end.is_markup() {
        let head = Value::Str(text.like(head));
        return binary(run, BinaryOperator::Add, &head, &Value::Str(end));
    }
    run.meter.string(head.len() + end.len())?;
    Ok(Value::Str(Str::built(&mut run.output, text.is_markup(), |output| {
        output.push_str(head);
        output.push_str(&end);
    })))
}
