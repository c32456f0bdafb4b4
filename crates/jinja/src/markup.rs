//! HTML escaping, and strings marked as safe.

use crate::error::Result;
use crate::run::Run;
use crate::value::{Str, Value, as_text};

/// Replaces the five characters special in HTML.
pub(crate) fn escape_text(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    write_escaped(text, &mut escaped);
    escaped
}

fn write_escaped(text: &str, output: &mut String) {
    write_replacing(text, output, |byte| match byte {
        b'&' => Some("&amp;"),
        b'<' => Some("&lt;"),
        b'>' => Some("&gt;"),
        b'\'' => Some("&#39;"),
        b'"' => Some("&#34;"),
        _ => None,
    });
}

/// Writes a text with some ASCII characters replaced.
#[inline]
pub(crate) fn write_replacing(
    text: &str,
    output: &mut String,
    replacement: impl Fn(u8) -> Option<&'static str>,
) {
    let mut start = 0;
    for (place, byte) in text.bytes().enumerate() {
        let Some(escaped) = replacement(byte) else { continue };
        output.push_str(text.get(start..place).unwrap_or(""));
        output.push_str(escaped);
        start = place + 1;
    }
    output.push_str(text.get(start..).unwrap_or(""));
}

/// The value as safe text: escaped unless it is markup already.
pub(crate) fn escape(run: &mut Run, value: &Value) -> Result<Str> {
    let text = as_text(run, value)?;
    if text.is_markup() {
        return Ok(text.into_owned());
    }
    run.meter.string(text.len())?;
    let escaped = Str::built(&mut run.output, true, |output| write_escaped(&text, output));
    run.meter.string(escaped.len())?;
    Ok(escaped)
}

/// Brings two strings to the same kind; if one is markup, the other is escaped.
pub(crate) fn unify(run: &mut Run, a: &Str, b: &Str) -> Result<(Str, Str, bool)> {
    if a.is_markup() == b.is_markup() {
        return Ok((a.clone(), b.clone(), a.is_markup()));
    }
    let a = escape(run, &Value::Str(a.clone()))?;
    let b = escape(run, &Value::Str(b.clone()))?;
    Ok((a, b, true))
}
