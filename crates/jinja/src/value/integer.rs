//! Integers as Python prints and reads them.

use num_bigint::BigInt;
use num_traits::{ToPrimitive, Zero};
use unicode_general_category::{GeneralCategory, get_general_category};

use crate::error::{Error, Result};
use crate::lexer::is_space;

/// Python converts no more digits than this between integers and decimal text.
pub(crate) const MAX_DIGITS: usize = 4300;

/// Python's `str(int)` of a large integer.
pub(crate) fn format_integer(value: &BigInt) -> Result<String> {
    if let Some(small) = value.to_i64() {
        return Ok(itoa::Buffer::new().format(small).into());
    }
    let digits = if value.bits() > 20_000 { None } else { Some(value.to_string()) };
    digits.filter(|digits| digits.trim_start_matches('-').len() <= MAX_DIGITS).ok_or_else(|| {
        let limit = MAX_DIGITS;
        Error::value_error(format!(
            "integer has more than {limit} digits, which is too many to print"
        ))
    })
}

/// Replaces Unicode decimal digits and removes `_` between digits; `None` if there is anything
/// else that is not `allowed`, or more than `most` bytes are left.
pub(super) fn ascii_digits(
    text: &str,
    most: usize,
    allowed: impl Fn(char) -> bool,
) -> Option<String> {
    let mut digits = String::new();
    let mut previous = ' ';
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let character = ascii_digit(character);
        if character == '_' {
            let next = characters.peek().copied().map_or(' ', ascii_digit);
            if !previous.is_ascii_alphanumeric() || !next.is_ascii_alphanumeric() {
                return None;
            }
        } else if allowed(character) && digits.len() < most {
            digits.push(character);
        } else {
            return None;
        }
        previous = character;
    }
    Some(digits)
}

/// The ASCII digit of a Unicode decimal digit; other characters as they are.
pub(crate) fn ascii_digit(character: char) -> char {
    if character.is_ascii() || get_general_category(character) != GeneralCategory::DecimalNumber {
        return character;
    }
    // Decimal digits stand in runs of ten, from zero upwards, aligned or found by looking back.
    let is_digit = |code: u32| {
        char::from_u32(code)
            .is_some_and(|c| get_general_category(c) == GeneralCategory::DecimalNumber)
    };
    let code = u32::from(character);
    let mut start = code;
    while is_digit(start - 1) {
        start -= 1;
    }
    char::from_digit((code - start) % 10, 10).unwrap_or(character)
}

/// Python's `int(text, base)`; `None` if the text is no integer.
pub(crate) fn integer_from_text(text: &str, base: u32) -> Option<BigInt> {
    let text = text.trim_matches(is_space);
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (radix, digits) = radix(unsigned, base)?;
    let most = if radix.is_power_of_two() { usize::MAX } else { MAX_DIGITS };
    let digits = ascii_digits(digits, most, |digit| digit.is_digit(radix))?;
    if digits.is_empty() {
        return None;
    }
    let value = BigInt::parse_bytes(digits.as_bytes(), radix)?;
    let octal_look = base == 0 && radix == 10 && digits.starts_with('0') && !value.is_zero();
    (!octal_look).then(|| if negative { -value } else { value })
}

/// The radix that `base` and a prefix such as `0x` name, and the digits after the prefix.
fn radix(text: &str, base: u32) -> Option<(u32, &str)> {
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        let has_prefix = text.get(..2).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
        if has_prefix && (base == 0 || base == radix) {
            let digits = text.get(2..)?;
            return Some((radix, digits.strip_prefix('_').unwrap_or(digits)));
        }
    }
    match base {
        0 => Some((10, text)),
        2..=36 => Some((base, text)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{ascii_digit, integer_from_text};
    use num_bigint::BigInt;

    #[test]
    fn integers_are_read_as_in_python() {
        for (text, base, value) in [
            (" 1_000\n", 10, Some(1000)),
            ("0x1f", 16, Some(31)),
            ("0x1f", 0, Some(31)),
            ("-٣", 10, Some(-3)),
            ("010", 0, None),
            ("010", 10, Some(10)),
            ("1__0", 10, None),
            ("4.2", 10, None),
            ("", 10, None),
            ("zz", 36, Some(1295)),
        ] {
            assert_eq!(integer_from_text(text, base), value.map(BigInt::from), "{text}");
        }
    }

    #[test]
    fn mathematical_digits_count_from_their_own_zero() {
        assert_eq!(ascii_digit('𝟗'), '9');
        assert_eq!(ascii_digit('𝟬'), '0');
    }
}
