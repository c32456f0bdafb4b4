//! Tokens inside `{{ … }}` and `{% … %}`.

use unicode_general_category::{GeneralCategory, get_general_category};

use super::{Lexer, Operator, TokenKind, is_space, string_literal};
use crate::error::Result;

impl Lexer<'_> {
    /// Reads a tag's inside up to and with its closing delimiter.
    pub(super) fn expression(&mut self, opening: usize, is_block: bool) -> Result<()> {
        self.push(if is_block { TokenKind::BlockBegin } else { TokenKind::VariableBegin });
        self.position += opening;
        self.open.clear();
        loop {
            self.skip_space();
            let Some(first) = self.rest_bytes().first() else { return Ok(()) };
            if self.open.is_empty() && self.tag_end(is_block) {
                return Ok(());
            }
            self.token(*first)?;
        }
    }

    fn tag_end(&mut self, is_block: bool) -> bool {
        let (kind, close) =
            if is_block { (TokenKind::BlockEnd, b'%') } else { (TokenKind::VariableEnd, b'}') };
        let (length, strip) = match self.rest_bytes() {
            [first, b'}', ..] if *first == close => (2, false),
            [b'-', first, b'}', ..] if *first == close => (3, true),
            [b'+', b'%', b'}', ..] if is_block => (3, false),
            _ => return false,
        };
        self.push(kind);
        self.position += length;
        if strip {
            self.skip_space();
        }
        true
    }

    /// Reads the token whose first byte is `first`.
    fn token(&mut self, first: u8) -> Result<()> {
        match first {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => self.name(),
            b'0'..=b'9' => {
                if self.number()? {
                    Ok(())
                } else {
                    self.name()
                }
            }
            b'\'' | b'"' => self.string(first),
            _ => match Operator::starting(self.rest_bytes()) {
                Some(operator) => self.operator(operator),
                None => self.unusual_name(),
            },
        }
    }

    fn operator(&mut self, operator: Operator) -> Result<()> {
        self.balance(operator)?;
        self.push(TokenKind::Operator(operator));
        self.position += operator.text().len();
        Ok(())
    }

    /// Notes an opening bracket, and checks that a closing one fits.
    fn balance(&mut self, operator: Operator) -> Result<()> {
        self.open.extend(operator.closing());
        if !operator.is_closing() {
            return Ok(());
        }
        let found = operator.text();
        match self.open.pop() {
            None => self.fail(format!("unexpected '{found}'")),
            Some(expected) if expected != operator => {
                self.fail(format!("unexpected '{found}', expected '{}'", expected.text()))
            }
            Some(_) => Ok(()),
        }
    }

    /// Reads a name, which mostly is made of ASCII only.
    fn name(&mut self) -> Result<()> {
        let rest = self.rest();
        let length = rest.bytes().position(|byte| !is_word_byte(byte)).unwrap_or(rest.len());
        let (name, after) = rest.split_at(length);
        if name.starts_with(|first: char| first.is_ascii_digit())
            || after.bytes().next().is_some_and(|byte| !byte.is_ascii())
        {
            return self.unusual_name();
        }
        self.push(TokenKind::Name(name));
        self.position += length;
        Ok(())
    }

    fn unusual_name(&mut self) -> Result<()> {
        let rest = self.rest();
        let length = rest.find(|character| !is_name_part(character)).unwrap_or(rest.len());
        let name = rest.get(..length).unwrap_or("");
        let mut characters = name.chars();
        let Some(first) = characters.next() else { return self.unexpected() };
        let valid = (first == '_' || unicode_ident::is_xid_start(first))
            && characters.all(unicode_ident::is_xid_continue);
        if !valid {
            return self.fail("Invalid character in identifier");
        }
        self.push(TokenKind::Name(name));
        self.position += length;
        Ok(())
    }

    fn string(&mut self, quote: u8) -> Result<()> {
        let inside = self.rest().get(1..).unwrap_or("");
        let Some(literal) = string_literal::start(inside, quote) else {
            return self.unexpected();
        };
        match string_literal::unescape(literal) {
            Ok(text) => self.push(TokenKind::String(text)),
            Err(reason) => return self.fail(reason),
        }
        self.advance(literal.len() + 2);
        Ok(())
    }

    fn unexpected(&self) -> Result<()> {
        let first = self.rest().chars().next().unwrap_or('\0');
        self.fail(format!("unexpected char {first:?} at {}", self.position))
    }
}

/// What [`is_word`] is true for in ASCII, looked up.
const WORD_BYTES: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        table[byte as usize] = byte.is_ascii_alphanumeric() || byte == b'_';
        byte += 1;
    }
    table
};

fn is_word_byte(byte: u8) -> bool {
    WORD_BYTES[usize::from(byte)]
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
