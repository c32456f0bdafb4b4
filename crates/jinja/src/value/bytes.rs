//! Python's `bytes`, as far as `str.encode` and `int.to_bytes` bring them up.

use std::fmt::Write;

use super::Value;
use crate::error::{Error, Result};
use crate::run::Run;

/// Python's `repr(bytes)`.
pub(crate) fn repr_bytes(bytes: &[u8]) -> String {
    let quote = if bytes.contains(&b'\'') && !bytes.contains(&b'"') { '"' } else { '\'' };
    let mut text = format!("b{quote}");
    for byte in bytes {
        match byte {
            b'\t' => text.push_str("\\t"),
            b'\n' => text.push_str("\\n"),
            b'\r' => text.push_str("\\r"),
            b'\\' => text.push_str("\\\\"),
            byte if char::from(*byte) == quote => {
                text.push('\\');
                text.push(quote);
            }
            b' '..=b'~' => text.push(char::from(*byte)),
            byte => {
                let _ = write!(text, "\\x{byte:02x}");
            }
        }
    }
    text.push(quote);
    text
}

/// Python's `item in bytes`.
pub(super) fn bytes_contain(run: &mut Run, bytes: &[u8], item: &Value) -> Result<bool> {
    let sought = if let Value::Bytes(item) = item { item.len() } else { 1 };
    run.meter.tick((bytes.len() / 64).saturating_mul(1 + sought / 64))?;
    match item {
        Value::Bytes(item) => {
            Ok(item.is_empty() || bytes.windows(item.len()).any(|part| part == item.as_slice()))
        }
        Value::Bool(item) => Ok(bytes.contains(&u8::from(*item))),
        Value::Int(item) => match u8::try_from(*item) {
            Ok(item) => Ok(bytes.contains(&item)),
            Err(_) => Err(Error::value_error("byte must be in range(0, 256)")),
        },
        _ => item.refuse("is not bytes-like"),
    }
}
