//! Expressions.

use super::Interpreter;
use crate::ast::{
    Application, BinaryOperator, Comparison, Constant, Escape, Expression, ExpressionKind,
    SliceExpression, UnaryOperator,
};
use crate::error::{Error, Exception, Result};
use crate::sandbox;
use crate::value::{
    Entries, Key, Order, Str, Undefined, Value, binary, contains, equal, negative, ordering,
    positive, slice, small, write_text,
};

/// Trees of this height are walked without a look at how much stack is left.
const SHALLOW: usize = 4;

impl Interpreter<'_> {
    /// The value of an expression.
    pub(super) fn evaluate(&mut self, node: &Expression) -> Result<Value> {
        self.meter.tick(1)?;
        match &node.kind {
            ExpressionKind::Constant(constant) => Ok(value_of(constant)),
            ExpressionKind::Name { name, slot } => {
                let value = self.read(*slot);
                Ok(self.defined(name, value))
            }
            _ if node.height <= SHALLOW => self.evaluate_composite(node),
            _ => self.deeper(|run| run.evaluate_composite(node)),
        }
    }

    fn evaluate_composite(&mut self, node: &Expression) -> Result<Value> {
        match &node.kind {
            ExpressionKind::Constant(_) | ExpressionKind::Name { .. } => Ok(Value::None),
            ExpressionKind::Captured => Ok(self.captured.clone()),
            ExpressionKind::Tuple(items) => Ok(Value::tuple(self.evaluate_all(items)?)),
            ExpressionKind::List(items) => Ok(Value::list(self.evaluate_all(items)?)),
            ExpressionKind::Dict(entries) => self.dict(entries),
            ExpressionKind::Unary(operator, operand) => self.unary(*operator, operand),
            ExpressionKind::Binary(operator, pair) => self.binary(*operator, &pair.0, &pair.1),
            ExpressionKind::Concat { parts, escape } => self.concat(parts, *escape),
            ExpressionKind::Compare(first, rest) => self.comparison(first, rest),
            ExpressionKind::Conditional(parts) => {
                self.conditional(node.line, &parts.0, &parts.1, parts.2.as_ref())
            }
            ExpressionKind::Attribute(subject, name) => {
                let subject = self.evaluate(subject)?;
                sandbox::attribute(self, &subject, name)
            }
            ExpressionKind::Item(pair) => {
                let subject = self.evaluate(&pair.0)?;
                let item = self.evaluate(&pair.1)?;
                sandbox::item(self, &subject, &item)
            }
            ExpressionKind::Slice(node) => self.slice(node),
            ExpressionKind::Call(call) => self.call_expression(&call.0, &call.1),
            ExpressionKind::Filter(application) => self.filter(application),
            ExpressionKind::Test(application) => self.test(application),
        }
    }

    fn evaluate_all(&mut self, items: &[Expression]) -> Result<Vec<Value>> {
        self.meter.list(items.len())?;
        items.iter().map(|item| self.evaluate(item)).collect()
    }

    fn dict(&mut self, nodes: &[(Expression, Expression)]) -> Result<Value> {
        self.meter.list(nodes.len())?;
        let mut entries = Entries::default();
        for (key, value) in nodes {
            let key = self.evaluate(key)?;
            let value = self.evaluate(value)?;
            entries.insert(Key::new(self, key)?, value);
        }
        Ok(Value::dict(entries))
    }

    fn unary(&mut self, operator: UnaryOperator, operand: &Expression) -> Result<Value> {
        let value = self.evaluate(operand)?;
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
            self.meter.tick(2)?;
            return Ok(Value::Int(value));
        }
        let left = self.evaluate(left)?;
        match operator {
            BinaryOperator::And if !left.is_true() => return Ok(left),
            BinaryOperator::Or if left.is_true() => return Ok(left),
            _ => {}
        }
        let right = self.evaluate(right)?;
        match operator {
            BinaryOperator::And | BinaryOperator::Or => Ok(right),
            _ => binary(self, operator, &left, &right),
        }
    }

    /// The result for two variables or literals that are small integers.
    fn small_integers(
        &self,
        operator: BinaryOperator,
        left: &Expression,
        right: &Expression,
    ) -> Option<i64> {
        let integer = |node: &Expression| match &node.kind {
            ExpressionKind::Constant(Constant::Integer(value)) => Some(*value),
            ExpressionKind::Name { slot, .. } => self.frame.integer(*slot),
            _ => None,
        };
        small(operator, integer(left)?, integer(right)?)
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
        }
        self.meter.string(text.len())?;
        Ok(Value::Str(Str::new(text, safe)))
    }

    fn comparison(
        &mut self,
        first: &Expression,
        rest: &[(Comparison, Expression)],
    ) -> Result<Value> {
        let mut left = self.evaluate(first)?;
        for (comparison, right) in rest {
            let right = self.evaluate(right)?;
            if !self.compare(*comparison, &left, &right)? {
                return Ok(Value::Bool(false));
            }
            left = right;
        }
        Ok(Value::Bool(true))
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
        if self.evaluate(condition)?.is_true() {
            return self.evaluate(value);
        }
        match otherwise {
            Some(otherwise) => self.evaluate(otherwise),
            None => Ok(Value::undefined(Undefined::Hint(format!(
                "the condition of the inline if on line {line} is false, and it has no else"
            )))),
        }
    }

    fn slice(&mut self, node: &SliceExpression) -> Result<Value> {
        let Some(subject) = &node.subject else { return Ok(Value::None) };
        let subject = self.evaluate(subject)?;
        let mut bounds = [Value::None, Value::None, Value::None];
        for (bound, node) in bounds.iter_mut().zip(&node.bounds) {
            if let Some(node) = node {
                *bound = self.evaluate(node)?;
            }
        }
        match slice(self, &subject, bounds.each_ref()) {
            Err(error) if node.is_lenient && error.exception() == Exception::Type => {
                Ok(Value::undefined(Undefined::Failed(error.message().into())))
            }
            result => result,
        }
    }

    fn filter(&mut self, node: &Application) -> Result<Value> {
        let subject = self.evaluate(&node.subject)?;
        let args = self.arguments(&node.arguments)?;
        match node.builtin {
            Some(filter) => filter.call(self, &subject, args),
            None => Err(Error::runtime(format!("no filter named '{}' found", node.name))),
        }
    }

    fn test(&mut self, node: &Application) -> Result<Value> {
        let subject = self.evaluate(&node.subject)?;
        let args = self.arguments(&node.arguments)?;
        match node.builtin {
            Some(test) => test.call(self, &subject, args),
            None => Err(Error::runtime(format!("no test named '{}' found", node.name))),
        }
    }
}

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
