//! Floats as Python prints and reads them.

use num_bigint::BigInt;
use num_traits::{FromPrimitive, ToPrimitive};

use crate::error::{Error, Result};
use crate::lexer::is_space;

/// Python's `repr(float)`.
pub(crate) fn format_float(value: f64) -> String {
    if value.is_nan() {
        return "nan".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf".into() } else { "-inf".into() };
    }
    let shortest = serde_json::to_string(&value).unwrap_or_default();
    let is_plain = value == 0.0 || (1e-4..1e16).contains(&value.abs());
    if is_plain && !shortest.bytes().any(|byte| byte == b'e') {
        return shortest;
    }
    match shortest.split_once('e') {
        Some((mantissa, exponent)) if !is_plain => return scientific(mantissa, exponent),
        _ => {}
    }
    let (sign, digits, point) = decimal(&shortest);
    let count = i32::try_from(digits.len()).unwrap_or(i32::MAX);
    let zeros = |count: i32| "0".repeat(usize::try_from(count).unwrap_or(0));
    let split = |at: i32| digits.split_at(usize::try_from(at).unwrap_or(0));
    match point {
        -3..=0 => format!("{sign}0.{}{digits}", zeros(-point)),
        1..=16 if point >= count => format!("{sign}{digits}{}.0", zeros(point - count)),
        1..=16 => {
            let (whole, fraction) = split(point);
            format!("{sign}{whole}.{fraction}")
        }
        _ => {
            let (first, fraction) = split(1);
            let dot = if fraction.is_empty() { "" } else { "." };
            let (exponent, sign_of_it) =
                ((point - 1).unsigned_abs(), if point < 1 { '-' } else { '+' });
            format!("{sign}{first}{dot}{fraction}e{sign_of_it}{exponent:02}")
        }
    }
}

/// A number written with an exponent, which Python gives a sign and two digits.
fn scientific(mantissa: &str, exponent: &str) -> String {
    let mantissa = mantissa.strip_suffix(".0").unwrap_or(mantissa);
    let (sign, digits) = match exponent.strip_prefix('-') {
        Some(digits) => ('-', digits),
        None => ('+', exponent.strip_prefix('+').unwrap_or(exponent)),
    };
    let zero = if digits.len() < 2 { "0" } else { "" };
    format!("{mantissa}e{sign}{zero}{digits}")
}

/// Sign, significant digits, and where the point stands relative to the first of them, of a
/// decimal number such as `-0.0015` or `1.5e-3`.
fn decimal(text: &str) -> (&str, String, i32) {
    let (sign, text) = match text.strip_prefix('-') {
        Some(text) => ("-", text),
        None => ("", text),
    };
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mut digits = String::with_capacity(24);
    digits.push_str(whole);
    digits.push_str(fraction);
    let leading = digits.len() - digits.trim_start_matches('0').len();
    digits.truncate(digits.trim_end_matches('0').len().max(leading));
    digits.drain(..leading);
    if digits.is_empty() {
        return (sign, "0".into(), 1);
    }
    let length = |text: &str| i32::try_from(text.len()).unwrap_or(i32::MAX);
    let leading = i32::try_from(leading).unwrap_or(i32::MAX);
    (sign, digits, length(whole) - leading + exponent.parse::<i32>().unwrap_or(0))
}

/// Python's `float(text)`.
pub(crate) fn parse_float(text: &str) -> Option<f64> {
    if matches!(text.as_bytes(), [b'0'..=b'9', rest @ ..] if rest.iter().all(is_plain_part)) {
        return text.parse().ok();
    }
    let text = text.trim_matches(is_space);
    if is_special(text) {
        return text.parse().ok();
    }
    let plausible = |c: char| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-');
    super::integer::ascii_digits(text, usize::MAX, plausible)?.parse().ok()
}

/// Whether the text is infinity or no number, in words.
fn is_special(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    ["inf", "infinity", "nan"].iter().any(|word| unsigned.eq_ignore_ascii_case(word))
}

/// What may stand in a number without sign and exponent.
fn is_plain_part(byte: &u8) -> bool {
    byte.is_ascii_digit() || *byte == b'.'
}

/// Python's `int(float)`.
pub(crate) fn float_to_integer(value: f64) -> Result<BigInt> {
    if value.is_nan() {
        return Err(Error::value_error("cannot convert float NaN to integer"));
    }
    BigInt::from_f64(value.trunc())
        .ok_or_else(|| Error::overflow("cannot convert float infinity to integer"))
}

/// The nearest float, or the error Python raises on large integers.
pub(crate) fn integer_to_float(value: &BigInt) -> Result<f64> {
    value
        .to_f64()
        .filter(|float| float.is_finite())
        .ok_or_else(|| Error::overflow("int too large to convert to float"))
}

#[cfg(test)]
mod tests {
    use super::{format_float, parse_float};

    #[test]
    fn floats_print_as_in_python() {
        for (value, text) in [
            (1e15, "1000000000000000.0"),
            (1e16, "1e+16"),
            (0.0001, "0.0001"),
            (1.5e-5, "1.5e-05"),
            (-0.0, "-0.0"),
            (0.0, "0.0"),
            (1.0, "1.0"),
            (-100.0, "-100.0"),
            (3.5, "3.5"),
            (123.456, "123.456"),
            (0.001, "0.001"),
            (0.1 + 0.2, "0.30000000000000004"),
            (123456789012345680.0, "1.2345678901234568e+17"),
            (1234567890123456.0, "1234567890123456.0"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.7976931348623157e+308"),
            (9007199254740993.0, "9007199254740992.0"),
            (1.0e22, "1e+22"),
            (f64::NEG_INFINITY, "-inf"),
        ] {
            assert_eq!(format_float(value), text);
        }
    }

    #[test]
    fn floats_are_read_as_in_python() {
        assert_eq!(parse_float(" 1_0.5e1\n"), Some(105.0));
        assert_eq!(parse_float("+inf"), Some(f64::INFINITY));
        for text in ["", "1__0", "--inf", "0x1", "1e", "_1", "infinit"] {
            assert_eq!(parse_float(text), None, "{text}");
        }
    }
}
