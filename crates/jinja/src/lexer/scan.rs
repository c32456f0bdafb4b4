//! Tokens inside `{{ … }}` and `{% … %}`.

use num_bigint::BigInt;
use unicode_general_category::{GeneralCategory, get_general_category};

use super::{Lexer, TokenKind, is_space, string_literal};
use crate::error::Result;

/// All operators, longest first.
const OPERATORS: [&str; 26] = [
    "//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}",
    ">", "<", "=", ".", ":", "|", ",", ";",
];

impl<'s> Lexer<'s> {
    /// Reads a tag's inside up to and with its closing delimiter.
    pub(super) fn expression(&mut self, opening: usize, begin: TokenKind) -> Result<()> {
        let is_block = begin == TokenKind::BlockBegin;
        self.push(begin);
        self.advance(opening);
        let mut open = Vec::new();
        loop {
            if open.is_empty() && self.tag_end(is_block) {
                return Ok(());
            }
            self.skip_space();
            if self.rest().is_empty() {
                return Ok(());
            }
            if open.is_empty() && self.tag_end(is_block) {
                return Ok(());
            }
            self.token(&mut open)?;
        }
    }

    fn tag_end(&mut self, is_block: bool) -> bool {
        let (kind, close) =
            if is_block { (TokenKind::BlockEnd, "%}") } else { (TokenKind::VariableEnd, "}}") };
        let rest = self.rest();
        let (length, strip) = if rest.starts_with(close) {
            (2, false)
        } else if rest.starts_with('-') && rest.get(1..).is_some_and(|rest| rest.starts_with(close))
        {
            (3, true)
        } else if is_block && rest.starts_with("+%}") {
            (3, false)
        } else {
            return false;
        };
        self.push(kind);
        self.advance(length);
        if strip {
            self.skip_space();
        }
        true
    }

    fn token(&mut self, open: &mut Vec<char>) -> Result<()> {
        let rest = self.rest();
        let first = rest.chars().next().unwrap_or('\0');
        if first.is_ascii_digit() && self.number()? {
            return Ok(());
        }
        if is_name_part(first) {
            return self.name();
        }
        if matches!(first, '\'' | '"') {
            return self.string(first);
        }
        let Some(operator) = OPERATORS.into_iter().find(|operator| rest.starts_with(operator))
        else {
            return self.fail(format!("unexpected char {first:?} at {}", self.position));
        };
        self.balance(first, open)?;
        self.push(TokenKind::Operator(operator));
        self.advance(operator.len());
        Ok(())
    }

    fn balance(&self, operator: char, open: &mut Vec<char>) -> Result<()> {
        match operator {
            '(' => open.push(')'),
            '[' => open.push(']'),
            '{' => open.push('}'),
            ')' | ']' | '}' => match open.pop() {
                None => return self.fail(format!("unexpected '{operator}'")),
                Some(expected) if expected != operator => {
                    return self.fail(format!("unexpected '{operator}', expected '{expected}'"));
                }
                Some(_) => {}
            },
            _ => {}
        }
        Ok(())
    }

    fn name(&mut self) -> Result<()> {
        let rest = self.rest();
        let length = rest.find(|character| !is_name_part(character)).unwrap_or(rest.len());
        let name = rest.get(..length).unwrap_or("");
        let mut characters = name.chars();
        let valid = characters
            .next()
            .is_some_and(|first| first == '_' || unicode_ident::is_xid_start(first))
            && characters.all(unicode_ident::is_xid_continue);
        if !valid {
            return self.fail("Invalid character in identifier");
        }
        self.push(TokenKind::Name(name.into()));
        self.advance(length);
        Ok(())
    }

    fn string(&mut self, quote: char) -> Result<()> {
        let rest = self.rest();
        let mut escaped = false;
        let end = rest.char_indices().skip(1).find(|(_, character)| {
            let ends = !escaped && *character == quote;
            escaped = !escaped && *character == '\\';
            ends
        });
        let Some((end, _)) = end else {
            return self.fail(format!("unexpected char {quote:?} at {}", self.position));
        };
        match string_literal::unescape(rest.get(1..end).unwrap_or("")) {
            Ok(text) => self.push(TokenKind::String(text)),
            Err(reason) => return self.fail(reason),
        }
        self.advance(end + 1);
        Ok(())
    }

    /// Reads a number; `false` if the digits are no number at all.
    fn number(&mut self) -> Result<bool> {
        let rest = self.rest();
        let after_dot = self.source.get(..self.position).is_some_and(|text| text.ends_with('.'));
        if !after_dot && let Some(length) = float_length(rest) {
            let text = rest.get(..length).unwrap_or("").replace('_', "");
            self.push(TokenKind::Float(text.parse().unwrap_or(f64::NAN)));
            self.advance(length);
            return Ok(true);
        }
        let (radix, length) = integer_length(rest);
        let prefix = if radix == 10 { 0 } else { 2 };
        let digits = rest.get(prefix..length).unwrap_or("").replace('_', "");
        if radix == 10 && digits.len() > crate::value::MAX_DIGITS {
            return self.fail("integer literal has more than 4300 digits");
        }
        let Some(value) = BigInt::parse_bytes(digits.as_bytes(), radix) else { return Ok(false) };
        self.push(TokenKind::Integer(value));
        self.advance(length);
        Ok(true)
    }
}

/// What may stand in a name; whether it may do so at its place is checked after.
fn is_name_part(character: char) -> bool {
    is_word(character) || (!character.is_ascii() && unicode_ident::is_xid_continue(character))
}

/// What Python's `\w` matches.
pub(crate) fn is_word(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_alphanumeric() || character == '_';
    }
    use GeneralCategory as G;
    matches!(
        get_general_category(character),
        G::LowercaseLetter
            | G::UppercaseLetter
            | G::TitlecaseLetter
            | G::ModifierLetter
            | G::OtherLetter
            | G::DecimalNumber
            | G::LetterNumber
            | G::OtherNumber
    ) && !is_space(character)
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
    let prefix = text.get(..2).unwrap_or("").to_ascii_lowercase();
    for (name, radix) in [("0b", 2), ("0o", 8), ("0x", 16)] {
        if prefix == name {
            let length = radix_digits_length(text.get(2..).unwrap_or(""), radix);
            if length > 0 {
                return (radix, length + 2);
            }
        }
    }
    if !text.starts_with('0') {
        return (10, digits_length(text));
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
