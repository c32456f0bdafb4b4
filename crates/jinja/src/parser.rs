//! Builds the syntax tree from tokens.

mod arguments;
mod expression;
mod operation;
mod statement;
mod subscript;
mod target;

use std::mem;
use std::sync::Arc;

use crate::ast::{
    Escape, Expression, ExpressionKind, NameSet, Piece, Program, Statement, StatementKind,
};
use crate::error::{Error, Result};
use crate::lexer::{Operator, Token, TokenKind, normalize, tokenize};

/// How deep expressions and statements may nest.
const MAX_DEPTH: u32 = 200;
/// So many names are in a usual template at most.
const FREQUENT_NAMES: usize = 64;

/// Parses `source`; variables are not bound yet. Gives all names in it, too.
pub(crate) fn parse(source: &str) -> Result<(Program, NameSet)> {
    let source = normalize(source);
    let tokens = tokenize(&source)?;
    let names = NameSet::with_capacity_and_hasher(FREQUENT_NAMES, Default::default());
    let mut parser = Parser { tokens: &tokens, position: 0, depth: 0, ends: Vec::new(), names };
    let body = parser.statements_until(&[])?;
    Ok((Program { body, ..Program::default() }, parser.names))
}

struct Parser<'t> {
    tokens: &'t [Token<'t>],
    position: usize,
    depth: u32,
    /// Tags that the open statements wait for, innermost last.
    ends: Vec<(&'static str, &'static [&'static str])>,
    /// All names so far.
    names: NameSet,
}

impl<'t> Parser<'t> {
    #[inline]
    fn current(&self) -> &'t TokenKind<'t> {
        self.tokens.get(self.position).map_or(&TokenKind::End, |token| &token.kind)
    }

    fn following(&self) -> &'t TokenKind<'t> {
        self.tokens.get(self.position + 1).map_or(&TokenKind::End, |token| &token.kind)
    }

    fn line(&self) -> usize {
        let last = self.tokens.len().saturating_sub(1);
        self.tokens.get(self.position.min(last)).map_or(1, |token| token.line)
    }

    fn advance(&mut self) {
        self.position += 1;
    }

    #[inline]
    fn is_operator(&self, operator: Operator) -> bool {
        matches!(self.current(), TokenKind::Operator(current) if *current == operator)
    }

    #[inline]
    fn is_name(&self, name: &str) -> bool {
        matches!(self.current(), TokenKind::Name(current) if *current == name)
    }

    fn next_is_name(&self, name: &str) -> bool {
        matches!(self.following(), TokenKind::Name(current) if *current == name)
    }

    fn next_is_operator(&self, operator: Operator) -> bool {
        matches!(self.following(), TokenKind::Operator(current) if *current == operator)
    }

    #[inline]
    fn skip_operator(&mut self, operator: Operator) -> bool {
        let found = self.is_operator(operator);
        self.position += usize::from(found);
        found
    }

    #[inline]
    fn skip_name(&mut self, name: &str) -> bool {
        let found = self.is_name(name);
        self.position += usize::from(found);
        found
    }

    fn expect_operator(&mut self, operator: Operator) -> Result<()> {
        if self.skip_operator(operator) { Ok(()) } else { self.expected(operator.text()) }
    }

    fn expect_keyword(&mut self, name: &str) -> Result<()> {
        if self.skip_name(name) { Ok(()) } else { self.expected(name) }
    }

    /// Goes on after a token of the same kind as `kind`, whatever is in it.
    fn expect_kind(&mut self, kind: &TokenKind) -> Result<()> {
        if mem::discriminant(self.current()) != mem::discriminant(kind) {
            return self.expected(&kind.describe());
        }
        self.advance();
        Ok(())
    }

    fn expect_name(&mut self) -> Result<Arc<str>> {
        let TokenKind::Name(name) = self.current() else { return self.expected("name") };
        self.advance();
        Ok(self.name(name))
    }

    /// The name `text`, the same for each use of it.
    fn name(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.names.get(text) {
            return known.clone();
        }
        let name = Arc::from(text);
        self.names.insert(Arc::clone(&name));
        name
    }

    fn expected<T>(&self, what: &str) -> Result<T> {
        let found = self.current().describe();
        if *self.current() == TokenKind::End {
            return self.fail(format!("unexpected end of template, expected '{what}'"));
        }
        self.fail(format!("expected '{what}', got '{found}'"))
    }

    fn fail<T>(&self, message: impl Into<String>) -> Result<T> {
        Err(Error::syntax(self.line(), message))
    }

    /// Builds a node, unless the tree gets too high to walk safely.
    fn node(&self, line: usize, kind: ExpressionKind) -> Result<Expression> {
        let node = Expression::new(line, kind);
        if node.height <= MAX_DEPTH {
            return Ok(node);
        }
        Err(Error::limit(format!("expression is nested deeper than {MAX_DEPTH}")).at(line))
    }

    /// Runs `parse` one level deeper, on more stack if the thread's runs out.
    fn nested<T>(&mut self, parse: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.depth >= MAX_DEPTH {
            return Err(Error::limit(format!("nested deeper than {MAX_DEPTH}")).at(self.line()));
        }
        self.depth += 1;
        let result = stacker::maybe_grow(128 << 10, 1 << 20, || parse(self));
        self.depth -= 1;
        result
    }

    /// Parses text and tags until a tag named in `ends`, whose name is then current.
    fn statements_until(&mut self, ends: &[&str]) -> Result<Vec<Statement>> {
        let mut body = Vec::new();
        loop {
            let line = self.line();
            match self.current() {
                TokenKind::Text(text) => {
                    let piece = Piece::Text((*text).into());
                    self.advance();
                    write(&mut body, line, piece);
                }
                TokenKind::VariableBegin => {
                    self.advance();
                    let expression = self.tuple(true)?;
                    self.expect_kind(&TokenKind::VariableEnd)?;
                    write(&mut body, line, Piece::value(line, expression));
                }
                TokenKind::BlockBegin => {
                    self.advance();
                    if ends.iter().any(|end| self.is_name(end)) {
                        return Ok(body);
                    }
                    let statement = self.nested(Self::statement)?;
                    body.push(statement);
                    self.expect_kind(&TokenKind::BlockEnd)?;
                }
                _ if ends.is_empty() => return Ok(body),
                _ => return self.unclosed(),
            }
        }
    }

    /// Parses the body of a tag, from the end of its opening tag.
    fn body(&mut self, tag: &'static str, ends: &'static [&'static str]) -> Result<Vec<Statement>> {
        self.skip_operator(Operator::Colon);
        self.expect_kind(&TokenKind::BlockEnd)?;
        self.ends.push((tag, ends));
        let body = self.statements_until(ends);
        if body.is_ok() {
            self.ends.pop();
        }
        body
    }

    /// Parses the body of a tag and the name of its closing tag.
    fn closed_body(
        &mut self,
        tag: &'static str,
        ends: &'static [&'static str],
    ) -> Result<Vec<Statement>> {
        let body = self.body(tag, ends)?;
        self.advance();
        Ok(body)
    }

    /// The hint on what an unfinished template waits for.
    fn awaited(&self) -> String {
        let Some((tag, ends)) = self.ends.last() else { return String::new() };
        let ends = ends.join("' or '");
        format!("; '{ends}' is awaited, to close '{tag}'")
    }

    fn unclosed<T>(&self) -> Result<T> {
        self.fail(format!("unexpected end of template{}", self.awaited()))
    }
}

/// So many pieces an output statement has room for from the start.
const FEW_PIECES: usize = 4;

/// Adds what is written to the output statement that `body` ends with, or to a new one.
fn write(body: &mut Vec<Statement>, line: usize, piece: Piece) {
    if let Some(Statement { kind: StatementKind::Output { pieces, .. }, .. }) = body.last_mut() {
        return pieces.push(piece);
    }
    let mut pieces = Vec::with_capacity(FEW_PIECES);
    pieces.push(piece);
    let kind = StatementKind::Output { pieces, escape: Escape::Off };
    body.push(Statement { line, kind });
}
