//! Looking through JSON before it is parsed. What is no JSON is not found here.

use std::borrow::Cow;

/// What is said of integers that would be rounded.
pub(in crate::http) const BEYOND_64_BITS: &str = "Integers beyond 64 bits are not supported";

/// How many values there are: one for each `,`, `:`, `[` and `{`, so at least as many as in truth.
pub(super) fn values(text: &str) -> usize {
    outside_strings(text).filter(|(_, byte)| matches!(byte, b',' | b':' | b'[' | b'{')).count()
}

/// Where the first integer is that a 64-bit number can't hold: it would be rounded, and a rendered
/// script would silently differ from what was asked for.
pub(in crate::http) fn inexact_integer(text: &str) -> Option<usize> {
    let is_inexact = |number: &str| {
        let whole = !number.contains(['.', 'e', 'E']);
        whole && number.len() > 18 && !fits(number)
    };
    numbers(text).find(|(_, number)| is_inexact(number)).map(|(index, _)| index)
}

/// The text with `0` for the integer `-0`: as an integer it has no sign, which `-0.0` keeps.
pub(in crate::http) fn without_negative_zeros(text: &str) -> Cow<'_, str> {
    let found: Vec<usize> =
        numbers(text).filter(|(_, number)| *number == "-0").map(|(index, _)| index).collect();
    let mut text = Cow::Borrowed(text);
    for index in found {
        text.to_mut().replace_range(index..=index, " ");
    }
    text
}

/// All numbers, each with its place.
fn numbers(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut end = 0;
    outside_strings(text).filter_map(move |(index, _)| {
        if index < end {
            return None;
        }
        let number = number_at(text, index);
        end = index + number.len();
        (!number.is_empty()).then_some((index, number))
    })
}

/// The number that begins here; empty if none does.
fn number_at(text: &str, start: usize) -> &str {
    let is_part = |byte: &&u8| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-');
    let length = match text.as_bytes()[start] {
        b'-' | b'0'..=b'9' => text.as_bytes()[start..].iter().take_while(is_part).count(),
        _ => 0,
    };
    text.get(start..start + length).unwrap_or_default()
}

fn fits(number: &str) -> bool {
    number.parse::<i64>().is_ok() || number.parse::<u64>().is_ok()
}

/// The bytes that are not within strings, each with its place.
fn outside_strings(text: &str) -> impl Iterator<Item = (usize, u8)> {
    let (mut inside, mut escaped) = (false, false);
    text.bytes().enumerate().filter(move |(_, byte)| {
        let was_inside = inside;
        match byte {
            _ if escaped => escaped = false,
            b'\\' if inside => escaped = true,
            b'"' => inside = !inside,
            _ => {}
        }
        !was_inside && !inside
    })
}

#[cfg(test)]
mod tests {
    use super::{inexact_integer, values, without_negative_zeros};

    #[test]
    fn integers_that_would_be_rounded_are_found() {
        for exact in
            ["[18446744073709551615, -9223372036854775808]", "1e300", "123456789012345678901.5"]
        {
            assert_eq!(inexact_integer(exact), None, "{exact}");
        }
        assert_eq!(inexact_integer(r#"{"a\\\"": "99999999999999999999"}"#), None);
        assert_eq!(inexact_integer(r#"{"a": 18446744073709551616}"#), Some(6));
        assert_eq!(inexact_integer("-9223372036854775809"), Some(0));
        assert_eq!(inexact_integer("\"a\\"), None);
        assert_eq!(inexact_integer("é 99999999999999999999"), Some(3));
    }

    #[test]
    fn the_integer_zero_has_no_sign() {
        for (text, plain) in [
            (
                r#"{"-0": [-0, -0.0, 1e-0, -0e0, -01, "a\"-0"]}"#,
                r#"{"-0": [ 0, -0.0, 1e-0, -0e0, -01, "a\"-0"]}"#,
            ),
            ("-0", " 0"),
            ("[1,-0]", "[1, 0]"),
        ] {
            assert_eq!(without_negative_zeros(text), plain);
        }
    }

    #[test]
    fn values_are_counted_outside_of_texts() {
        assert_eq!(values(r#"{"a,:[{": [1, 2, {}], "b\"": ","}"#), 8);
        assert_eq!(values("7"), 0);
    }
}
