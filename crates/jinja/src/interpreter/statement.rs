//! Statements.

use super::Interpreter;
use super::context::{Context, Names};
use crate::ast::{
    Escape, Expression, ExpressionKind, FilterBlock, Printed, Statement, StatementKind, With,
};
use crate::error::{Error, Exception, Result};
use crate::markup;
use crate::value::{Object, Str, Value, iterate, write_text};

impl Interpreter<'_> {
    pub(super) fn statements(&mut self, body: &[Statement]) -> Result<()> {
        for node in body {
            if let StatementKind::Text(text) = &node.kind {
                self.meter.tick(1)?;
                self.output.push_str(text);
                self.check_output()?;
                continue;
            }
            self.statement(node).map_err(|error| error.at(node.line))?;
        }
        Ok(())
    }

    fn statement(&mut self, node: &Statement) -> Result<()> {
        self.meter.tick(1)?;
        match &node.kind {
            StatementKind::Text(text) => self.output.push_str(text),
            StatementKind::Output { values, escape } => {
                return values.iter().try_for_each(|value| self.print(value, *escape));
            }
            StatementKind::If { branches, otherwise } => {
                for (condition, body) in branches {
                    if self.condition(condition)? {
                        return self.deeper(|run| run.statements(body));
                    }
                }
                return self.deeper(|run| run.statements(otherwise));
            }
            StatementKind::For(node) => return self.deeper(|run| run.for_loop(node)),
            StatementKind::Macro { target, export, function } => {
                let value = self.macro_value(function);
                return self.assign(target, value, *export);
            }
            StatementKind::Call { call, caller } => return self.call_block(call, caller),
            StatementKind::FilterBlock(block) => {
                let text = self.filtered(block)?;
                if text.as_str().is_none() {
                    return text.refuse("cannot be written by a filter block; a str is needed");
                }
                return self.write_value(&text);
            }
            StatementKind::Set { target, value, export } => {
                self.check_target(target)?;
                let value = self.evaluate(value)?;
                return self.assign(target, value, *export);
            }
            StatementKind::SetBlock { target, export, block } => {
                self.check_target(target)?;
                let value = self.filtered(block)?;
                return self.assign(target, value, *export);
            }
            StatementKind::With(node) => return self.deeper(|run| run.with(node)),
            StatementKind::Autoescape { value, scope, body } => {
                self.enter_scope(scope);
                let outer = self.autoescape;
                self.autoescape = self.evaluate(value)?.is_true();
                let result = self.deeper(|run| run.statements(body));
                self.autoescape = outer;
                self.leave_scope(scope);
                return result;
            }
            StatementKind::Block { block, visible } => {
                let mut context = self.context.clone();
                if block.scoped {
                    let vars: Names = visible
                        .iter()
                        .map(|(name, slot)| (name.clone(), self.read(*slot)))
                        .filter(|(_, value)| !matches!(value, Value::Missing))
                        .collect();
                    context = Context::derived(&context, vars);
                }
                return self.block(block, context);
            }
            StatementKind::Extends(template) | StatementKind::Import { template, .. } => {
                self.evaluate(template)?;
                return no_loader();
            }
            StatementKind::Include { template, ignore_missing } => {
                let template = self.evaluate(template)?;
                return self.include(&template, *ignore_missing);
            }
        }
        Ok(())
    }

    fn condition(&mut self, condition: &Expression) -> Result<bool> {
        Ok(self.evaluate(condition).map_err(|error| error.at(condition.line))?.is_true())
    }

    fn print(&mut self, printed: &Printed, escape: Escape) -> Result<()> {
        let Some(constant) = &printed.constant else {
            return self.print_expression(&printed.expression, escape);
        };
        if let Some(text) = constant.get() {
            self.output.push_str(text);
            return self.check_output();
        }
        let start = self.output.len();
        self.print_expression(&printed.expression, escape)?;
        let text = self.output.get(start..).unwrap_or("");
        constant.get_or_init(|| text.into());
        Ok(())
    }

    fn print_expression(&mut self, expression: &Expression, escape: Escape) -> Result<()> {
        let escaped = match escape {
            Escape::Off => false,
            Escape::On => true,
            Escape::Dynamic => self.autoescape && !is_literal(expression),
        };
        if let ExpressionKind::Name { slot, .. } = &expression.kind
            && !escaped
            && self.frame.write_plain(*slot, &mut self.output)
        {
            self.meter.tick(1).map_err(|error| error.at(expression.line))?;
            return self.check_output();
        }
        if let ExpressionKind::Call(call) = &expression.kind
            && !escaped
            && !self.autoescape
            && let ExpressionKind::Name { slot, .. } = &call.0.kind
            && let Value::Object(object) = self.read(*slot)
            && let Object::Macro(function) = &*object
        {
            self.meter.tick(3)?;
            let written = self.arguments(&call.1).and_then(|args| self.write_macro(function, args));
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
        if let Value::Str(text) = value {
            self.output.push_str(text);
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
            self.assign(target, value, false)?;
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
