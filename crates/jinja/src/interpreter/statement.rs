//! Statements.

use super::Interpreter;
use super::context::Context;
use crate::ast::{
    Escape, Expression, ExpressionKind, FilterBlock, Piece, Statement, StatementKind, With,
};
use crate::error::{Error, Exception, Result};
use crate::markup;
use crate::value::{Object, Str, Value, iterate, write_plain, write_text};

impl Interpreter<'_> {
    pub(super) fn statements(&mut self, body: &[Statement]) -> Result<()> {
        for node in body {
            let result = match &node.kind {
                StatementKind::Output { pieces, escape } => self.output(pieces, *escape),
                StatementKind::If { branches, otherwise } => self.choose(branches, otherwise),
                kind => self.statement(kind),
            };
            result.map_err(|error| error.at(node.line))?;
        }
        Ok(())
    }

    fn output(&mut self, pieces: &[Piece], escape: Escape) -> Result<()> {
        self.meter.tick(pieces.len())?;
        for piece in pieces {
            match piece {
                Piece::Text(text) => self.output.push_str(text),
                Piece::Value { expression, .. }
                    if escape == Escape::Off
                        && let ExpressionKind::Name { slot, .. } = &expression.kind
                        && slot.hops == 0
                        && self.frame.write_text(slot.index, &mut self.output) => {}
                Piece::Value { line, expression } => {
                    self.value(expression, escape).map_err(|error| error.at(*line))?;
                }
            }
            self.check_output()?;
        }
        Ok(())
    }

    #[inline(never)]
    fn value(&mut self, expression: &Expression, escape: Escape) -> Result<()> {
        if escape == Escape::Off && self.write_simple(expression)? {
            return Ok(());
        }
        self.print(expression, escape)
    }

    /// Writes what takes no more than a look at a variable; whether it was that.
    #[inline]
    fn write_simple(&mut self, node: &Expression) -> Result<bool> {
        let Self { frame, output, meter, data, .. } = self;
        match &node.kind {
            ExpressionKind::Name { .. } | ExpressionKind::Attribute(..) => {
                Ok(frame.look(data, node, |value| write_plain(value, output)).unwrap_or(false))
            }
            ExpressionKind::Filter(filter) if let Some(shortcut) = &filter.shortcut => frame
                .look(data, shortcut.place(&filter.subject), |value| {
                    shortcut.write(value, meter, output)
                })
                .unwrap_or(Ok(false)),
            ExpressionKind::Binary(operator, pair) => {
                let result = self.small_integers(*operator, &pair.0, &pair.1);
                Ok(result.is_some_and(|number| write_plain(&Value::Int(number), &mut self.output)))
            }
            _ => Ok(false),
        }
    }

    #[inline(never)]
    fn statement(&mut self, kind: &StatementKind) -> Result<()> {
        self.meter.tick(1)?;
        match kind {
            StatementKind::Output { pieces, escape } => self.output(pieces, *escape),
            StatementKind::If { branches, otherwise } => self.choose(branches, otherwise),
            StatementKind::For(node) => self.deeper(|run| run.for_loop(node)),
            StatementKind::Macro { target, function } => {
                let value = self.macro_value(function);
                self.assign(target, value)
            }
            StatementKind::Call { call, caller } => self.call_block(call, caller),
            StatementKind::FilterBlock(block) => {
                let text = self.filtered(block)?;
                if text.as_str().is_none() {
                    return text.refuse("cannot be written by a filter block; a str is needed");
                }
                self.write_value(&text)
            }
            StatementKind::Set { target, value } => {
                self.check_target(target)?;
                let value = self.evaluate(value)?;
                self.assign(target, value)
            }
            StatementKind::SetBlock { target, block } => {
                self.check_target(target)?;
                let value = self.filtered(block)?;
                self.assign(target, value)
            }
            StatementKind::With(node) => self.deeper(|run| run.with(node)),
            StatementKind::Autoescape { value, scope, body } => {
                self.enter_scope(scope);
                let outer = self.autoescape;
                self.autoescape = self.evaluate(value)?.is_true();
                let result = self.deeper(|run| run.statements(body));
                self.autoescape = outer;
                self.leave_scope(scope);
                result
            }
            StatementKind::Block { block, visible } => {
                let mut context = self.context.clone();
                if block.scoped {
                    let values = visible.iter().map(|(index, slot)| (*index, self.read(*slot)));
                    context = Context::derived(&context, values);
                }
                self.block(block, context)
            }
            StatementKind::Extends(template) | StatementKind::Import { template, .. } => {
                self.evaluate(template)?;
                no_loader()
            }
            StatementKind::Include { template, ignore_missing } => {
                let template = self.evaluate(template)?;
                self.include(&template, *ignore_missing)
            }
        }
    }

    /// Runs the first branch of an `if` whose condition holds.
    #[inline(never)]
    fn choose(
        &mut self,
        branches: &[(Expression, Vec<Statement>)],
        otherwise: &[Statement],
    ) -> Result<()> {
        for (condition, body) in branches {
            self.meter.tick(1 + condition.size)?;
            if self.truth(condition).map_err(|error| error.at(condition.line))? {
                return self.deeper(|run| run.statements(body));
            }
        }
        if otherwise.is_empty() { Ok(()) } else { self.deeper(|run| run.statements(otherwise)) }
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
            && let Value::Object(object) = self.read(*slot)
            && let Object::Macro(function) = &*object
        {
            self.meter.tick(expression.size)?;
            let written = self.with_arguments(&call.1, |run, args| run.write_macro(function, args));
            return written.map_err(|error| error.at(expression.line));
        }
        let value = self.evaluate(expression).map_err(|error| error.at(expression.line))?;
        if escaped {
            let text = markup::escape(self, &value)?;
            self.output.push_str(&text);
            return self.check_output();
        }
        self.write_value(&value)
    }

    fn write_value(&mut self, value: &Value) -> Result<()> {
        if write_plain(value, &mut self.output) {
            return self.check_output();
        }
        let mut output = std::mem::take(&mut self.output);
        let result = write_text(self, value, &mut output);
        self.output = output;
        result?;
        self.check_output()
    }

    fn with(&mut self, node: &With) -> Result<()> {
        self.enter_scope(&node.scope);
        for (target, value) in &node.bindings {
            let value = self.evaluate(value)?;
            self.assign(target, value)?;
        }
        self.statements(&node.body)?;
        self.leave_scope(&node.scope);
        Ok(())
    }

    /// Renders a body aside and filters it.
    fn filtered(&mut self, block: &FilterBlock) -> Result<Value> {
        self.enter_scope(&block.scope);
        let text = self.deeper(|run| run.aside(|run| run.statements(&block.body)))?;
        self.meter.string(text.len())?;
        let mut value = Value::Str(Str::new(text, self.escapes(block.escape)));
        if let Some(filter) = &block.filter {
            let outer = std::mem::replace(&mut self.captured, value);
            let result = self.evaluate(filter);
            self.captured = outer;
            value = result?;
        }
        self.leave_scope(&block.scope);
        Ok(value)
    }

    /// Whether text is safe HTML at a place in the template.
    pub(super) fn escapes(&self, escape: Escape) -> bool {
        match escape {
            Escape::Off => false,
            Escape::On => true,
            Escape::Dynamic => self.autoescape,
        }
    }

    fn include(&mut self, template: &Value, ignore_missing: bool) -> Result<()> {
        let named = template.as_str().is_some() || template.is_undefined();
        if named || (template.is_true() && iterate(self, template)?.next(self)?.is_some()) {
            return no_loader();
        }
        if ignore_missing {
            return Ok(());
        }
        Err(Error::runtime("tried to select from an empty list of templates"))
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

fn no_loader() -> Result<()> {
    Err(Error::new(Exception::Type, "no loader for this environment specified"))
}
