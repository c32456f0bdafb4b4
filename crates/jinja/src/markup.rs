//! HTML escaping, and strings marked as safe.

use crate::error::Result;
use crate::interpreter::Interpreter;
use crate::value::{Str, Value, to_text};

/// Replaces the five characters special in HTML.
pub(crate) fn escape_text(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\'' => escaped.push_str("&#39;"),
            '"' => escaped.push_str("&#34;"),
            _ => escaped.push(character),
        }
    }
    escaped
}

/// The value as safe text: escaped unless it is markup already.
pub(crate) fn escape(run: &mut Interpreter, value: &Value) -> Result<Str> {
    let text = to_text(run, value)?;
    if text.is_markup() {
        return Ok(text);
    }
    run.meter.string(text.len())?;
    let escaped = escape_text(&text);
    run.meter.string(escaped.len())?;
    Ok(Str::markup(escaped))
}

/// Brings two strings to the same kind; if one is markup, the other is escaped.
pub(crate) fn unify(run: &mut Interpreter, a: &Str, b: &Str) -> Result<(Str, Str, bool)> {
    if a.is_markup() == b.is_markup() {
        return Ok((a.clone(), b.clone(), a.is_markup()));
    }
    let a = escape(run, &Value::Str(a.clone()))?;
    let b = escape(run, &Value::Str(b.clone()))?;
    Ok((a, b, true))
}
