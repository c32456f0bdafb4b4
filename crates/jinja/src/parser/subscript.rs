//! `.name`, `[item]`, `[a:b:c]` and calls after a value.

use super::Parser;
use crate::ast::{Constant, Expression, ExpressionKind, SliceExpression};
use crate::error::Result;
use crate::lexer::{Operator, TokenKind};
use crate::sandbox::AttributeName;

impl Parser<'_> {
    pub(super) fn postfix(&mut self, mut value: Expression) -> Result<Expression> {
        loop {
            if self.is_operator(Operator::Dot) {
                value = self.member(value)?;
            } else if self.is_operator(Operator::OpenBracket) {
                value = self.subscript(value)?;
            } else if self.is_operator(Operator::OpenParenthesis) {
                value = self.call(value)?;
            } else {
                return Ok(value);
            }
        }
    }

    fn member(&mut self, subject: Expression) -> Result<Expression> {
        let line = self.line();
        self.advance();
        let index = match self.current() {
            TokenKind::Name(name) => {
                let name = AttributeName::new(self.name(name));
                self.advance();
                return self.node(line, ExpressionKind::Attribute(Box::new(subject), name));
            }
            TokenKind::Integer(index) => Constant::Integer(*index),
            TokenKind::Big(index) => Constant::Big(index.clone()),
            _ => return self.fail("expected name or number"),
        };
        self.advance();
        let index = self.node(line, ExpressionKind::Constant(index))?;
        self.node(line, ExpressionKind::Item(Box::new((subject, index))))
    }

    fn subscript(&mut self, subject: Expression) -> Result<Expression> {
        let line = self.line();
        self.advance();
        let mut items = Vec::new();
        while !self.is_operator(Operator::CloseBracket) {
            if !items.is_empty() {
                self.expect_operator(Operator::Comma)?;
            }
            items.push(self.subscript_item()?);
        }
        self.expect_operator(Operator::CloseBracket)?;
        let item = match items.pop() {
            Some(single) if items.is_empty() => single,
            last => {
                items.extend(last);
                self.node(line, ExpressionKind::Tuple(items))?
            }
        };
        let kind = match item.kind {
            ExpressionKind::Slice(mut slice) if slice.subject.is_none() => {
                slice.subject = Some(subject);
                ExpressionKind::Slice(slice)
            }
            kind => {
                let item = self.node(item.line, kind)?;
                ExpressionKind::Item(Box::new((subject, item)))
            }
        };
        self.node(line, kind)
    }

    /// One index, or a slice as yet without its subject.
    fn subscript_item(&mut self) -> Result<Expression> {
        let line = self.line();
        let mut start = None;
        if !self.is_operator(Operator::Colon) {
            let value = self.expression()?;
            if !self.is_operator(Operator::Colon) {
                return Ok(value);
            }
            start = Some(value);
        }
        self.advance();
        let stop = if self.is_operator(Operator::Colon) { None } else { self.slice_bound()? };
        let step = if self.skip_operator(Operator::Colon) { self.slice_bound()? } else { None };
        let slice =
            SliceExpression { subject: None, bounds: [start, stop, step], is_lenient: false };
        self.node(line, ExpressionKind::Slice(Box::new(slice)))
    }

    fn slice_bound(&mut self) -> Result<Option<Expression>> {
        if self.is_operator(Operator::CloseBracket) || self.is_operator(Operator::Comma) {
            return Ok(None);
        }
        self.expression().map(Some)
    }
}
