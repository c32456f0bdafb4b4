//! What a scalar without quotes stands for.

use serde_json::{Number, Value};

/// The value of a scalar without quotes and tag.
///
/// # Errors
/// When JSON has no such value.
pub fn value(text: &str) -> Result<Value, String> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Ok(Value::Null),
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            return Ok(Value::Bool(true));
        }
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Ok(Value::Bool(false));
        }
        _ => {}
    }
    let (negative, digits) = match text.strip_prefix(['+', '-']) {
        Some(digits) => (text.starts_with('-'), digits),
        None => (false, text),
    };
    if matches!(digits, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return Err(format!("{text} is a number that JSON cannot have"));
    }
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return Ok(text.into());
    }
    if let Some(integer) = integer(digits, negative) {
        return integer.map(Value::from).ok_or_else(|| format!("{text} is too large a number"));
    }
    Ok(float(digits, text.starts_with(['+', '-']), negative).map_or(text.into(), Value::Number))
}

/// An integer; a second `None` is one beyond 64 bits.
fn integer(digits: &str, negative: bool) -> Option<Option<i64>> {
    let all =
        |text: &str, radix| !text.is_empty() && text.chars().all(|c| c == '_' || c.is_digit(radix));
    let bare = |text: &str| text.replace('_', "");
    let number = |text: &str, radix| {
        let sign = if negative { "-" } else { "" };
        i64::from_str_radix(&format!("{sign}{}", bare(text)), radix).ok()
    };
    if let Some(binary) = digits.strip_prefix("0b").filter(|binary| all(binary, 2)) {
        return Some(number(binary, 2));
    }
    if let Some(hexadecimal) = digits.strip_prefix("0x").filter(|digits| all(digits, 16)) {
        return Some(number(hexadecimal, 16));
    }
    if digits == "0" {
        return Some(Some(0));
    }
    if let Some(octal) = digits.strip_prefix('0') {
        return all(octal, 8).then(|| number(octal, 8));
    }
    if all(digits, 10) {
        return Some(number(digits, 10));
    }
    let parts = sexagesimal(digits)?;
    let mut sum: Option<i64> = Some(0);
    for part in parts {
        let part: Option<i64> = bare(part).parse().ok();
        sum = sum.and_then(|sum| sum.checked_mul(60)?.checked_add(part?));
    }
    Some(sum.map(|sum| if negative { -sum } else { sum }))
}

/// The parts of `1:30:00`.
fn sexagesimal(digits: &str) -> Option<Vec<&str>> {
    let parts: Vec<_> = digits.split(':').collect();
    let (first, rest) = parts.split_first()?;
    let is_first = first.starts_with(|c: char| c.is_ascii_digit())
        && first.chars().all(|c| c == '_' || c.is_ascii_digit());
    let is_part = |part: &&str| {
        (1..=2).contains(&part.len())
            && part.chars().all(|c| c.is_ascii_digit())
            && part.parse::<u8>().is_ok_and(|part| part < 60)
    };
    (is_first && !rest.is_empty() && rest.iter().all(is_part)).then_some(parts)
}

fn float(digits: &str, is_signed: bool, negative: bool) -> Option<Number> {
    let (mantissa, exponent) = match digits.find(['e', 'E']) {
        Some(at) => (digits.get(..at)?, digits.get(at + 1..)),
        None => (digits, None),
    };
    let (whole, fraction) = mantissa.split_once('.')?;
    let is_digits = |text: &str| text.chars().all(|c| c == '_' || c.is_ascii_digit());
    let begins = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
    // Without a digit before the point there is neither a sign.
    let is_number = if whole.is_empty() { begins(fraction) && !is_signed } else { begins(whole) };
    let is_exponent = |text: &str| {
        let rest = text.strip_prefix(['+', '-']).unwrap_or_default();
        !rest.is_empty() && rest.chars().all(|c| c.is_ascii_digit())
    };
    if !is_number || !is_digits(fraction) || !exponent.is_none_or(is_exponent) {
        return None;
    }
    let number: f64 = if is_digits(whole) {
        digits.replace('_', "").parse().ok()?
    } else {
        let fraction: f64 = format!("0.{}0", fraction.replace('_', "")).parse().ok()?;
        integer(whole, false)?.map(|whole| whole as f64 + fraction)?
    };
    Number::from_f64(if negative { -number } else { number })
}
