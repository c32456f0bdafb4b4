//! Splits template source into tokens.

mod scan;
mod string_literal;
mod text;

use num_bigint::BigInt;

use crate::error::{Error, Result};

pub(crate) use scan::is_word;

/// A token and the line it starts on.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Token {
    pub line: usize,
    pub kind: TokenKind,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TokenKind {
    Text(String),
    VariableBegin,
    VariableEnd,
    BlockBegin,
    BlockEnd,
    Name(String),
    String(String),
    Integer(BigInt),
    Float(f64),
    Operator(&'static str),
    End,
}

impl TokenKind {
    /// How messages call the token.
    pub fn describe(&self) -> String {
        match self {
            Self::Text(_) => "template data / text".into(),
            Self::VariableBegin => "begin of print statement".into(),
            Self::VariableEnd => "end of print statement".into(),
            Self::BlockBegin => "begin of statement block".into(),
            Self::BlockEnd => "end of statement block".into(),
            Self::Name(name) => name.clone(),
            Self::String(text) => text.clone(),
            Self::Integer(_) => "integer".into(),
            Self::Float(_) => "float".into(),
            Self::Operator(operator) => (*operator).into(),
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

/// Reads the whole source.
pub(crate) fn tokenize(source: &str) -> Result<Vec<Token>> {
    let source = text::normalize(source);
    let mut lexer = Lexer { source: &source, position: 0, line: 1, tokens: Vec::new() };
    lexer.run()?;
    let line = lexer.line;
    lexer.tokens.push(Token { line, kind: TokenKind::End });
    Ok(lexer.tokens)
}

struct Lexer<'s> {
    source: &'s str,
    position: usize,
    line: usize,
    tokens: Vec<Token>,
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

    /// Consumes `bytes`, counting lines.
    fn advance(&mut self, bytes: usize) {
        let passed = self.rest().get(..bytes).unwrap_or("");
        self.line += passed.bytes().filter(|byte| *byte == b'\n').count();
        self.position += bytes;
    }

    fn skip_space(&mut self) {
        let rest = self.rest();
        self.advance(rest.len() - rest.trim_start_matches(is_space).len());
    }

    fn push(&mut self, kind: TokenKind) {
        self.tokens.push(Token { line: self.line, kind });
    }

    fn fail<T>(&self, message: impl Into<String>) -> Result<T> {
        Err(Error::syntax(self.line, message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(source: &str) -> Vec<TokenKind> {
        tokenize(source).unwrap().into_iter().map(|token| token.kind).collect()
    }

    #[test]
    fn a_dash_strips_text_on_its_side() {
        let text = |text: &str| TokenKind::Text(text.into());
        let name = TokenKind::Name("x".into());
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
        let error = tokenize("a\r\nb\rc\n{{ ! }}").unwrap_err();
        assert_eq!(error.line(), Some(4));
    }
}
