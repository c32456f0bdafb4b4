//! What the conversions of a `%` format make of a value.

use num_bigint::BigInt;
use num_traits::{Signed, ToPrimitive};

use super::Conversion;
use crate::error::{Error, Result};
use crate::value::{Value, float_to_integer, format_integer};

/// What stands before the digits.
pub(super) fn sign(conversion: &Conversion, negative: bool) -> &'static str {
    if negative {
        "-"
    } else if conversion.plus {
        "+"
    } else if conversion.space {
        " "
    } else {
        ""
    }
}

/// Sign with prefix, and digits.
pub(super) fn integer(
    conversion: &Conversion,
    kind: char,
    number: &BigInt,
) -> Result<(String, String)> {
    let magnitude = number.abs();
    let mut sign = sign(conversion, number.is_negative()).to_owned();
    let mut digits = match kind {
        'o' => magnitude.to_str_radix(8),
        'x' => magnitude.to_str_radix(16),
        'X' => magnitude.to_str_radix(16).to_ascii_uppercase(),
        _ => format_integer(&magnitude)?,
    };
    if conversion.alternate && kind != 'd' {
        sign.push('0');
        sign.push(kind);
    }
    let missing = conversion.precision.unwrap_or(0).saturating_sub(digits.len());
    if missing > 0 {
        digits.insert_str(0, &"0".repeat(missing));
    }
    Ok((sign, digits))
}

/// The integer that `%d` takes.
pub(super) fn truncated(value: &Value) -> Result<BigInt> {
    if let Value::Float(number) = value {
        return float_to_integer(*number);
    }
    if let Value::Undefined(undefined) = value {
        return Err(undefined.fail());
    }
    value.as_integer().ok_or_else(|| {
        let name = value.type_name();
        Error::type_error(format!("%d format: a real number is required, not {name}"))
    })
}

/// The float that `%f` takes.
pub(super) fn real(value: &Value) -> Result<f64> {
    if let Value::Float(number) = value {
        return Ok(*number);
    }
    if let Value::Undefined(undefined) = value {
        return Err(undefined.fail());
    }
    let Some(integer) = value.as_integer() else {
        let name = value.type_name();
        return Err(Error::type_error(format!("must be real number, not {name}")));
    };
    let float = integer.to_f64().filter(|float| float.is_finite());
    float.ok_or_else(|| Error::overflow("int too large to convert to float"))
}

/// The character that `%c` takes.
pub(super) fn character(value: &Value) -> Result<String> {
    if let Value::Str(text) = value
        && text.chars() == 1
    {
        return Ok(text.to_string());
    }
    let Some(code) = value.as_clamped() else {
        return Err(Error::type_error("%c requires int or char"));
    };
    let character = u32::try_from(code).ok().and_then(char::from_u32);
    character.map(String::from).ok_or_else(|| Error::overflow("%c arg not in range(0x110000)"))
}

/// Python's `ascii`: everything else is escaped.
pub(in crate::format) fn ascii(text: &str) -> String {
    use std::fmt::Write;
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        let code = u32::from(character);
        let _ = match code {
            0..=0x7f => write!(out, "{character}"),
            0x80..=0xff => write!(out, "\\x{code:02x}"),
            0x100..=0xffff => write!(out, "\\u{code:04x}"),
            _ => write!(out, "\\U{code:08x}"),
        };
    }
    out
}
