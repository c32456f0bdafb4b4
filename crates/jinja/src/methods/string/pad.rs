//! Filling up to a width.

use super::text_of;
use crate::error::{Error, Result};
use crate::run::Run;
use crate::value::{Args, Str, Value};

/// The character to fill with; escaped for safe text.
fn fill(run: &mut Run, text: &Str, args: &Args) -> Result<Str> {
    if args.get(1).is_none() {
        return Ok(" ".into());
    }
    let mut fill = args.text(1)?.clone();
    if text.is_markup() {
        fill = crate::markup::escape(run, &Value::Str(fill))?;
    }
    if fill.chars() != 1 {
        return Err(Error::type_error("the fill character must be exactly one character long"));
    }
    Ok(fill)
}

fn padded(
    run: &mut Run,
    subject: &Value,
    args: &Args,
    split: fn(missing: usize, width: usize) -> usize,
) -> Result<Value> {
    let text = text_of(subject)?;
    let width = args.size(0, 0)?;
    let fill = fill(run, text, args)?;
    let missing = width.saturating_sub(text.chars());
    if missing == 0 {
        return Ok(subject.clone());
    }
    run.meter.string(text.len().saturating_add(missing.saturating_mul(fill.len())))?;
    let before = split(missing, width);
    Ok(Value::Str(Str::built(&mut run.output, text.is_markup(), |output| {
        (0..before).for_each(|_| output.push_str(&fill));
        output.push_str(text);
        (before..missing).for_each(|_| output.push_str(&fill));
    })))
}

pub(crate) fn center(run: &mut Run, subject: &Value, args: Args) -> Result<Value> {
    padded(run, subject, &args, |missing, width| missing / 2 + (missing & width & 1))
}

pub(super) fn ljust(run: &mut Run, subject: &Value, args: Args) -> Result<Value> {
    padded(run, subject, &args, |_, _| 0)
}

pub(super) fn rjust(run: &mut Run, subject: &Value, args: Args) -> Result<Value> {
    padded(run, subject, &args, |missing, _| missing)
}

pub(super) fn zfill(run: &mut Run, subject: &Value, args: Args) -> Result<Value> {
    let text = text_of(subject)?;
    let missing = args.size(0, 0)?.saturating_sub(text.chars());
    run.meter.string(text.len().saturating_add(missing))?;
    let sign = usize::from(text.starts_with(['+', '-']));
    let (sign, digits) = text.split_at(sign);
    Ok(Value::Str(Str::built(&mut run.output, text.is_markup(), |output| {
        output.push_str(sign);
        output.extend(std::iter::repeat_n('0', missing));
        output.push_str(digits);
    })))
}

pub(super) fn expandtabs(run: &mut Run, subject: &Value, args: Args) -> Result<Value> {
    let text = text_of(subject)?;
    let size = args.size(0, 8)?;
    let tabs = text.matches('\t').count();
    run.meter.string(text.len().saturating_add(tabs.saturating_mul(size)))?;
    let mut out = String::with_capacity(text.len());
    let mut column = 0;
    for character in text.as_str().chars() {
        match character {
            '\t' if size > 0 => {
                let missing = size - column % size;
                column += missing;
                out.extend(std::iter::repeat_n(' ', missing));
            }
            '\t' => {}
            _ => {
                column = if matches!(character, '\n' | '\r') { 0 } else { column + 1 };
                out.push(character);
            }
        }
    }
    Ok(Value::Str(text.like(out)))
}
