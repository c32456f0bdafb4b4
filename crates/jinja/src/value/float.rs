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
    let scientific = format!("{value:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if !(-4..16).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{mantissa}e{sign}{:02}", exponent.unsigned_abs());
    }
    let plain = format!("{value}");
    if plain.contains('.') { plain } else { plain + ".0" }
}

/// Python's `float(text)`.
pub(crate) fn parse_float(text: &str) -> Option<f64> {
    let text = text.trim_matches(is_space);
    let folded = text.trim_start_matches(['+', '-']).to_ascii_lowercase();
    if matches!(folded.as_str(), "inf" | "infinity" | "nan") {
        return text.parse().ok().filter(|_| text.len() - folded.len() < 2);
    }
    let ascii = super::integer::ascii_digits(text)?;
    let plausible = |c: char| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-');
    ascii.parse().ok().filter(|_| ascii.chars().all(plausible))
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
pub(super) fn integer_to_float(value: &BigInt) -> Result<f64> {
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
