//! What is written out.

use super::state::Interpreter;
use crate::ast::{Escape, Expression, ExpressionKind, Piece};
use crate::error::Result;
use crate::markup;
use crate::value::{Object, Value, write_plain, write_text};

impl Interpreter<'_> {
    pub(super) fn output(&mut self, pieces: &[Piece], escape: Escape) -> Result<()> {
        self.run.meter.tick(pieces.len())?;
        for piece in pieces {
            match piece {
                Piece::Text(text) => self.run.output.push_str(text),
                Piece::Value { before, line, expression } => {
                    self.run.output.push_str(before);
                    let result = self.print(expression, escape);
                    result.map_err(|error| error.at(expression.line).at(*line))?;
                }
            }
        }
        self.run.check_output()
    }

    /// Writes the value of an expression.
    pub(super) fn print(&mut self, expression: &Expression, escape: Escape) -> Result<()> {
        self.run.meter.tick(expression.size)?;
        let is_escaped = self.escapes(escape) && (escape == Escape::On || !is_literal(expression));
        self.write_operand(expression, is_escaped)?;
        self.run.check_output()
    }

    fn write_operand(&mut self, expression: &Expression, is_escaped: bool) -> Result<()> {
        match &expression.kind {
            ExpressionKind::Name { slot, .. } if !is_escaped => {
                let output = &mut self.run.output;
                if self.here.look(*slot, |value| write_plain(value, output)) {
                    return Ok(());
                }
            }
            ExpressionKind::Call(call) if !is_escaped && !self.run.autoescape => {
                if let ExpressionKind::Name { slot, .. } = call.0.kind
                    && let Value::Object(object) = &self.variable(slot)
                    && let Object::Macro(function) = &**object
                {
                    // Its text need not be put together first.
                    return self.with_arguments(&call.1, |interpreter, args| {
                        (function.write)(interpreter.run, args)
                    });
                }
            }
            _ => {}
        }
        let value = self.operand(expression)?;
        if is_escaped {
            let text = markup::escape(self.run, &value)?;
            self.run.output.push_str(&text);
            return Ok(());
        }
        self.write_value(&value)
    }

    pub(super) fn write_value(&mut self, value: &Value) -> Result<()> {
        if write_plain(value, &mut self.run.output) {
            return Ok(());
        }
        let mut output = std::mem::take(&mut self.run.output);
        let result = write_text(self.run, value, &mut output);
        self.run.output = output;
        result
    }

    /// Whether text is safe HTML at a place in the template.
    pub(super) fn escapes(&self, escape: Escape) -> bool {
        match escape {
            Escape::Off => false,
            Escape::On => true,
            Escape::Dynamic => self.run.autoescape,
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
