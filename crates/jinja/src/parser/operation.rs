//! Operators, by how tightly they bind.

use super::Parser;
use crate::ast::{Escape, Expression, ExpressionKind};
use crate::error::Result;
use crate::lexer::{Operator, TokenKind};
use crate::operator::{BinaryOperator, Comparison, UnaryOperator};

/// How tightly an operator binds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Precedence {
    Or,
    And,
    Not,
    Comparison,
    Sum,
    Concatenation,
    Product,
    Power,
    /// Tighter than any operator between two values.
    Value,
}

/// What an operator between two values makes.
enum Infix {
    Binary(BinaryOperator, Precedence),
    /// A chain of comparisons.
    Compare,
    /// A chain of texts.
    Concatenate,
}

impl Parser<'_> {
    /// Values joined by operators that bind at least as tightly as `loosest`.
    pub(super) fn operation(&mut self, loosest: Precedence) -> Result<Expression> {
        let line = self.line();
        let mut left = match loosest <= Precedence::Not && self.skip_name("not") {
            true => {
                let operand = self.nested(|parser| parser.operation(Precedence::Not))?;
                let kind = ExpressionKind::Unary(UnaryOperator::Not, Box::new(operand));
                self.node(line, kind)?
            }
            false => self.filtered_unary()?,
        };
        while let Some((precedence, infix)) = self.infix()
            && precedence >= loosest
        {
            left = match infix {
                Infix::Binary(operator, tighter) => {
                    self.advance();
                    let right = self.operation(tighter)?;
                    self.node(line, ExpressionKind::Binary(operator, Box::new((left, right))))?
                }
                Infix::Compare => self.comparisons(line, left)?,
                Infix::Concatenate => self.concatenation(line, left)?,
            };
        }
        Ok(left)
    }

    /// The operator at the current token. All chains are left-associative.
    fn infix(&self) -> Option<(Precedence, Infix)> {
        use BinaryOperator as B;
        use Precedence as P;
        let operator = match self.current() {
            TokenKind::Operator(operator) => *operator,
            TokenKind::Name("or") => return Some((P::Or, Infix::Binary(B::Or, P::And))),
            TokenKind::Name("and") => return Some((P::And, Infix::Binary(B::And, P::Not))),
            TokenKind::Name(_) => {
                return self.comparison().map(|_| (P::Comparison, Infix::Compare));
            }
            _ => return None,
        };
        Some(match operator {
            Operator::Plus => (P::Sum, Infix::Binary(B::Add, P::Concatenation)),
            Operator::Minus => (P::Sum, Infix::Binary(B::Subtract, P::Concatenation)),
            Operator::Tilde => (P::Concatenation, Infix::Concatenate),
            Operator::Star => (P::Product, Infix::Binary(B::Multiply, P::Power)),
            Operator::Slash => (P::Product, Infix::Binary(B::Divide, P::Power)),
            Operator::DoubleSlash => (P::Product, Infix::Binary(B::FloorDivide, P::Power)),
            Operator::Percent => (P::Product, Infix::Binary(B::Modulo, P::Power)),
            Operator::DoubleStar => (P::Power, Infix::Binary(B::Power, P::Value)),
            _ => return self.comparison().map(|_| (P::Comparison, Infix::Compare)),
        })
    }

    /// The comparison at the current token, and how many tokens it has.
    fn comparison(&self) -> Option<(Comparison, usize)> {
        Some(match self.current() {
            TokenKind::Operator(operator) => match operator {
                Operator::Equal => (Comparison::Equal, 1),
                Operator::NotEqual => (Comparison::NotEqual, 1),
                Operator::Less => (Comparison::Less, 1),
                Operator::LessEqual => (Comparison::LessEqual, 1),
                Operator::Greater => (Comparison::Greater, 1),
                Operator::GreaterEqual => (Comparison::GreaterEqual, 1),
                _ => return None,
            },
            TokenKind::Name("in") => (Comparison::In, 1),
            TokenKind::Name("not") if self.next_is_name("in") => (Comparison::NotIn, 2),
            _ => return None,
        })
    }

    fn comparisons(&mut self, line: usize, first: Expression) -> Result<Expression> {
        let mut rest = Vec::new();
        while let Some((comparison, length)) = self.comparison() {
            self.position += length;
            rest.push((comparison, self.operation(Precedence::Sum)?));
        }
        self.node(line, ExpressionKind::Compare(Box::new(first), rest))
    }

    fn concatenation(&mut self, line: usize, first: Expression) -> Result<Expression> {
        let mut parts = vec![first];
        while self.skip_operator(Operator::Tilde) {
            parts.push(self.operation(Precedence::Product)?);
        }
        self.node(line, ExpressionKind::Concat { parts, escape: Escape::Off })
    }

    /// A signed value with its filters and tests; filters bind looser than the sign.
    fn filtered_unary(&mut self) -> Result<Expression> {
        let value = self.unary()?;
        self.filters_and_tests(value)
    }

    fn unary(&mut self) -> Result<Expression> {
        let line = self.line();
        let operator = match self.current() {
            TokenKind::Operator(Operator::Minus) => UnaryOperator::Negative,
            TokenKind::Operator(Operator::Plus) => UnaryOperator::Positive,
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
}
