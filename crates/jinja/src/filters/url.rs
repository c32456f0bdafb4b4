//! `urlencode`

use crate::error::{Error, Result};
use crate::run::Run;
use crate::value::{Args, Object, Value, View, ViewKind, as_text, collect, iterate};

/// `urlencode`: a string quoted, or pairs as a query.
pub(super) fn urlencode(run: &mut Run, value: &Value, _: Args) -> Result<Value> {
    let pairs = match value {
        Value::Str(_) => return quote(run, value, false).map(Value::text),
        Value::Dict(dict) => {
            Value::object(run, Object::View(View { dict: dict.clone(), kind: ViewKind::Items }))?
        }
        other => other.clone(),
    };
    let Ok(mut pairs) = iterate(run, &pairs) else {
        return quote(run, value, false).map(Value::text);
    };
    let mut parts = Vec::new();
    let mut size = 0;
    while let Some(pair) = pairs.next(run)? {
        let pair = collect(run, &pair)?;
        let [key, value] = pair.as_slice() else {
            return Err(Error::value_error("each item must be a pair of name and value"));
        };
        let part = format!("{}={}", quote(run, key, true)?, quote(run, value, true)?);
        size += part.len() + 1;
        run.meter.string(size)?;
        parts.push(part);
    }
    Ok(Value::text(parts.join("&")))
}

/// Quotes for a path, or for a query, where a space becomes `+`.
fn quote(run: &mut Run, value: &Value, in_query: bool) -> Result<String> {
    let text = match value {
        Value::Bytes(_) => None,
        other => Some(as_text(run, other)?),
    };
    let bytes = match (&text, value) {
        (Some(text), _) => text.as_bytes(),
        (None, Value::Bytes(bytes)) => bytes.as_slice(),
        _ => &[],
    };
    run.meter.string(bytes.len().saturating_mul(3))?;
    let mut out = String::with_capacity(bytes.len());
    for byte in bytes {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'.' | b'-' | b'~' => {
                out.push(char::from(*byte));
            }
            b'/' if !in_query => out.push('/'),
            b' ' if in_query => out.push('+'),
            _ => {
                out.push('%');
                out.extend([byte >> 4, byte & 15].map(hexadecimal));
            }
        }
    }
    Ok(out)
}

fn hexadecimal(digit: u8) -> char {
    char::from_digit(digit.into(), 16).unwrap_or('0').to_ascii_uppercase()
}
