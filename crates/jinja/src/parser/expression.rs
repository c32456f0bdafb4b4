//! Operators by precedence, literals, filters and tests.

use std::sync::Arc;

use num_traits::ToPrimitive;

use super::Parser;
use crate::ast::{
    Application, BinaryOperator, Comparison, Constant, Escape, Expression, ExpressionKind,
    UnaryOperator,
};
use crate::error::Result;
use crate::lexer::TokenKind;

type Rule = fn(&mut Parser) -> Result<Expression>;

impl Parser {
    /// A full expression.
    pub(super) fn expression(&mut self) -> Result<Expression> {
        self.nested(Self::conditional)
    }

    /// An expression where `if` belongs to the surrounding statement.
    pub(super) fn unconditional(&mut self) -> Result<Expression> {
        self.nested(Self::or)
    }

    fn conditional(&mut self) -> Result<Expression> {
        let line = self.line();
        let mut value = self.or()?;
        while self.skip_name("if") {
            let condition = self.or()?;
            let otherwise = match self.skip_name("else") {
                true => Some(self.nested(Self::conditional)?),
                false => None,
            };
            let kind = ExpressionKind::Conditional(Box::new((condition, value, otherwise)));
            value = self.node(line, kind)?;
        }
        Ok(value)
    }

    /// A left-associative chain of the operators that `operator` recognises.
    fn binary(
        &mut self,
        operand: Rule,
        operator: fn(&TokenKind) -> Option<BinaryOperator>,
    ) -> Result<Expression> {
        let line = self.line();
        let mut left = operand(self)?;
        while let Some(operator) = operator(self.current()) {
            self.advance();
            let right = operand(self)?;
            let kind = ExpressionKind::Binary(operator, Box::new((left, right)));
            left = self.node(line, kind)?;
        }
        Ok(left)
    }

    fn or(&mut self) -> Result<Expression> {
        self.binary(Self::and, |token| word(token, "or", BinaryOperator::Or))
    }

    fn and(&mut self) -> Result<Expression> {
        self.binary(Self::not, |token| word(token, "and", BinaryOperator::And))
    }

    fn not(&mut self) -> Result<Expression> {
        let line = self.line();
        if !self.skip_name("not") {
            return self.comparison();
        }
        let operand = self.nested(Self::not)?;
        let kind = ExpressionKind::Unary(UnaryOperator::Not, Box::new(operand));
        self.node(line, kind)
    }

    fn comparison(&mut self) -> Result<Expression> {
        let line = self.line();
        let first = self.sum()?;
        let mut rest = Vec::new();
        while let Some(comparison) = self.comparison_operator() {
            rest.push((comparison, self.sum()?));
        }
        if rest.is_empty() {
            return Ok(first);
        }
        self.node(line, ExpressionKind::Compare(Box::new(first), rest))
    }

    fn comparison_operator(&mut self) -> Option<Comparison> {
        let (comparison, length) = match self.current() {
            TokenKind::Operator("==") => (Comparison::Equal, 1),
            TokenKind::Operator("!=") => (Comparison::NotEqual, 1),
            TokenKind::Operator("<") => (Comparison::Less, 1),
            TokenKind::Operator("<=") => (Comparison::LessEqual, 1),
            TokenKind::Operator(">") => (Comparison::Greater, 1),
            TokenKind::Operator(">=") => (Comparison::GreaterEqual, 1),
            TokenKind::Name(name) if name == "in" => (Comparison::In, 1),
            TokenKind::Name(name) if name == "not" && self.next_is_name("in") => {
                (Comparison::NotIn, 2)
            }
            _ => return None,
        };
        self.position += length;
        Some(comparison)
    }

    fn sum(&mut self) -> Result<Expression> {
        self.binary(Self::concatenation, |token| match token {
            TokenKind::Operator("+") => Some(BinaryOperator::Add),
            TokenKind::Operator("-") => Some(BinaryOperator::Subtract),
            _ => None,
        })
    }

    fn concatenation(&mut self) -> Result<Expression> {
        let line = self.line();
        let first = self.product()?;
        if !self.is_operator("~") {
            return Ok(first);
        }
        let mut parts = vec![first];
        while self.skip_operator("~") {
            parts.push(self.product()?);
        }
        self.node(line, ExpressionKind::Concat { parts, escape: Escape::Off })
    }

    fn product(&mut self) -> Result<Expression> {
        self.binary(Self::power, |token| match token {
            TokenKind::Operator("*") => Some(BinaryOperator::Multiply),
            TokenKind::Operator("/") => Some(BinaryOperator::Divide),
            TokenKind::Operator("//") => Some(BinaryOperator::FloorDivide),
            TokenKind::Operator("%") => Some(BinaryOperator::Modulo),
            _ => None,
        })
    }

    fn power(&mut self) -> Result<Expression> {
        self.binary(Self::filtered_unary, |token| {
            (*token == TokenKind::Operator("**")).then_some(BinaryOperator::Power)
        })
    }

    /// A signed value with its filters and tests; filters bind looser than the sign.
    fn filtered_unary(&mut self) -> Result<Expression> {
        let value = self.unary()?;
        self.filters_and_tests(value)
    }

    fn unary(&mut self) -> Result<Expression> {
        let line = self.line();
        let operator = match self.current() {
            TokenKind::Operator("-") => UnaryOperator::Negative,
            TokenKind::Operator("+") => UnaryOperator::Positive,
            _ => {
                let value = self.primary()?;
                return self.postfix(value);
            }
        };
        self.advance();
        let operand = Box::new(self.nested(Self::unary)?);
        let value = self.node(line, ExpressionKind::Unary(operator, operand))?;
        self.postfix(value)
    }

