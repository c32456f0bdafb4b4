//! What can be assigned to.

use std::sync::Arc;

use super::Parser;
use crate::ast::{Expression, ExpressionKind, Slot, Target};
use crate::error::Result;
use crate::lexer::{Operator, TokenKind};

const CONSTANTS: [&str; 6] = ["true", "false", "none", "True", "False", "None"];

impl Parser<'_> {
    pub(super) fn name_target(&mut self) -> Result<Arc<str>> {
        let name = self.expect_name()?;
        if CONSTANTS.contains(&&*name) {
            return self.fail(format!("cannot assign to '{name}'"));
        }
        Ok(name)
    }

    /// Names, possibly nested in tuples; `attributes` allows `namespace.attribute`.
    pub(super) fn target(&mut self, attributes: bool) -> Result<Target> {
        if self.at_tuple_end() {
            let found = self.current().describe();
            return self.fail(format!("expected a name to assign to, got '{found}'"));
        }
        let first = self.single_target(attributes)?;
        if !self.is_operator(Operator::Comma) {
            return Ok(first);
        }
        let mut items = vec![first];
        while self.skip_operator(Operator::Comma) && !self.at_tuple_end() {
            items.push(self.single_target(attributes)?);
        }
        Ok(Target::Tuple(items))
    }

    fn single_target(&mut self, attributes: bool) -> Result<Target> {
        if attributes
            && matches!(self.current(), TokenKind::Name(_))
            && self.next_is_operator(Operator::Dot)
        {
            let namespace = self.expect_name()?;
            self.advance();
            let attribute = self.expect_name()?;
            return Ok(Target::Attribute { namespace, slot: Slot::default(), attribute });
        }
        let expression = self.nested(Self::primary)?;
        self.as_target(expression)
    }

    fn as_target(&self, expression: Expression) -> Result<Target> {
        match expression.kind {
            ExpressionKind::Name { name, .. } => Ok(Target::name(&name)),
            ExpressionKind::Tuple(items) => {
                let items: Result<_> = items.into_iter().map(|item| self.as_target(item)).collect();
                Ok(Target::Tuple(items?))
            }
            _ => self.fail("cannot assign to this expression"),
        }
    }
}
