//! Statements.

use super::context::Context;
use super::state::Interpreter;
use crate::ast::{Expression, FilterBlock, Statement, StatementKind, With};
use crate::error::{Error, Exception, Result};
use crate::run::Running;
use crate::value::{Str, Value, iterate};

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

    #[inline(never)]
    fn statement(&mut self, kind: &StatementKind) -> Result<()> {
        self.run.meter.tick(1)?;
        match kind {
            StatementKind::Output { pieces, escape } => self.output(pieces, *escape),
            StatementKind::If { branches, otherwise } => self.choose(branches, otherwise),
            StatementKind::For(node) => self.deeper(|run| run.for_loop(node)),
            StatementKind::Macro { target, function } => {
                let value = self.macro_value(function)?;
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
                let value = self.filtered(block)?;
                self.assign_block(target, value)
            }
            StatementKind::With(node) => self.deeper(|run| run.with(node)),
            StatementKind::Autoescape { value, scope, body } => {
                self.enter_scope(scope);
                let outer = self.run.autoescape;
                self.run.autoescape = self.evaluate(value)?.is_true();
                let result = self.deeper(|run| run.statements(body));
                self.run.autoescape = outer;
                self.leave_scope(scope);
                result
            }
            StatementKind::Block { block, visible } => {
                let outer = self.here.context.clone();
                if block.scoped {
                    let values = visible.iter().map(|(index, slot)| (*index, self.variable(*slot)));
                    self.here.context = Context::derived(&outer, values);
                }
                let result = self.block(block);
                self.here.context = outer;
                result
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
            self.run.meter.tick(1 + condition.size)?;
            if self.truth(condition).map_err(|error| error.at(condition.line))? {
                return self.deeper(|run| run.statements(body));
            }
        }
        if otherwise.is_empty() { Ok(()) } else { self.deeper(|run| run.statements(otherwise)) }
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
        self.run.meter.string(text.len())?;
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

    fn include(&mut self, template: &Value, ignore_missing: bool) -> Result<()> {
        let named = template.as_str().is_some() || template.is_undefined();
        if named || (template.is_true() && iterate(self.run, template)?.next(self.run)?.is_some()) {
            return no_loader();
        }
        if ignore_missing {
            return Ok(());
        }
        Err(Error::runtime("tried to select from an empty list of templates"))
    }
}

fn no_loader() -> Result<()> {
    Err(Error::new(Exception::Type, "no loader for this environment specified"))
}
