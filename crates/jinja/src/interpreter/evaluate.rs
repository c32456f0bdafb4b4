//! Expressions.

use serde_json::Value as Json;

use super::Interpreter;
use super::apart::is_written_as_literal;
use super::variable::{Seen, Variable};
use crate::ast::{
    Application, BinaryOperator, Comparison, Constant, Escape, Expression, ExpressionKind,
    SliceExpression, UnaryOperator,
};
use crate::builtin::Glance;
use crate::error::{Error, Exception, Result};
use crate::sandbox::{self, AttributeName};
use crate::value::{
    Entries, Key, Order, Str, Undefined, Value, binary, contains, equal, negative, ordering,
    positive, slice, small, write_text,
};

/// Trees of this height are walked without a look at how much stack is left.
const SHALLOW: u32 = 4;

impl Interpreter<'_> {
    /// The value of an expression; counts the steps of all its parts.
    pub(super) fn evaluate(&mut self, node: &Expression) -> Result<Value> {
        self.meter.tick(node.size)?;
        self.operand(node)
    }

    /// The value of an expression whose steps are counted already.
    fn part(&mut self, node: &Expression) -> Result<Value> {
        if node.height > SHALLOW {
            return self.deeper(|run| run.evaluate_composite(node));
        }
        match &node.kind {
            ExpressionKind::Attribute(subject, name) => self.attribute(node, subject, name),
            ExpressionKind::Filter(application) | ExpressionKind::Test(application) => {
                self.application(node, application)
            }
            _ => self.evaluate_composite(node),
        }
    }

    /// As [`Interpreter::part`], with names and literals found on the spot.
    #[inline]
    pub(super) fn operand(&mut self, node: &Expression) -> Result<Value> {
        match &node.kind {
            ExpressionKind::Constant(constant) => Ok(value_of(constant)),
            ExpressionKind::Name { name, slot } => match self.variable(*slot) {
                Value::Missing => {
                    self.meter.object(0)?;
                    Ok(Value::undefined(Undefined::Name(name.clone())))
                }
                value => Ok(value),
            },
            _ => self.part(node),
        }
    }

    #[inline(never)]
    fn attribute(
        &mut self,
        node: &Expression,
        subject: &Expression,
        name: &AttributeName,
    ) -> Result<Value> {
        if let Some(found) = self.variables.find(&self.data, node) {
            return Ok(self.value_of(found));
        }
        let subject = self.operand(subject)?;
        sandbox::attribute(self, &subject, name)
    }

    #[inline(never)]
    fn evaluate_composite(&mut self, node: &Expression) -> Result<Value> {
        match &node.kind {
            ExpressionKind::Constant(constant) => Ok(value_of(constant)),
            ExpressionKind::Name { .. } => self.operand(node),
            ExpressionKind::Captured => Ok(self.captured.clone()),
            ExpressionKind::Apart(literal) => {
                let value = self.operand(literal)?;
                if is_written_as_literal(&value) { self.apart(&value) } else { Ok(value) }
            }
            ExpressionKind::Tuple(items) => Ok(Value::tuple(self.evaluate_all(items)?)),
            ExpressionKind::List(items) => Ok(Value::list(self.evaluate_all(items)?)),
            ExpressionKind::Dict(entries) => self.dict(entries),
            ExpressionKind::Unary(operator, operand) => self.unary(*operator, operand),
            ExpressionKind::Binary(operator, pair) => self.binary(*operator, &pair.0, &pair.1),
            ExpressionKind::Concat { parts, escape } => self.concat(parts, *escape),
            ExpressionKind::Compare(first, rest) => self.comparison(first, rest).map(Value::Bool),
            ExpressionKind::Conditional(parts) => {
                self.conditional(node.line, &parts.0, &parts.1, parts.2.as_ref())
            }
            ExpressionKind::Attribute(subject, name) => self.attribute(node, subject, name),
            ExpressionKind::Item(pair) => {
                if let Some(found) = self.variables.find(&self.data, node) {
                    return Ok(self.value_of(found));
                }
                let subject = self.operand(&pair.0)?;
                let item = self.operand(&pair.1)?;
                sandbox::item(self, &subject, &item)
            }
            ExpressionKind::Slice(node) => self.slice(node),
            ExpressionKind::Call(call) => self.call_expression(&call.0, &call.1),
            ExpressionKind::Filter(application) | ExpressionKind::Test(application) => {
                self.application(node, application)
            }
        }
    }

    pub(super) fn evaluate_all(&mut self, items: &[Expression]) -> Result<Vec<Value>> {
        self.meter.list(items.len())?;
        let mut values = Vec::with_capacity(items.len());
        for item in items {
            values.push(self.operand(item)?);
        }
        Ok(values)
    }

    fn dict(&mut self, nodes: &[(Expression, Expression)]) -> Result<Value> {
        self.meter.dict(nodes.len())?;
        let mut entries = Entries::default();
        for (key, value) in nodes {
            let key = self.operand(key)?;
            let value = self.operand(value)?;
            entries.insert(Key::new(self, key)?, value);
        }
        Ok(Value::dict(entries))
    }

    fn unary(&mut self, operator: UnaryOperator, operand: &Expression) -> Result<Value> {
        let value = self.operand(operand)?;
        match operator {
            UnaryOperator::Not => Ok(Value::Bool(!value.is_true())),
            UnaryOperator::Negative => negative(&value),
            UnaryOperator::Positive => positive(&value),
        }
    }

    fn binary(
        &mut self,
        operator: BinaryOperator,
        left: &Expression,
        right: &Expression,
    ) -> Result<Value> {
        if let Some(value) = self.small_integers(operator, left, right) {
            return Ok(Value::Int(value));
        }
        let left = self.operand(left)?;
        match operator {
            BinaryOperator::And if !left.is_true() => return Ok(left),
            BinaryOperator::Or if left.is_true() => return Ok(left),
            _ => {}
        }
        let right = self.operand(right)?;
        match operator {
            BinaryOperator::And | BinaryOperator::Or => Ok(right),
            _ => binary(self, operator, &left, &right),
        }
    }

    /// The result for two operands that are small integers.
    #[inline]
    pub(super) fn small_integers(
        &self,
        operator: BinaryOperator,
        left: &Expression,
        right: &Expression,
    ) -> Option<i64> {
        small(operator, self.small_integer(left)?, self.small_integer(right)?)
    }

    /// The value of a literal, a variable or a small sum of such, if it is a small integer.
    #[inline]
    pub(super) fn small_integer(&self, node: &Expression) -> Option<i64> {
        match &node.kind {
            ExpressionKind::Constant(Constant::Integer(value)) => Some(*value),
            ExpressionKind::Name { slot, .. } => self.variables.integer(*slot),
            ExpressionKind::Binary(operator, pair) if node.height < SHALLOW => {
                self.small_sum(*operator, &pair.0, &pair.1)
            }
            ExpressionKind::Attribute(..) => self.seen_integer(node),
            ExpressionKind::Filter(filter) => match self.glance(filter) {
                Some(Value::Int(value)) => Some(value),
                _ => None,
            },
            _ => None,
        }
    }

    #[inline(never)]
    fn seen_integer(&self, node: &Expression) -> Option<i64> {
        let integer = |seen: Seen| match seen {
            Seen::Integer(value) => Some(value),
            _ => None,
        };
        self.variables.look(&self.data, node, integer)?
    }

    /// What a filter or test gives, if a look at its subject tells.
    #[inline]
    pub(super) fn glance(&self, application: &Application) -> Option<Value> {
        let glance = application.glance?;
        self.glance_at(&application.subject, glance)
    }

    #[inline(never)]
    fn glance_at(&self, subject: &Expression, glance: Glance) -> Option<Value> {
        self.variables.look(&self.data, subject, |seen| glance(seen, &self.data))?
    }

    #[inline(never)]
    fn small_sum(
        &self,
        operator: BinaryOperator,
        left: &Expression,
        right: &Expression,
    ) -> Option<i64> {
        self.small_integers(operator, left, right)
    }

    fn concat(&mut self, parts: &[Expression], escape: Escape) -> Result<Value> {
        let values = self.evaluate_all(parts)?;
        let safe = escape == Escape::On && values.iter().any(Value::is_markup);
        let mut text = String::new();
        for value in &values {
            if safe {
                text.push_str(&crate::markup::escape(self, value)?);
            } else {
                write_text(self, value, &mut text)?;
            }
            if text.len() > self.meter.limits.string {
                self.meter.string(text.len())?;
            }
        }
        self.meter.string(text.len())?;
        Ok(Value::Str(Str::new(text, safe)))
    }

    /// Whether the value of a part is true.
    pub(super) fn truth(&mut self, node: &Expression) -> Result<bool> {
        match &node.kind {
            _ if node.height > SHALLOW => {}
            ExpressionKind::Name { .. }
            | ExpressionKind::Attribute(..)
            | ExpressionKind::Item(_) => {
                let look = |seen: Seen| seen.is_true(&self.data);
                if let Some(Some(truth)) = self.variables.look(&self.data, node, look) {
                    return Ok(truth);
                }
            }
            ExpressionKind::Unary(UnaryOperator::Not, operand) => {
                return self.truth(operand).map(|truth| !truth);
            }
            ExpressionKind::Binary(BinaryOperator::And, pair) => {
                return Ok(self.truth(&pair.0)? && self.truth(&pair.1)?);
            }
            ExpressionKind::Binary(BinaryOperator::Or, pair) => {
                return Ok(self.truth(&pair.0)? || self.truth(&pair.1)?);
            }
            ExpressionKind::Compare(first, rest) => return self.comparison(first, rest),
            ExpressionKind::Test(test) if let Some(answer) = self.glance(test) => {
                return Ok(answer.is_true());
            }
            _ => {}
        }
        Ok(self.operand(node)?.is_true())
    }

    pub(super) fn comparison(
        &mut self,
        first: &Expression,
        rest: &[(Comparison, Expression)],
    ) -> Result<bool> {
        if let [(comparison, right)] = rest
            && let Some(left) = self.small_integer(first)
            && let Some(right) = self.small_integer(right)
            && let Some(result) = comparison.of_integers(left, right)
        {
            return Ok(result);
        }
        if let [(comparison @ (Comparison::In | Comparison::NotIn), right)] = rest
            && let Some(is_contained) = self.contained(first, right)
        {
            return Ok(is_contained == (*comparison == Comparison::In));
        }
        let mut left = self.operand(first)?;
        for (comparison, right) in rest {
            let right = self.operand(right)?;
            if !self.compare(*comparison, &left, &right)? {
                return Ok(false);
            }
            left = right;
        }
        Ok(true)
    }

    /// Whether a text is in a list or dict that was passed in.
    fn contained(&mut self, item: &Expression, container: &Expression) -> Option<bool> {
        let Some(Variable::Container(json)) = self.variables.find(&self.data, container) else {
            return None;
        };
        self.meter.tick(self.data.length(json)?).ok()?;
        let contained = |seen: Seen| match (seen, json) {
            (Seen::Text(text), Json::Object(map)) => Some(map.contains_key(text)),
            (Seen::Text(text), Json::Array(items)) => Some(items.iter().any(|item| item == text)),
            _ => None,
        };
        match &item.kind {
            ExpressionKind::Constant(Constant::Text(text)) => contained(Seen::Text(text)),
            _ => self.variables.look(&self.data, item, contained)?,
        }
    }

    fn compare(&mut self, comparison: Comparison, left: &Value, right: &Value) -> Result<bool> {
        match comparison {
            Comparison::Equal => equal(self, left, right),
            Comparison::NotEqual => equal(self, left, right).map(|equal| !equal),
            Comparison::Less => ordering(self, Order::Less, left, right),
            Comparison::LessEqual => ordering(self, Order::LessEqual, left, right),
            Comparison::Greater => ordering(self, Order::Greater, left, right),
            Comparison::GreaterEqual => ordering(self, Order::GreaterEqual, left, right),
            Comparison::In => contains(self, right, left),
            Comparison::NotIn => contains(self, right, left).map(|contained| !contained),
        }
    }

    fn conditional(
        &mut self,
        line: usize,
        condition: &Expression,
        value: &Expression,
        otherwise: Option<&Expression>,
    ) -> Result<Value> {
        if self.truth(condition)? {
            return self.operand(value);
        }
        match otherwise {
            Some(otherwise) => self.operand(otherwise),
            None => Ok(Value::undefined(Undefined::Hint(format!(
                "the condition of the inline if on line {line} is false, and it has no else"
            )))),
        }
    }

    fn slice(&mut self, node: &SliceExpression) -> Result<Value> {
        let Some(subject) = &node.subject else { return Ok(Value::None) };
        let subject = self.operand(subject)?;
        let mut bounds = [Value::None, Value::None, Value::None];
        for (bound, node) in bounds.iter_mut().zip(&node.bounds) {
            if let Some(node) = node {
                *bound = self.operand(node)?;
            }
        }
        match slice(self, &subject, bounds.each_ref()) {
            Err(error) if node.is_lenient && error.exception() == Exception::Type => {
                Ok(Value::undefined(Undefined::Failed(error.message().into())))
            }
            result => result,
        }
    }

    #[inline(never)]
    fn application(&mut self, node: &Expression, application: &Application) -> Result<Value> {
        if let Some(value) = self.glance(application) {
            return Ok(value);
        }
        let subject = self.operand(&application.subject)?;
        self.with_arguments(&application.arguments, |run, args| match application.builtin {
            Some(builtin) => builtin.call(run, &subject, args),
            None => {
                let is_filter = matches!(node.kind, ExpressionKind::Filter(_));
                let what = if is_filter { "filter" } else { "test" };
                Err(Error::runtime(format!("no {what} named '{}' found", application.name)))
            }
        })
    }
}

#[inline]
fn value_of(constant: &Constant) -> Value {
    match constant {
        Constant::None => Value::None,
        Constant::Bool(value) => Value::Bool(*value),
        Constant::Integer(value) => Value::Int(*value),
        Constant::Big(value) => Value::integer(value.clone()),
        Constant::Float(value) => Value::Float(*value),
        Constant::Text(text) => Value::Str(text.clone()),
    }
}
