//! What is written straight from where its values lie: variables, attributes, small sums, plain
//! formats, and the filters that have a shortcut.
//!
//! Each method tells whether it could write the value, or whether the value is to be evaluated.

use serde_json::Value as Json;

use super::Interpreter;
use super::variables::simple_attribute;
use crate::ast::{BinaryOperator, Expression, ExpressionKind, Slot};
use crate::error::Result;
use crate::filters::Shortcut;
use crate::format::PlainFormat;
use crate::sandbox::AttributeName;
use crate::value::{Value, write_integer, write_plain};

impl Interpreter<'_> {
    #[inline]
    pub(super) fn write_simple(&mut self, expression: &Expression) -> Result<bool> {
        match &expression.kind {
            ExpressionKind::Name { slot, .. } => Ok(self.write_variable(*slot)),
            ExpressionKind::Attribute(subject, name) => Ok(self.write_attribute(subject, name)),
            ExpressionKind::Binary(operator, pair) => {
                Ok(self.write_sum(*operator, &pair.0, &pair.1))
            }
            ExpressionKind::Filter(filter) if let Some(shortcut) = &filter.shortcut => {
                self.write_filtered(shortcut, &filter.subject)
            }
            _ => Ok(false),
        }
    }

    /// Writes a variable that is a text or an integer; whether it is.
    fn write_variable(&mut self, slot: Slot) -> bool {
        self.variables.get(slot).is_some_and(|value| write_plain(value, &mut self.output))
    }

    /// Writes an attribute of a variable, if it is easily found and a text or an integer.
    fn write_attribute(&mut self, subject: &Expression, name: &AttributeName) -> bool {
        let ExpressionKind::Name { slot, .. } = &subject.kind else { return false };
        let output = &mut self.output;
        match self.variables.get(*slot) {
            Some(Value::Given(place)) => self.data.write_attribute(*place, name, output),
            Some(Value::Dict(dict)) if name.is_dict_item() => {
                let entries = dict.entries.borrow();
                entries.get_text(&name.text).is_some_and(|value| write_plain(value, output))
            }
            Some(Value::Object(object)) => simple_attribute(&mut self.data, object, name)
                .is_some_and(|value| write_plain(&value, output)),
            _ => false,
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
        if let Shortcut::Change(change) = shortcut
            && let ExpressionKind::Name { slot, .. } = &subject.kind
            && let Some(Value::Str(text)) = self.variables.get(*slot)
        {
            self.meter.change(text.len())?;
            change.write(text, &mut self.output);
            return Ok(true);
        }
        let Self { variables, output, meter, data, .. } = self;
        variables
            .look(data, shortcut.place(subject), |value| shortcut.write(value, meter, output))
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
            Some(Value::Given(place)) if let Some(items) = self.data.list(place) => {
                (items.len(), self.write_all(separator, items.iter(), write_json))
            }
            Some(Value::List(list)) => {
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
                    ExpressionKind::Name { slot, .. } => {
                        self.variables.write_text(*slot, &mut self.output)
                    }
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
