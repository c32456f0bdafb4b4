//! What is written straight from where its values lie: variables, attributes, small sums, plain
//! formats, and the filters that have a shortcut.
//!
//! Each method tells whether it could write the value, or whether the value is to be evaluated.

use serde_json::Value as Json;

use super::Interpreter;
use super::variable::Variable;
use crate::ast::{BinaryOperator, Expression, ExpressionKind, Slot};
use crate::error::Result;
use crate::filters::Shortcut;
use crate::format::PlainFormat;
use crate::value::{Value, write_integer, write_plain};

impl Interpreter<'_> {
    #[inline]
    pub(super) fn write_simple(&mut self, expression: &Expression) -> Result<bool> {
        match &expression.kind {
            ExpressionKind::Name { .. } | ExpressionKind::Attribute(..) => {
                let Self { variables, output, data, .. } = self;
                Ok(variables.look(data, expression, |seen| seen.write(output)).unwrap_or(false))
            }
            ExpressionKind::Binary(operator, pair) => {
                Ok(self.write_sum(*operator, &pair.0, &pair.1))
            }
            ExpressionKind::Filter(filter) if let Some(shortcut) = &filter.shortcut => {
                self.write_filtered(shortcut, &filter.subject)
            }
            _ => Ok(false),
        }
    }

    /// Writes the result for two small integers; whether they are.
    fn write_sum(
        &mut self,
        operator: BinaryOperator,
        left: &Expression,
        right: &Expression,
    ) -> bool {
        let result = self.small_integers(operator, left, right);
        result.map(|number| write_integer(number, &mut self.output)).is_some()
    }

    /// Writes what a filter makes of a variable, if its shortcut can tell.
    fn write_filtered(&mut self, shortcut: &Shortcut, subject: &Expression) -> Result<bool> {
        if let Shortcut::Join(separator) = shortcut {
            return self.write_joined(separator, subject);
        }
        let Self { variables, output, meter, data, .. } = self;
        variables
            .look(data, shortcut.place(subject), |seen| shortcut.write(seen, meter, output))
            .unwrap_or(Ok(false))
    }

    /// Writes the items of a list of texts and integers.
    #[inline(never)]
    fn write_joined(&mut self, separator: &str, subject: &Expression) -> Result<bool> {
        if self.autoescape {
            return Ok(false);
        }
        let start = self.output.len();
        let (count, are_written) = match self.peek(subject) {
            Some(Variable::Container(json)) if let Some(items) = self.data.list(json) => {
                (items.len(), self.write_all(separator, items.iter(), write_json))
            }
            Some(Variable::Value(Value::List(list))) => {
                let items = list.items.borrow();
                (items.len(), self.write_all(separator, items.iter(), write_plain))
            }
            _ => return Ok(false),
        };
        if !are_written {
            self.output.truncate(start);
            return Ok(false);
        }
        self.meter.tick(count)?;
        self.meter.string(self.output.len().saturating_sub(start))?;
        Ok(true)
    }

    fn write_all<T>(
        &mut self,
        separator: &str,
        items: impl Iterator<Item = T>,
        write: impl Fn(T, &mut String) -> bool,
    ) -> bool {
        let most = self.meter.limits.string.saturating_add(self.output.len());
        for (index, item) in items.enumerate() {
            if index > 0 {
                self.output.push_str(separator);
            }
            if !write(item, &mut self.output) || self.output.len() > most {
                return false;
            }
        }
        true
    }

    /// Writes a variable that is a text; whether it is one.
    #[inline]
    pub(super) fn write_text(&mut self, slot: Slot) -> bool {
        match self.variables.get(slot) {
            Some(Variable::Text(text)) => self.output.push_str(text),
            Some(Variable::Value(Value::Str(text))) => self.output.push_str(text),
            _ => return false,
        }
        true
    }

    /// Writes a plain format, if its values are small integers, or texts in variables.
    #[inline(never)]
    pub(super) fn write_format(&mut self, node: &Expression, format: &PlainFormat) -> Result<bool> {
        let Some((_, values)) = node.kind.formatted() else { return Ok(false) };
        let start = self.output.len();
        for (conversion, value) in format.conversions().iter().zip(values) {
            conversion.write_before(&mut self.output);
            if let Some(number) = self.small_integer(value) {
                conversion.write_integer(number, &mut self.output);
                continue;
            }
            let is_written = conversion.is_text
                && match &value.kind {
                    ExpressionKind::Name { slot, .. } => self.write_text(*slot),
                    _ => false,
                };
            if !is_written {
                self.output.truncate(start);
                return Ok(false);
            }
        }
        format.write_end(&mut self.output);
        self.meter.tick(node.size)?;
        self.meter.string(self.output.len().saturating_sub(start))?;
        Ok(true)
    }
}

/// Appends a text or an integer; whether it is one.
fn write_json(json: &Json, output: &mut String) -> bool {
    match json {
        Json::String(text) => output.push_str(text),
        Json::Number(number) => match number.as_i64() {
            Some(integer) => write_integer(integer, output),
            None => return false,
        },
        _ => return false,
    }
    true
}
