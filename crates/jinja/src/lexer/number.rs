//! Numbers.

use std::borrow::Cow;

use num_bigint::BigInt;

use super::{Lexer, TokenKind};
use crate::error::Result;

impl Lexer<'_> {
    /// Reads a number; `false` if the digits are no number at all.
    pub(super) fn number(&mut self) -> Result<bool> {
        let rest = self.rest();
        let after_dot = self.source.get(..self.position).is_some_and(|text| text.ends_with('.'));
        if !after_dot && let Some(length) = float_length(rest) {
            let text = without_separators(rest.get(..length).unwrap_or(""));
            self.push(TokenKind::Float(text.parse().unwrap_or(f64::NAN)));
            self.position += length;
            return Ok(true);
        }
        let (radix, length) = integer_length(rest);
        let prefix = if radix == 10 { 0 } else { 2 };
        let digits = without_separators(rest.get(prefix..length).unwrap_or(""));
        if radix == 10 && digits.len() > crate::value::MAX_DIGITS {
            return self.fail("integer literal has more than 4300 digits");
        }
        let token = match i64::from_str_radix(&digits, radix) {
            Ok(value) => TokenKind::Integer(value),
            Err(_) => match BigInt::parse_bytes(digits.as_bytes(), radix) {
                Some(value) => TokenKind::Big(value),
                None => return Ok(false),
            },
        };
        self.push(token);
        self.position += length;
        Ok(true)
    }
}

fn without_separators(digits: &str) -> Cow<'_, str> {
    if digits.contains('_') { digits.replace('_', "").into() } else { digits.into() }
}

/// Length of `1_000`-style digits at the start, where `_` stands between digits only.
fn digits_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut length = 0;
    while let Some(byte) = bytes.get(length) {
        let separator = *byte == b'_'
            && length > 0
            && bytes.get(length - 1) != Some(&b'_')
            && bytes.get(length + 1).is_some_and(u8::is_ascii_digit);
        if !byte.is_ascii_digit() && !separator {
            break;
        }
        length += 1;
    }
    length
}

fn float_length(text: &str) -> Option<usize> {
    let after = |offset: usize| text.get(offset..).unwrap_or("");
    let whole = digits_length(text);
    let mut end = whole;
    if after(end).starts_with('.') {
        let fraction = digits_length(after(end + 1));
        if fraction > 0 {
            end += 1 + fraction;
        }
    }
    if after(end).starts_with(['e', 'E']) {
        let sign = usize::from(after(end + 1).starts_with(['+', '-']));
        let exponent = digits_length(after(end + 1 + sign));
        if exponent > 0 {
            return Some(end + 1 + sign + exponent);
        }
    }
    (end > whole).then_some(end)
}

/// Radix and length of the integer at the start of `text`, which starts with a digit.
fn integer_length(text: &str) -> (u32, usize) {
    if !text.starts_with('0') {
        return (10, digits_length(text));
    }
    let radix = match text.as_bytes().get(1) {
        Some(b'b' | b'B') => 2,
        Some(b'o' | b'O') => 8,
        Some(b'x' | b'X') => 16,
        _ => 10,
    };
    if radix != 10 {
        let length = radix_digits_length(text.get(2..).unwrap_or(""), radix);
        if length > 0 {
            return (radix, length + 2);
        }
    }
    let zeros = text.find(|character| !matches!(character, '0' | '_')).unwrap_or(text.len());
    let length = digits_length(text).min(zeros);
    (10, text.get(..length).unwrap_or("").trim_end_matches('_').len())
}

fn radix_digits_length(text: &str, radix: u32) -> usize {
    let mut length = 0;
    let bytes = text.as_bytes();
    let digit =
        |offset: usize| bytes.get(offset).is_some_and(|byte| char::from(*byte).is_digit(radix));
    loop {
        if digit(length) {
            length += 1;
        } else if bytes.get(length) == Some(&b'_') && digit(length + 1) {
            length += 2;
        } else {
            return length;
        }
    }
}
