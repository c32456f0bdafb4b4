//! Tokens inside `{{ … }}` and `{% … %}`.

use unicode_general_category::{GeneralCategory, get_general_category};

use super::{Lexer, Operator, TokenKind, is_space, string_literal};
use crate::error::Result;

impl Lexer<'_> {
    /// Reads a tag's inside up to and with its closing delimiter.
    pub(super) fn expression(&mut self, opening: usize, begin: TokenKind<'static>) -> Result<()> {
        let is_block = begin == TokenKind::BlockBegin;
        self.push(begin);
        self.position += opening;
        self.open.clear();
        loop {
            self.skip_space();
            if self.rest().is_empty() || self.open.is_empty() && self.tag_end(is_block) {
                return Ok(());
            }
            self.token()?;
        }
    }

    fn tag_end(&mut self, is_block: bool) -> bool {
        let (kind, close) =
            if is_block { (TokenKind::BlockEnd, b'%') } else { (TokenKind::VariableEnd, b'}') };
        let (length, strip) = match self.rest().as_bytes() {
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

    fn token(&mut self) -> Result<()> {
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
        let Some(operator) = Operator::starting(rest) else {
            return self.fail(format!("unexpected char {first:?} at {}", self.position));
        };
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

    fn name(&mut self) -> Result<()> {
        let rest = self.rest();
        let name = rest.get(..name_length(rest)).unwrap_or("");
        if !is_identifier(name) {
            return self.fail("Invalid character in identifier");
        }
        self.push(TokenKind::Name(name));
        self.position += name.len();
        Ok(())
    }

    fn string(&mut self, quote: char) -> Result<()> {
        let inside = self.rest().get(1..).unwrap_or("");
        let Some(literal) = string_literal::start(inside, quote) else {
            return self.fail(format!("unexpected char {quote:?} at {}", self.position));
        };
        match string_literal::unescape(literal) {
            Ok(text) => self.push(TokenKind::String(text)),
            Err(reason) => return self.fail(reason),
        }
        self.advance(literal.len() + 2);
        Ok(())
    }
}

/// Length of the name at the start of `text`; names of ASCII only need no look at categories.
fn name_length(text: &str) -> usize {
    let is_end = |byte: u8| !byte.is_ascii_alphanumeric() && byte != b'_';
    let length = text.bytes().position(is_end).unwrap_or(text.len());
    match text.as_bytes().get(length) {
        Some(byte) if !byte.is_ascii() => {
            text.find(|character| !is_name_part(character)).unwrap_or(text.len())
        }
        _ => length,
    }
}

fn is_identifier(name: &str) -> bool {
    if name.is_ascii() {
        return !name.starts_with(|first: char| first.is_ascii_digit());
    }
    let mut characters = name.chars();
    characters.next().is_some_and(|first| first == '_' || unicode_ident::is_xid_start(first))
        && characters.all(unicode_ident::is_xid_continue)
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
