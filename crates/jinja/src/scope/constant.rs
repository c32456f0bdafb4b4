//! What Python computes ahead: an unknown filter or test that is not reached then is no error.

use super::{Binder, with_stack};
use crate::ast::{Escape, Expression, ExpressionKind};
use crate::operator::{BinaryOperator, Comparison};
use crate::value::Value;

/// Filters that ask for the context, which is not there ahead.
const CONTEXTUAL: [&str; 6] = ["map", "random", "reject", "rejectattr", "select", "selectattr"];

impl Binder {
    /// Whether Python replaces `node` by its value before it looks at the filters in it.
    pub(super) fn is_computed_ahead(&mut self, node: &Expression) -> bool {
        let is_replaced = !matches!(
            node.kind,
            ExpressionKind::List(_) | ExpressionKind::Tuple(_) | ExpressionKind::Dict(_)
        );
        is_replaced
            && self.escape != Escape::Dynamic
            && self.is_constant(node)
            && self.folder.is_literal(node, self.escape)
    }

    /// Whether all of `node` that is reached is known ahead.
    pub(super) fn is_constant(&mut self, node: &Expression) -> bool {
        with_stack(node.height, || match &node.kind {
            ExpressionKind::Name { .. } | ExpressionKind::Call(_) | ExpressionKind::Captured => {
                false
            }
            ExpressionKind::Filter(part) | ExpressionKind::Test(part)
                if part.builtin.is_none()
                    || self.escape == Escape::Dynamic
                    || CONTEXTUAL.contains(&&*part.name) =>
            {
                false
            }
            ExpressionKind::Binary(operator @ (BinaryOperator::And | BinaryOperator::Or), pair) => {
                match self.constant(&pair.0) {
                    Some(left) if left.is_true() == (*operator == BinaryOperator::Or) => true,
                    Some(_) => self.is_constant(&pair.1),
                    None => false,
                }
            }
            ExpressionKind::Conditional(parts) => match self.constant(&parts.0) {
                Some(condition) if condition.is_true() => self.is_constant(&parts.1),
                Some(_) => parts.2.as_ref().is_some_and(|otherwise| self.is_constant(otherwise)),
                None => false,
            },
            ExpressionKind::Compare(first, rest) => self.is_constant_chain(first, rest),
            kind => {
                let mut are_constant = true;
                kind.each_child(&mut |child| {
                    are_constant = are_constant && self.is_constant(child)
                });
                are_constant
            }
        })
    }

    fn is_constant_chain(&mut self, first: &Expression, rest: &[(Comparison, Expression)]) -> bool {
        if !self.is_constant(first) {
            return false;
        }
        rest.iter().enumerate().all(|(count, (_, operand))| {
            let before = rest.get(..count).unwrap_or_default();
            self.is_constant(operand)
                || (count > 0 && self.folder.comparison(first, before, self.escape) == Some(false))
        })
    }

    fn constant(&mut self, node: &Expression) -> Option<Value> {
        if self.is_constant(node) { self.folder.value(node, self.escape) } else { None }
    }
}
