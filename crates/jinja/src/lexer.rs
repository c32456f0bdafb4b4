//! Splits template source into tokens.

mod number;
mod operator;
mod scan;
mod string_literal;
mod text;

use std::borrow::Cow;

use num_bigint::BigInt;

use crate::error::{Error, Result};

pub(crate) use operator::Operator;
pub(crate) use scan::is_word;
pub(crate) use text::normalize;

/// A token and the line it starts on.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Token<'s> {
    pub line: usize,
    pub kind: TokenKind<'s>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TokenKind<'s> {
    Text(&'s str),
    VariableBegin,
    VariableEnd,
    BlockBegin,
    BlockEnd,
    Name(&'s str),
    String(Cow<'s, str>),
    Integer(i64),
    Big(BigInt),
    Float(f64),
    Operator(Operator),
    End,
}

impl TokenKind<'_> {
    /// How messages call the token.
    pub fn describe(&self) -> String {
        match self {
            Self::Text(_) => "template data / text".into(),
            Self::VariableBegin => "begin of print statement".into(),
            Self::VariableEnd => "end of print statement".into(),
            Self::BlockBegin => "begin of statement block".into(),
            Self::BlockEnd => "end of statement block".into(),
            Self::Name(name) => (*name).into(),
            Self::String(text) => text.clone().into(),
            Self::Integer(_) | Self::Big(_) => "integer".into(),
            Self::Float(_) => "float".into(),
            Self::Operator(operator) => operator.text().into(),
            Self::End => "end of template".into(),
        }
    }
}

/// What Python's `str.isspace` calls white space.
pub(crate) fn is_space(character: char) -> bool {
    match character {
        ' ' | '\t'..='\r' | '\x1c'..='\x1f' => true,
        '!'..='~' => false,
        _ => character.is_whitespace(),
    }
}

/// So many bytes of source make one token, about, where there are many tags.
const BYTES_PER_TOKEN: usize = 8;

/// Reads the whole source, which is normalized.
pub(crate) fn tokenize(source: &str) -> Result<Vec<Token<'_>>> {
    let tokens = Vec::with_capacity(source.len() / BYTES_PER_TOKEN + 1);
    let mut lexer = Lexer { source, position: 0, line: 1, tokens, open: Vec::new() };
    lexer.run()?;
    let line = lexer.line;
    lexer.tokens.push(Token { line, kind: TokenKind::End });
    Ok(lexer.tokens)
}

struct Lexer<'s> {
    source: &'s str,
    position: usize,
    line: usize,
    tokens: Vec<Token<'s>>,
    /// What closes the open brackets, innermost last.
    open: Vec<Operator>,
}

impl<'s> Lexer<'s> {
    fn run(&mut self) -> Result<()> {
        while self.position < self.source.len() {
            self.text()?;
        }
        Ok(())
    }

    fn rest(&self) -> &'s str {
        self.source.get(self.position..).unwrap_or("")
    }

    fn rest_bytes(&self) -> &'s [u8] {
        self.source.as_bytes().get(self.position..).unwrap_or(&[])
    }

    /// Consumes `bytes`, counting lines.
    fn advance(&mut self, bytes: usize) {
        let passed = self.rest_bytes().get(..bytes).unwrap_or(&[]);
        self.line += memchr::memchr_iter(b'\n', passed).count();
        self.position += bytes;
    }

    fn skip_space(&mut self) {
        while let Some(byte) = self.rest_bytes().first() {
            match byte {
                b'!'..=b'~' => return,
                b' ' => self.position += 1,
                _ => match self.rest().chars().next().filter(|character| is_space(*character)) {
                    Some(space) => self.advance(space.len_utf8()),
                    None => return,
                },
            }
        }
    }

    fn push(&mut self, kind: TokenKind<'s>) {
        self.tokens.push(Token { line: self.line, kind });
    }

    fn fail<T>(&self, message: impl Into<String>) -> Result<T> {
        Err(Error::syntax(self.line, message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(source: &str) -> Vec<TokenKind<'_>> {
        tokenize(source).unwrap().into_iter().map(|token| token.kind).collect()
    }

    #[test]
    fn a_dash_strips_text_on_its_side() {
        let text = |text: &'static str| TokenKind::Text(text);
        let name = TokenKind::Name("x");
        let expected = [
            text("a"),
            TokenKind::VariableBegin,
            name,
            TokenKind::VariableEnd,
            text("b"),
            TokenKind::End,
        ];
        assert_eq!(kinds("a \n {{- x -}} \n b"), expected);
    }

    #[test]
    fn braces_inside_an_expression_do_not_end_it() {
        assert_eq!(
            kinds("{{ {'a': {}} }}").iter().filter(|kind| **kind == TokenKind::VariableEnd).count(),
            1
        );
    }

    #[test]
    fn lines_are_counted_over_all_line_endings() {
        let error = tokenize(&normalize("a\r\nb\rc\n{{ ! }}")).unwrap_err();
        assert_eq!(error.line(), Some(4));
    }
}
