//! Floats with a given precision.

use num_traits::ToPrimitive;

/// Digits after which an `f64` has only zeros.
const EXACT_DIGITS: usize = 1100;

/// The absolute value in the notation `kind`: one of `e f g` in either case.
pub(super) fn format_magnitude(
    value: f64,
    kind: char,
    precision: usize,
    alternate: bool,
) -> String {
    let value = value.abs();
    let text = if value.is_nan() {
        "nan".into()
    } else if value.is_infinite() {
        "inf".into()
    } else {
        match kind.to_ascii_lowercase() {
            'e' => with_point(scientific(value, precision), alternate && precision == 0),
            'g' => general(value, precision.max(1), alternate),
            _ => with_point(fixed(value, precision), alternate && precision == 0),
        }
    };
    if kind.is_ascii_uppercase() { text.to_ascii_uppercase() } else { text }
}

/// A magnitude as Python formats it with a precision but no kind: so many significant digits, of
/// which at least one is a decimal.
pub(super) fn format_significant(value: f64, precision: usize, alternate: bool) -> String {
    if !value.is_finite() {
        return format_magnitude(value, 'g', precision, false);
    }
    let precision = precision.max(1);
    let text = scientific(value, precision - 1);
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "+00"));
    let places: i64 = exponent.parse().unwrap_or(0);
    let most = precision.to_i64().unwrap_or(i64::MAX) - 1;
    if !(-4..most).contains(&places) {
        let digits = if alternate { digits } else { trimmed(digits) };
        return with_point(format!("{digits}e{exponent}"), alternate && precision == 1);
    }
    let text = fixed(value, usize::try_from(most - places).unwrap_or(0));
    if alternate || !text.ends_with('0') {
        return text;
    }
    let text = trimmed(&text);
    if text.contains('.') { text.into() } else { format!("{text}.0") }
}

fn fixed(value: f64, precision: usize) -> String {
    let known = precision.min(EXACT_DIGITS);
    let mut text = format!("{value:.known$}");
    text.extend(std::iter::repeat_n('0', precision - known));
    text
}

fn scientific(value: f64, precision: usize) -> String {
    let known = precision.min(EXACT_DIGITS);
    let mut text = format!("{value:.known$e}");
    let place = text.find('e').unwrap_or(text.len());
    let exponent: i32 = text.get(place + 1..).and_then(|digits| digits.parse().ok()).unwrap_or(0);
    text.truncate(place);
    text.extend(std::iter::repeat_n('0', precision - known));
    text.push_str(if exponent < 0 { "e-" } else { "e+" });
    if exponent.abs() < 10 {
        text.push('0');
    }
    text.push_str(itoa::Buffer::new().format(exponent.unsigned_abs()));
    text
}

fn general(value: f64, precision: usize, alternate: bool) -> String {
    let text = scientific(value, precision - 1);
    let exponent: i64 =
        text.split_once('e').and_then(|(_, exponent)| exponent.parse().ok()).unwrap_or(0);
    let limit = precision.to_i64().unwrap_or(i64::MAX);
    if (-4..limit).contains(&exponent) {
        let decimals = usize::try_from(limit - 1 - exponent).unwrap_or(0);
        let text = fixed(value, decimals);
        return if alternate { with_point(text, decimals == 0) } else { trimmed(&text).into() };
    }
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "+00"));
    let mantissa = if alternate {
        with_point(mantissa.into(), precision == 1)
    } else {
        trimmed(mantissa).into()
    };
    format!("{mantissa}e{exponent}")
}

fn trimmed(text: &str) -> &str {
    if !text.contains('.') {
        return text;
    }
    text.trim_end_matches('0').trim_end_matches('.')
}

/// The number with a decimal point, if it is needed and not there.
pub(super) fn with_point(text: String, needed: bool) -> String {
    if !needed || text.contains(['.', 'n']) {
        return text;
    }
    match text.split_once('e') {
        Some((mantissa, exponent)) => format!("{mantissa}.e{exponent}"),
        None => text + ".",
    }
}

#[cfg(test)]
mod tests {
    use super::{format_magnitude, format_significant};

    #[test]
    fn notations_agree_with_c() {
        for (value, kind, precision, text) in [
            (2.345, 'f', 1, "2.3"),
            (0.5, 'f', 0, "0"),
            (1e-5, 'e', 2, "1.00e-05"),
            (1e-5, 'g', 6, "1e-05"),
            (123_456.0, 'g', 6, "123456"),
            (1_234_567.0, 'G', 6, "1.23457E+06"),
            (f64::INFINITY, 'F', 2, "INF"),
        ] {
            assert_eq!(format_magnitude(value, kind, precision, false), text);
        }
        for (value, precision, alternate, text) in [
            (400.0, 3, false, "4e+02"),
            (400.0, 3, true, "4.00e+02"),
            (400.0, 4, false, "400.0"),
            (4.0, 1, false, "4e+00"),
            (4.0, 0, true, "4.e+00"),
            (0.0001, 2, false, "0.0001"),
            (123_456.0, 5, false, "1.2346e+05"),
            (f64::NAN, 2, true, "nan"),
        ] {
            assert_eq!(format_significant(value, precision, alternate), text);
        }
        assert_eq!(format_magnitude(1.0, 'f', 70_000, false).len(), 70_002);
    }
}
