//! What is written straight from where its values lie: variables, attributes, small sums, plain
//! formats, and the filters that have a shortcut.
//!
//! Each method tells whether it wrote the value. If not, the value is to be evaluated, or else a
//! limit is reached, which evaluating it will find, too.

use super::Interpreter;
use super::data::look_at_json;
use super::variable::{Seen, Variable};
use crate::ast::{Expression, ExpressionKind, Slot};
use crate::builtin::TextChange;
use crate::filters::Shortcut;
use crate::format::PlainFormat;
use crate::value::{Value, write_integer, write_plain};

impl Interpreter<'_> {
    /// Writes the value of an expression, made by `format` if that is there.
    #[inline]
    pub(super) fn write_directly(
        &mut self,
        expression: &Expression,
        format: Option<&PlainFormat>,
    ) -> bool {
        match &expression.kind {
            ExpressionKind::Name { slot, .. } => self.write_variable(*slot),
            _ => self.write_composite(expression, format),
        }
    }

    /// Writes a variable that is a text or an integer.
    #[inline]
    fn write_variable(&mut self, slot: Slot) -> bool {
        match self.variables.get(slot) {
            Some(Variable::Text(text)) => self.output.push_str(text),
            Some(Variable::Value(Value::Str(text))) => self.output.push_str(text),
            Some(Variable::Value(Value::Int(value))) => write_integer(*value, &mut self.output),
            _ => return false,
        }
        true
    }

    /// As [`Interpreter::write_directly`], out of the way of variables, which are most frequent.
    #[inline(never)]
    pub(super) fn write_composite(
        &mut self,
        expression: &Expression,
        format: Option<&PlainFormat>,
    ) -> bool {
        match &expression.kind {
            _ if let Some(format) = format => self.write_format(expression, format),
            ExpressionKind::Name { .. }
            | ExpressionKind::Attribute(..)
            | ExpressionKind::Item(_) => {
                let Self { variables, output, data, .. } = self;
                variables.look(data, expression, |seen| seen.write(output)).unwrap_or(false)
            }
            ExpressionKind::Binary(operator, pair) => {
                match self.small_integers(*operator, &pair.0, &pair.1) {
                    Some(sum) => write_integer(sum, &mut self.output),
                    None => return false,
                }
                true
            }
            ExpressionKind::Filter(filter) => match &filter.shortcut {
                Some(Shortcut::Join(separator)) => self.write_joined(separator, &filter.subject),
                Some(Shortcut::Change(change)) => self.write_changed(*change, &filter.subject),
                Some(shortcut) => self.write_filtered(shortcut, &filter.subject),
                None => {
                    self.glance(filter).is_some_and(|value| write_plain(&value, &mut self.output))
                }
            },
            _ => false,
        }
    }

    /// Writes a text in a variable, changed.
    fn write_changed(&mut self, change: TextChange, subject: &Expression) -> bool {
        let Self { variables, output, meter, data, .. } = self;
        let write = |seen: Seen| match seen {
            Seen::Text(text) if meter.change(text.len()).is_ok() => {
                change.write(text, output);
                true
            }
            _ => false,
        };
        variables.look(data, subject, write).unwrap_or(false)
    }

    /// Writes what a filter makes of a variable, if its shortcut can tell.
    fn write_filtered(&mut self, shortcut: &Shortcut, subject: &Expression) -> bool {
        let Self { variables, output, meter, data, .. } = self;
        let place = shortcut.place(subject);
        variables.look(data, place, |seen| shortcut.write(seen, meter, output)).unwrap_or(false)
    }

    /// Writes the items of a list of texts and integers.
    #[inline(never)]
    fn write_joined(&mut self, separator: &str, subject: &Expression) -> bool {
        if self.autoescape {
            return false;
        }
        let start = self.output.len();
        let (count, are_written) = match self.variables.find(&self.data, subject) {
            Some(Variable::Container(json)) if let Some(items) = self.data.list(json) => (
                items.len(),
                self.write_all(separator, items.iter(), |item, output| {
                    look_at_json(Some(item), |seen| seen.write(output))
                }),
            ),
            Some(Variable::Value(Value::List(list))) => {
                let items = list.items.borrow();
                (items.len(), self.write_all(separator, items.iter(), write_plain))
            }
            _ => return false,
        };
        if !are_written {
            self.output.truncate(start);
            return false;
        }
        self.keep_written(start, count)
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
    fn write_format(&mut self, node: &Expression, format: &PlainFormat) -> bool {
        let Some((_, values)) = node.kind.formatted() else { return false };
        let start = self.output.len();
        for (conversion, value) in format.conversions().iter().zip(values) {
            conversion.write_before(&mut self.output);
            let Self { variables, output, data, .. } = self;
            let write = |seen: Seen| conversion.write(seen, output);
            if variables.look(data, value, write).unwrap_or(false) {
                continue;
            }
            let Some(number) = self.small_integer(value) else {
                self.output.truncate(start);
                return false;
            };
            conversion.write_integer(number, &mut self.output);
        }
        format.write_end(&mut self.output);
        self.keep_written(start, node.size)
    }

    /// Counts what was written from `start` on as a string, and `steps`; takes it back if that is
    /// too much.
    fn keep_written(&mut self, start: usize, steps: usize) -> bool {
        let length = self.output.len().saturating_sub(start);
        let is_allowed = self.meter.tick(steps).is_ok() && self.meter.string(length).is_ok();
        if !is_allowed {
            self.output.truncate(start);
        }
        is_allowed
    }
}