    pub(super) fn primary(&mut self) -> Result<Expression> {
        let line = self.line();
        let kind = match self.current().clone() {
            TokenKind::Name(name) => match name.as_str() {
                "true" | "True" => ExpressionKind::Constant(Constant::Bool(true)),
                "false" | "False" => ExpressionKind::Constant(Constant::Bool(false)),
                "none" | "None" => ExpressionKind::Constant(Constant::None),
                _ => ExpressionKind::Name { name: name.into(), slot: Default::default() },
            },
            TokenKind::String(text) => return self.strings(text),
            TokenKind::Integer(value) => ExpressionKind::Constant(match value.to_i64() {
                Some(small) => Constant::Integer(small),
                None => Constant::Big(value),
            }),
            TokenKind::Float(value) => ExpressionKind::Constant(Constant::Float(value)),
            TokenKind::Operator("(") => return self.parenthesized(),
            TokenKind::Operator("[") => return self.list(),
            TokenKind::Operator("{") => return self.dict(),
            other => {
                return self.fail(format!("unexpected '{}'{}", other.describe(), self.awaited()));
            }
        };
        self.advance();
        self.node(line, kind)
    }

    /// Adjacent string literals, joined.
    fn strings(&mut self, mut text: String) -> Result<Expression> {
        let line = self.line();
        self.advance();
        while let TokenKind::String(next) = self.current() {
            text.push_str(next);
            self.advance();
        }
        let kind = ExpressionKind::Constant(Constant::Text(text.into()));
        self.node(line, kind)
    }

    fn parenthesized(&mut self) -> Result<Expression> {
        self.advance();
        let value = self.tuple_with(true, true)?;
        self.expect_operator(")")?;
        Ok(value)
    }

    fn list(&mut self) -> Result<Expression> {
        let line = self.line();
        self.advance();
        let mut items = Vec::new();
        while !self.is_operator("]") {
            if !items.is_empty() {
                self.expect_operator(",")?;
            }
            if self.is_operator("]") {
                break;
            }
            items.push(self.expression()?);
        }
        self.expect_operator("]")?;
        self.node(line, ExpressionKind::List(items))
    }

    fn dict(&mut self) -> Result<Expression> {
        let line = self.line();
        self.advance();
        let mut entries = Vec::new();
        while !self.is_operator("}") {
            if !entries.is_empty() {
                self.expect_operator(",")?;
            }
            if self.is_operator("}") {
                break;
            }
            let key = self.expression()?;
            self.expect_operator(":")?;
            entries.push((key, self.expression()?));
        }
        self.expect_operator("}")?;
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
        let line = self.line();
        let mut items = Vec::new();
        let mut is_tuple = false;
        loop {
            if !items.is_empty() {
                self.expect_operator(",")?;
            }
            if self.at_tuple_end() {
                break;
            }
            items.push(if conditional { self.expression()? } else { self.unconditional()? });
            if !self.is_operator(",") {
                break;
            }
            is_tuple = true;
        }
        if !is_tuple && let Some(single) = items.pop() {
            return Ok(single);
        }
        if !is_tuple && !may_be_empty {
            let found = self.current().describe();
            return self.fail(format!("expected an expression, got '{found}'"));
        }
        self.node(line, ExpressionKind::Tuple(items))
    }

    pub(super) fn at_tuple_end(&self) -> bool {
        use TokenKind::{BlockEnd, Operator, VariableEnd};
        matches!(self.current(), VariableEnd | BlockEnd | Operator(")"))
    }

    /// `|filter`, `is test` and calls on their results.
    fn filters_and_tests(&mut self, mut value: Expression) -> Result<Expression> {
        loop {
            if self.is_operator("|") {
                self.advance();
                value = self.filter(value)?;
            } else if self.is_name("is") {
                value = self.test(value)?;
            } else if self.is_operator("(") {
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
        let arguments = if self.is_operator("(") { self.arguments()? } else { Default::default() };
        let (builtin, shortcut, glance) = (None, None, None);
        let application = Application { subject, name, builtin, shortcut, glance, arguments };
        self.node(line, ExpressionKind::Filter(Box::new(application)))
    }

    fn test(&mut self, subject: Expression) -> Result<Expression> {
        let line = self.line();
        self.advance();
        let negated = self.skip_name("not");
        let name = self.dotted_name()?;
        let mut arguments = Default::default();
        if self.is_operator("(") {
            arguments = self.arguments()?;
        } else if self.at_test_argument() {
            if self.is_name("is") {
                return self.fail("tests cannot be chained with 'is'");
            }
            let argument = self.primary()?;
            arguments.positional.push(self.postfix(argument)?);
        }
        let application = Box::new(Application {
            subject,
            name,
            builtin: None,
            shortcut: None,
            glance: None,
            arguments,
        });
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
            TokenKind::Name(name) => !matches!(name.as_str(), "else" | "or" | "and"),
            TokenKind::Operator(operator) => matches!(*operator, "(" | "[" | "{"),
            TokenKind::String(_) | TokenKind::Integer(_) | TokenKind::Float(_) => true,
            _ => false,
        }
    }

    fn dotted_name(&mut self) -> Result<Arc<str>> {
        let mut name = self.expect_name()?.to_string();
        while self.skip_operator(".") {
            name.push('.');
            name.push_str(&self.expect_name()?);
        }
        Ok(name.into())
    }
}

fn word(token: &TokenKind, name: &str, operator: BinaryOperator) -> Option<BinaryOperator> {
    matches!(token, TokenKind::Name(current) if current == name).then_some(operator)
}
