//! Conditions, literals, tuples, filters and tests.

use std::borrow::Cow;
use std::sync::Arc;

use super::Parser;
use super::operation::Precedence;
use crate::ast::{Application, Constant, Expression, ExpressionKind};
use crate::error::Result;
use crate::lexer::{Operator, TokenKind};
use crate::operator::UnaryOperator;
use crate::value::Str;

impl Parser<'_> {
    pub(super) fn expression(&mut self) -> Result<Expression> {
        self.nested(Self::conditional)
    }

    /// An expression where `if` belongs to the surrounding statement.
    pub(super) fn unconditional(&mut self) -> Result<Expression> {
        self.nested(|parser| parser.operation(Precedence::Or))
    }

    fn conditional(&mut self) -> Result<Expression> {
        let line = self.line();
        let mut value = self.operation(Precedence::Or)?;
        while self.skip_name("if") {
            let condition = self.operation(Precedence::Or)?;
            let otherwise = match self.skip_name("else") {
                true => Some(self.nested(Self::conditional)?),
                false => None,
            };
            let kind = ExpressionKind::Conditional(Box::new((condition, value, otherwise)));
            value = self.node(line, kind)?;
        }
        Ok(value)
    }

    pub(super) fn primary(&mut self) -> Result<Expression> {
        let line = self.line();
        let kind = match self.current() {
            TokenKind::Name(name) => match *name {
                "true" | "True" => ExpressionKind::Constant(Constant::Bool(true)),
                "false" | "False" => ExpressionKind::Constant(Constant::Bool(false)),
                "none" | "None" => ExpressionKind::Constant(Constant::None),
                _ => ExpressionKind::Name { name: self.name(name), slot: Default::default() },
            },
            TokenKind::String(text) => return self.strings(text),
            TokenKind::Integer(value) => ExpressionKind::Constant(Constant::Integer(*value)),
            TokenKind::Big(value) => ExpressionKind::Constant(Constant::Big(value.clone())),
            TokenKind::Float(value) => ExpressionKind::Constant(Constant::Float(*value)),
            TokenKind::Operator(Operator::OpenParenthesis) => return self.parenthesized(),
            TokenKind::Operator(Operator::OpenBracket) => return self.list(),
            TokenKind::Operator(Operator::OpenBrace) => return self.dict(),
            other => {
                return self.fail(format!("unexpected '{}'{}", other.describe(), self.awaited()));
            }
        };
        self.advance();
        Ok(Expression::leaf(line, kind))
    }

    /// Adjacent string literals, joined.
    fn strings(&mut self, first: &str) -> Result<Expression> {
        let line = self.line();
        self.advance();
        let mut text = Cow::Borrowed(first);
        while let TokenKind::String(next) = self.current() {
            text.to_mut().push_str(next);
            self.advance();
        }
        let kind = ExpressionKind::Constant(Constant::Text(Str::new(text, false)));
        Ok(Expression::leaf(line, kind))
    }

    fn parenthesized(&mut self) -> Result<Expression> {
        self.advance();
        let value = self.tuple_with(true, true)?;
        self.expect_operator(Operator::CloseParenthesis)?;
        Ok(value)
    }

    fn list(&mut self) -> Result<Expression> {
        let line = self.line();
        self.advance();
        let mut items = Vec::new();
        while !self.is_operator(Operator::CloseBracket) {
            if !items.is_empty() {
                self.expect_operator(Operator::Comma)?;
            }
            if self.is_operator(Operator::CloseBracket) {
                break;
            }
            items.push(self.expression()?);
        }
        self.expect_operator(Operator::CloseBracket)?;
        self.node(line, ExpressionKind::List(items))
    }

    fn dict(&mut self) -> Result<Expression> {
        let line = self.line();
        self.advance();
        let mut entries = Vec::new();
        while !self.is_operator(Operator::CloseBrace) {
            if !entries.is_empty() {
                self.expect_operator(Operator::Comma)?;
            }
            if self.is_operator(Operator::CloseBrace) {
                break;
            }
            let key = self.expression()?;
            self.expect_operator(Operator::Colon)?;
            entries.push((key, self.expression()?));
        }
        self.expect_operator(Operator::CloseBrace)?;
        self.node(line, ExpressionKind::Dict(entries))
    }

    /// A tuple without parentheses, or a single expression.
    pub(super) fn tuple(&mut self, conditional: bool) -> Result<Expression> {
        self.tuple_with(conditional, false)
    }

    /// As [`Parser::tuple`]; in parentheses, a tuple may be empty.
    pub(super) fn tuple_with(
        &mut self,
        conditional: bool,
        may_be_empty: bool,
    ) -> Result<Expression> {
        let rule = if conditional { Self::expression } else { Self::unconditional };
        let line = self.line();
        if self.at_tuple_end() {
            if may_be_empty {
                return self.node(line, ExpressionKind::Tuple(Vec::new()));
            }
            let found = self.current().describe();
            return self.fail(format!("expected an expression, got '{found}'"));
        }
        let first = rule(self)?;
        if !self.is_operator(Operator::Comma) {
            return Ok(first);
        }
        let mut items = vec![first];
        while self.skip_operator(Operator::Comma) && !self.at_tuple_end() {
            items.push(rule(self)?);
        }
        self.node(line, ExpressionKind::Tuple(items))
    }

    pub(super) fn at_tuple_end(&self) -> bool {
        use TokenKind as T;
        matches!(
            self.current(),
            T::VariableEnd | T::BlockEnd | T::Operator(Operator::CloseParenthesis)
        )
    }

    /// `|filter`, `is test` and calls on their results.
    pub(super) fn filters_and_tests(&mut self, mut value: Expression) -> Result<Expression> {
        loop {
            if self.is_operator(Operator::Pipe) {
                self.advance();
                value = self.filter(value)?;
            } else if self.is_name("is") {
                value = self.test(value)?;
            } else if self.is_operator(Operator::OpenParenthesis) {
                value = self.call(value)?;
            } else {
                return Ok(value);
            }
        }
    }

    /// One filter, whose `|` is consumed, applied to `subject`.
    pub(super) fn filter(&mut self, subject: Expression) -> Result<Expression> {
        let line = self.line();
        let name = self.dotted_name()?;
        let arguments = if self.is_operator(Operator::OpenParenthesis) {
            self.arguments()?
        } else {
            Default::default()
        };
        let application = Application { subject, name, builtin: None, arguments };
        self.node(line, ExpressionKind::Filter(Box::new(application)))
    }

    fn test(&mut self, subject: Expression) -> Result<Expression> {
        let line = self.line();
        self.advance();
        let negated = self.skip_name("not");
        let name = self.dotted_name()?;
        let mut arguments = Default::default();
        if self.is_operator(Operator::OpenParenthesis) {
            arguments = self.arguments()?;
        } else if self.at_test_argument() {
            if self.is_name("is") {
                return self.fail("tests cannot be chained with 'is'");
            }
            let argument = self.primary()?;
            arguments.positional.push(self.postfix(argument)?);
        }
        let application = Box::new(Application { subject, name, builtin: None, arguments });
        let test = self.node(line, ExpressionKind::Test(application))?;
        if !negated {
            return Ok(test);
        }
        let kind = ExpressionKind::Unary(UnaryOperator::Not, Box::new(test));
        self.node(line, kind)
    }

    /// Whether an argument without parentheses follows a test's name.
    fn at_test_argument(&self) -> bool {
        match self.current() {
            TokenKind::Name(name) => !matches!(*name, "else" | "or" | "and"),
            TokenKind::Operator(operator) => operator.closing().is_some(),
            TokenKind::String(_)
            | TokenKind::Integer(_)
            | TokenKind::Big(_)
            | TokenKind::Float(_) => true,
            _ => false,
        }
    }

    fn dotted_name(&mut self) -> Result<Arc<str>> {
        let name = self.expect_name()?;
        if !self.is_operator(Operator::Dot) {
            return Ok(name);
        }
        let mut name = name.to_string();
        while self.skip_operator(Operator::Dot) {
            name.push('.');
            name.push_str(&self.expect_name()?);
        }
        Ok(name.into())
    }
}
