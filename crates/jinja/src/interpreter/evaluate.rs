//! Expressions.

use super::apart::is_written_as_literal;
use super::state::Interpreter;
use crate::arithmetic::{binary, negative, positive};
use crate::ast::{Application, Constant, Escape, Expression, ExpressionKind, SliceExpression};
use crate::error::{Error, Exception, Result};
use crate::markup;
use crate::operator::{BinaryOperator, Comparison, UnaryOperator};
use crate::run::Running;
use crate::sandbox::{self, AttributeName};
use crate::value::{
    Entries, Key, Order, Str, Undefined, Value, contains, equal, ordering, slice, write_text,
};

/// Trees of this height are walked without a look at how much stack is left.
const SHALLOW: u32 = 4;

impl Interpreter<'_> {
    /// The value of an expression; counts the steps of all its parts.
    pub(super) fn evaluate(&mut self, node: &Expression) -> Result<Value> {
        self.run.meter.tick(node.size)?;
        self.operand(node)
    }

    /// The value of an expression whose steps are counted already.
    fn part(&mut self, node: &Expression) -> Result<Value> {
        if node.height > SHALLOW {
            return self.deeper(|run| run.evaluate_composite(node));
        }
        self.evaluate_composite(node)
    }

    /// As [`Interpreter::part`], with names and literals found on the spot.
    #[inline]
    pub(super) fn operand(&mut self, node: &Expression) -> Result<Value> {
        match &node.kind {
            ExpressionKind::Constant(constant) => Ok(value_of(constant)),
            ExpressionKind::Name { name, slot } => self.here.look(*slot, |value| match value {
                Value::Missing => Value::undefined(self.run, Undefined::Name(name.clone())),
                value => Ok(value.clone()),
            }),
            _ => self.part(node),
        }
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
            ExpressionKind::Attribute(subject, name) => self.attribute(subject, name),
            ExpressionKind::Item(pair) => self.item(&pair.0, &pair.1),
            ExpressionKind::Slice(node) => self.slice(node),
            ExpressionKind::Call(call) => self.call_expression(&call.0, &call.1),
            ExpressionKind::Filter(application) => self.application("filter", application),
            ExpressionKind::Test(application) => self.application("test", application),
        }
    }

    #[inline(never)]
    fn attribute(&mut self, subject: &Expression, name: &AttributeName) -> Result<Value> {
        if let ExpressionKind::Name { slot, .. } = subject.kind
            && name.is_dict_item()
            && let Some(item) = self.here.look(slot, |subject| match subject {
                Value::Dict(dict) => dict.get_text(&name.text),
                _ => None,
            })
        {
            return Ok(item);
        }
        let subject = self.operand(subject)?;
        sandbox::attribute(self.run, &subject, name)
    }

    #[inline(never)]
    fn item(&mut self, subject: &Expression, key: &Expression) -> Result<Value> {
        let subject = self.operand(subject)?;
        let key = self.operand(key)?;
        sandbox::item(self.run, &subject, &key)
    }

    pub(super) fn evaluate_all(&mut self, items: &[Expression]) -> Result<Vec<Value>> {
        self.run.meter.list(items.len())?;
        let mut values = Vec::with_capacity(items.len());
        for item in items {
            values.push(self.operand(item)?);
        }
        Ok(values)
    }

    #[inline(never)]
    fn dict(&mut self, nodes: &[(Expression, Expression)]) -> Result<Value> {
        self.run.meter.dict(nodes.len())?;
        let mut entries = Entries::default();
        for (key, value) in nodes {
            let key = self.operand(key)?;
            let value = self.operand(value)?;
            entries.insert(Key::new(self.run, key)?, value);
        }
        Ok(Value::dict(entries))
    }

    #[inline(never)]
    fn unary(&mut self, operator: UnaryOperator, operand: &Expression) -> Result<Value> {
        let value = self.operand(operand)?;
        match operator {
            UnaryOperator::Not => Ok(Value::Bool(!value.is_true())),
            UnaryOperator::Negative => negative(&value),
            UnaryOperator::Positive => positive(&value),
        }
    }

    #[inline(never)]
    fn binary(
        &mut self,
        operator: BinaryOperator,
        left: &Expression,
        right: &Expression,
    ) -> Result<Value> {
        let left = self.operand(left)?;
        match operator {
            BinaryOperator::And if !left.is_true() => return Ok(left),
            BinaryOperator::Or if left.is_true() => return Ok(left),
            _ => {}
        }
        let right = self.operand(right)?;
        match operator {
            BinaryOperator::And | BinaryOperator::Or => Ok(right),
            _ => binary(self.run, operator, &left, &right),
        }
    }

    #[inline(never)]
    fn concat(&mut self, parts: &[Expression], escape: Escape) -> Result<Value> {
        let values = self.evaluate_all(parts)?;
        let safe = escape == Escape::On && values.iter().any(Value::is_markup);
        let mut text = String::new();
        for value in &values {
            if safe {
                text.push_str(&markup::escape(self.run, value)?);
            } else {
                write_text(self.run, value, &mut text)?;
            }
            if text.len() > self.run.meter.limits.string {
                self.run.meter.string(text.len())?;
            }
        }
        self.run.meter.string(text.len())?;
        Ok(Value::Str(Str::new(text, safe)))
    }

    /// Whether the value of a part is true.
    pub(super) fn truth(&mut self, node: &Expression) -> Result<bool> {
        Ok(self.operand(node)?.is_true())
    }

    #[inline(never)]
    pub(super) fn comparison(
        &mut self,
        first: &Expression,
        rest: &[(Comparison, Expression)],
    ) -> Result<bool> {
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

    fn compare(&mut self, comparison: Comparison, left: &Value, right: &Value) -> Result<bool> {
        match comparison {
            Comparison::Equal => equal(self.run, left, right),
            Comparison::NotEqual => equal(self.run, left, right).map(|equal| !equal),
            Comparison::Less => ordering(self.run, Order::Less, left, right),
            Comparison::LessEqual => ordering(self.run, Order::LessEqual, left, right),
            Comparison::Greater => ordering(self.run, Order::Greater, left, right),
            Comparison::GreaterEqual => ordering(self.run, Order::GreaterEqual, left, right),
            Comparison::In => contains(self.run, right, left),
            Comparison::NotIn => contains(self.run, right, left).map(|contained| !contained),
        }
    }

    #[inline(never)]
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
            None => Value::hint(
                self.run,
                format!(
                    "the condition of the inline if on line {line} is false, and it has no else"
                ),
            ),
        }
    }

    #[inline(never)]
    fn slice(&mut self, node: &SliceExpression) -> Result<Value> {
        let Some(subject) = &node.subject else { return Ok(Value::None) };
        let subject = self.operand(subject)?;
        let mut bounds = [Value::None, Value::None, Value::None];
        for (bound, node) in bounds.iter_mut().zip(&node.bounds) {
            if let Some(node) = node {
                *bound = self.operand(node)?;
            }
        }
        match slice(self.run, &subject, bounds.each_ref()) {
            Err(error) if node.is_lenient && error.exception() == Exception::Type => {
                Value::undefined(self.run, Undefined::Failed(error.message().into()))
            }
            result => result,
        }
    }

    #[inline(never)]
    fn application(&mut self, what: &str, application: &Application) -> Result<Value> {
        let subject = self.operand(&application.subject)?;
        self.with_arguments(&application.arguments, |interpreter, args| match application.builtin {
            Some(builtin) => builtin.call(interpreter.run, &subject, args),
            None => Err(Error::runtime(format!("no {what} named '{}' found", application.name))),
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
