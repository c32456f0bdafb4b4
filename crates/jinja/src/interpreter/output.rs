//! What is written out.

use super::Interpreter;
use super::variable::Variable;
use crate::ast::{Escape, Expression, ExpressionKind, Piece};
use crate::error::Result;
use crate::markup;
use crate::value::{Object, Value, write_plain, write_text};

impl Interpreter<'_> {
    pub(super) fn output(&mut self, pieces: &[Piece], escape: Escape) -> Result<()> {
        self.meter.tick(pieces.len())?;
        for piece in pieces {
            match piece {
                Piece::Text(text) => self.output.push_str(text),
                Piece::Value { before, line, expression, format } => {
                    self.output.push_str(before);
                    let is_written =
                        escape == Escape::Off && self.write_directly(expression, format.as_deref());
                    if !is_written {
                        self.print(expression, escape).map_err(|error| error.at(*line))?;
                    }
                }
            }
            self.check_output()?;
        }
        Ok(())
    }

    /// Writes the value of an expression.
    pub(super) fn print(&mut self, expression: &Expression, escape: Escape) -> Result<()> {
        let escaped = match escape {
            Escape::Off => false,
            Escape::On => true,
            Escape::Dynamic => self.autoescape && !is_literal(expression),
        };
        if let ExpressionKind::Call(call) = &expression.kind
            && !escaped
            && !self.autoescape
            && let ExpressionKind::Name { slot, .. } = &call.0.kind
            && let Some(Variable::Value(Value::Object(object))) = self.variables.get(*slot)
            && let Object::Macro(_) = &**object
        {
            self.meter.tick(expression.size)?;
            let written = self.write_call(object.clone(), &call.1);
            return written.map_err(|error| error.at(expression.line));
        }
        if let ExpressionKind::Concat { parts, escape: Escape::Off } = &expression.kind
            && !escaped
        {
            return self.write_parts(expression, parts);
        }
        if let ExpressionKind::Conditional(parts) = &expression.kind
            && escape == Escape::Off
        {
            return self.write_chosen(expression, &parts.0, &parts.1, parts.2.as_ref());
        }
        let value = self.evaluate(expression).map_err(|error| error.at(expression.line))?;
        if escaped {
            let text = markup::escape(self, &value)?;
            self.output.push_str(&text);
            return self.check_output();
        }
        self.write_value(&value)
    }

    /// Writes one of two values.
    fn write_chosen(
        &mut self,
        node: &Expression,
        condition: &Expression,
        value: &Expression,
        otherwise: Option<&Expression>,
    ) -> Result<()> {
        self.meter.tick(1 + condition.size)?;
        let is_true = self.truth(condition).map_err(|error| error.at(node.line))?;
        match if is_true { Some(value) } else { otherwise } {
            Some(chosen) if self.write_composite(chosen, None) => self.check_output(),
            Some(chosen) => self.deeper(|run| run.print(chosen, Escape::Off)),
            None => Ok(()),
        }
    }

    /// Writes what a concatenation puts together.
    fn write_parts(&mut self, node: &Expression, parts: &[Expression]) -> Result<()> {
        self.meter.tick(node.size)?;
        let values = self.evaluate_all(parts).map_err(|error| error.at(node.line))?;
        let start = self.output.len();
        values.iter().try_for_each(|value| self.write_value(value))?;
        self.meter.string(self.output.len().saturating_sub(start))
    }

    pub(super) fn write_value(&mut self, value: &Value) -> Result<()> {
        if write_plain(value, &mut self.output) {
            return self.check_output();
        }
        let mut output = std::mem::take(&mut self.output);
        let result = write_text(self, value, &mut output);
        self.output = output;
        result?;
        self.check_output()
    }

    /// Whether text is safe HTML at a place in the template.
    pub(super) fn escapes(&self, escape: Escape) -> bool {
        match escape {
            Escape::Off => false,
            Escape::On => true,
            Escape::Dynamic => self.autoescape,
        }
    }
}

/// Literals are text of the template's author and are never escaped by a dynamic `autoescape`.
fn is_literal(expression: &Expression) -> bool {
    use crate::ast::ExpressionKind as Kind;
    match &expression.kind {
        Kind::Constant(_) => true,
        Kind::Concat { parts, .. } => parts.iter().all(is_literal),
        _ => false,
    }
}
