//! Arguments of calls, filters and tests.

use super::Parser;
use crate::ast::{Arguments, Expression, ExpressionKind};
use crate::error::Result;
use crate::lexer::{Operator, TokenKind};

impl Parser<'_> {
    /// `callee(…)`
    pub(super) fn call(&mut self, callee: Expression) -> Result<Expression> {
        let line = self.line();
        let arguments = self.arguments()?;
        self.node(line, ExpressionKind::Call(Box::new((callee, arguments))))
    }

    /// `(a, b, name=c, *d, **e)`, from the opening parenthesis.
    pub(super) fn arguments(&mut self) -> Result<Arguments> {
        self.expect_operator(Operator::OpenParenthesis)?;
        let mut arguments = Arguments::default();
        let mut first = true;
        while !self.is_operator(Operator::CloseParenthesis) {
            if !first {
                self.expect_operator(Operator::Comma)?;
                if self.is_operator(Operator::CloseParenthesis) {
                    break;
                }
            }
            first = false;
            self.argument(&mut arguments)?;
        }
        self.expect_operator(Operator::CloseParenthesis)?;
        Ok(arguments)
    }

    fn argument(&mut self, arguments: &mut Arguments) -> Result<()> {
        if self.skip_operator(Operator::Star) {
            self.ensure_order(arguments.unpack.is_none() && arguments.unpack_keywords.is_none())?;
            arguments.unpack = Some(Box::new(self.expression()?));
        } else if self.skip_operator(Operator::DoubleStar) {
            self.ensure_order(arguments.unpack_keywords.is_none())?;
            arguments.unpack_keywords = Some(Box::new(self.expression()?));
        } else if matches!(self.current(), TokenKind::Name(_))
            && self.next_is_operator(Operator::Assign)
        {
            self.ensure_order(arguments.unpack_keywords.is_none())?;
            let name = self.expect_name()?;
            self.advance();
            arguments.keywords.push((name, self.expression()?));
        } else {
            let nothing_else = arguments.unpack.is_none()
                && arguments.unpack_keywords.is_none()
                && arguments.keywords.is_empty();
            self.ensure_order(nothing_else)?;
            arguments.positional.push(self.expression()?);
        }
        Ok(())
    }

    fn ensure_order(&self, in_order: bool) -> Result<()> {
        if in_order { Ok(()) } else { self.fail("invalid syntax for function call expression") }
    }
}
