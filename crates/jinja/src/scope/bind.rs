//! Writes slots into the tree, scope by scope.

use std::mem;
use std::sync::Arc;

use super::symbols::Symbols;
use super::{Binder, with_stack};
use crate::ast::{
    Arguments, Block, Constant, Escape, Expression, ExpressionKind, FilterBlock, NameSet, Scope,
    Statement, StatementKind, Target, With,
};
use crate::error::Result;
use crate::names;

impl Binder {
    pub(super) fn statements(&mut self, body: &mut [Statement]) -> Result<()> {
        body.iter_mut()
            .try_for_each(|node| stacker::maybe_grow(64 << 10, 1 << 20, || self.statement(node)))
    }

    fn statement(&mut self, node: &mut Statement) -> Result<()> {
        let line = node.line;
        match &mut node.kind {
            StatementKind::Output { pieces, escape } => {
                *escape = self.escape;
                self.output(pieces);
            }
            StatementKind::If { branches, otherwise } => self.if_branches(branches, otherwise)?,
            StatementKind::For(node) => {
                if let Some(node) = Arc::get_mut(node) {
                    self.for_loop(line, node)?;
                }
            }
            StatementKind::Macro { target, function } => {
                self.exported_target(target);
                if let Some(function) = Arc::get_mut(function) {
                    self.function(line, function)?;
                }
            }
            StatementKind::Call { call, caller } => {
                self.expression(call);
                if let Some(caller) = Arc::get_mut(caller) {
                    self.function(line, caller)?;
                }
            }
            StatementKind::FilterBlock(block) => {
                let symbols = self.inner_symbols();
                self.filter_block(block, symbols, true)?;
            }
            StatementKind::Set { target, value } => {
                self.expression(value);
                self.exported_target(target);
            }
            StatementKind::SetBlock { target, block } => {
                self.exported_target(target);
                let symbols = self.inner_symbols();
                self.filter_block(block, symbols, false)?;
            }
            StatementKind::With(node) => self.with(node)?,
            StatementKind::Autoescape { value, scope, body } => {
                *scope = self.autoescape(value, body)?;
            }
            StatementKind::Block { block, visible } => {
                if block.scoped {
                    *visible = self.visible();
                }
                self.block(block)?;
            }
            StatementKind::Extends(template) => {
                if !self.toplevel {
                    self.fail(line, "'extends' stands inside of another tag".into());
                }
                self.expression(template);
            }
            StatementKind::Include { template, .. } => self.expression(template),
            StatementKind::Import { template, targets } => {
                self.expression(template);
                targets.iter_mut().for_each(|target| self.target(target));
            }
        }
        Ok(())
    }

    fn if_branches(
        &mut self,
        branches: &mut [(Expression, Vec<Statement>)],
        otherwise: &mut [Statement],
    ) -> Result<()> {
        let soft = mem::replace(&mut self.soft, true);
        for (condition, body) in branches {
            self.expression(condition);
            self.statements(body)?;
        }
        self.statements(otherwise)?;
        self.soft = soft;
        Ok(())
    }

    /// Runs `bind` in a new scope that starts from `symbols`.
    pub(super) fn scoped(
        &mut self,
        symbols: Symbols,
        bind: impl FnOnce(&mut Self) -> Result<()>,
    ) -> Result<Scope> {
        self.scopes.push(symbols);
        let soft = mem::replace(&mut self.soft, false);
        let toplevel = mem::replace(&mut self.toplevel, false);
        let result = bind(self);
        self.soft = soft;
        self.toplevel = toplevel;
        let scope = self.leave_scope();
        result.map(|()| scope)
    }

    fn filter_block(
        &mut self,
        block: &mut FilterBlock,
        mut symbols: Symbols,
        filter_is_inside: bool,
    ) -> Result<()> {
        block.escape = self.escape;
        self.analyze_all(&mut symbols, &block.body);
        if filter_is_inside && let Some(filter) = &block.filter {
            self.analyze_expression(&mut symbols, filter);
        }
        block.scope = self.scoped(symbols, |binder| {
            binder.statements(&mut block.body)?;
            block.filter.iter_mut().for_each(|filter| binder.expression(filter));
            Ok(())
        })?;
        Ok(())
    }

    fn with(&mut self, node: &mut With) -> Result<()> {
        for (_, value) in &mut node.bindings {
            self.expression(value);
        }
        let mut symbols = self.inner_symbols();
        for (target, _) in &node.bindings {
            self.declare_target(&mut symbols, target);
        }
        self.analyze_all(&mut symbols, &node.body);
        node.scope = self.scoped(symbols, |binder| {
            node.bindings.iter_mut().for_each(|(target, _)| binder.target(target));
            binder.statements(&mut node.body)
        })?;
        Ok(())
    }

    fn autoescape(&mut self, value: &mut Expression, body: &mut [Statement]) -> Result<Scope> {
        let mut symbols = self.inner_symbols();
        self.analyze_expression(&mut symbols, value);
        self.analyze_all(&mut symbols, body);
        let outer = self.escape;
        let scope = self.scoped(symbols, |binder| {
            binder.expression(value);
            binder.escape = match &value.kind {
                _ if outer == Escape::Dynamic => Escape::Dynamic,
                ExpressionKind::Constant(constant) if is_true(constant) => Escape::On,
                ExpressionKind::Constant(_) => Escape::Off,
                _ => Escape::Dynamic,
            };
            binder.statements(body)
        });
        self.escape = outer;
        scope
    }

    fn block(&mut self, block: &mut Arc<Block>) -> Result<()> {
        if !self.block_names.insert(block.name.clone()) {
            self.fail(block.line, format!("block '{}' is defined twice", block.name));
        }
        let Some(node) = Arc::get_mut(block) else { return Ok(()) };
        let scopes = mem::take(&mut self.scopes);
        let functions = mem::take(&mut self.functions);
        let escape = mem::take(&mut self.escape);
        self.start_function();
        let mut symbols = Symbols::new(0);
        if self.mentions(&node.body, "self") {
            node.self_slot = Some(self.declare(&mut symbols, "self"));
        }
        if self.mentions(&node.body, "super") {
            node.super_slot = Some(self.declare(&mut symbols, "super"));
        }
        self.analyze_all(&mut symbols, &node.body);
        node.scope = self.scoped(symbols, |binder| binder.statements(&mut node.body))?;
        node.slots = self.end_function();
        self.scopes = scopes;
        self.functions = functions;
        self.escape = escape;
        self.blocks.push(block.clone());
        Ok(())
    }

    pub(super) fn target(&mut self, target: &mut Target) {
        match target {
            Target::Name { name, slot, .. } | Target::Attribute { namespace: name, slot, .. } => {
                *slot = self.reference(name);
            }
            Target::Tuple(items) => items.iter_mut().for_each(|item| self.target(item)),
        }
    }

    /// As [`Binder::target`], for assignments that blocks see where they stand outermost.
    fn exported_target(&mut self, target: &mut Target) {
        self.target(target);
        if self.toplevel {
            self.export(target);
        }
    }

    fn export(&mut self, target: &mut Target) {
        match target {
            Target::Name { name, export, .. } => *export = Some(self.outside(name)),
            Target::Tuple(items) => items.iter_mut().for_each(|item| self.export(item)),
            Target::Attribute { .. } => {}
        }
    }

    pub(super) fn expression(&mut self, node: &mut Expression) {
        let is_root = !self.in_literal && node.is_literal;
        self.part(node);
        if is_root && node.height > 1 && node.kind.may_share() {
            let literal = mem::replace(&mut node.kind, ExpressionKind::Captured);
            let literal = Expression { kind: literal, ..*node };
            node.kind = ExpressionKind::Apart(Box::new(literal));
        }
    }

    /// Binds an expression whose value nobody can change.
    pub(super) fn part(&mut self, node: &mut Expression) {
        if let ExpressionKind::Name { name, slot } = &mut node.kind {
            *slot = self.reference(name);
            return;
        }
        let is_root = !self.in_literal && node.is_literal;
        let is_sound = self.syntax_error.is_none();
        self.in_literal |= is_root;
        if let ExpressionKind::Slice(slice) = &mut node.kind {
            slice.is_lenient = self.in_literal && !is_root;
        }
        with_stack(node.height, || self.expression_kind(node.line, &mut node.kind));
        self.in_literal &= !is_root;
        if is_sound && self.syntax_error.is_some() && self.is_computed_ahead(node) {
            self.syntax_error = None;
        }
    }

    fn expression_kind(&mut self, line: usize, kind: &mut ExpressionKind) {
        match kind {
            ExpressionKind::Constant(_)
            | ExpressionKind::Name { .. }
            | ExpressionKind::Captured => {}
            ExpressionKind::Tuple(items) | ExpressionKind::List(items) => self.expressions(items),
            ExpressionKind::Concat { parts, escape } => {
                self.expressions(parts);
                // Literals are joined ahead, without regard to safe text.
                *escape = if parts.iter().all(|part| part.is_literal) {
                    Escape::Off
                } else {
                    self.escape
                };
            }
            ExpressionKind::Dict(entries) => entries.iter_mut().for_each(|(key, value)| {
                self.expression(key);
                self.expression(value);
            }),
            ExpressionKind::Unary(_, operand)
            | ExpressionKind::Attribute(operand, _)
            | ExpressionKind::Apart(operand) => {
                self.expression(operand);
            }
            ExpressionKind::Binary(_, pair) | ExpressionKind::Item(pair) => {
                self.expression(&mut pair.0);
                self.expression(&mut pair.1);
            }
            ExpressionKind::Compare(first, rest) => {
                self.expression(first);
                rest.iter_mut().for_each(|(_, operand)| self.expression(operand));
            }
            ExpressionKind::Conditional(parts) => {
                let soft = mem::replace(&mut self.soft, true);
                self.expression(&mut parts.0);
                self.expression(&mut parts.1);
                parts.2.iter_mut().for_each(|otherwise| self.expression(otherwise));
                self.soft = soft;
            }
            ExpressionKind::Slice(slice) => {
                match &mut slice.subject {
                    Some(subject) => self.expression(subject),
                    None => self.fail_other(line, "a slice stands alone in a tuple".into()),
                }
                slice.bounds.iter_mut().flatten().for_each(|bound| self.expression(bound));
            }
            ExpressionKind::Call(call) => {
                self.expression(&mut call.0);
                self.arguments(line, &mut call.1);
            }
            ExpressionKind::Filter(application) => {
                self.expression(&mut application.subject);
                self.arguments(line, &mut application.arguments);
                application.builtin = names::filter(&application.name);
                if application.builtin.is_none() && !self.soft {
                    self.fail(line, format!("no filter named '{}'", application.name));
                }
            }
            ExpressionKind::Test(application) => {
                self.expression(&mut application.subject);
                self.arguments(line, &mut application.arguments);
                application.builtin = names::test(&application.name);
                if application.builtin.is_none() && !self.soft {
                    self.fail(line, format!("no test named '{}'", application.name));
                }
            }
        }
    }

    fn expressions(&mut self, items: &mut [Expression]) {
        items.iter_mut().for_each(|item| self.expression(item));
    }

    fn arguments(&mut self, line: usize, arguments: &mut Arguments) {
        self.expressions(&mut arguments.positional);
        let mut known = NameSet::default();
        for (name, value) in &mut arguments.keywords {
            if !known.insert(name.clone()) {
                self.fail_other(line, format!("keyword argument '{name}' is repeated"));
            }
            self.expression(value);
        }
        arguments.unpack.iter_mut().for_each(|value| self.expression(value));
        arguments.unpack_keywords.iter_mut().for_each(|value| self.expression(value));
    }
}

fn is_true(constant: &Constant) -> bool {
    match constant {
        Constant::None => false,
        Constant::Bool(value) => *value,
        Constant::Integer(value) => *value != 0,
        Constant::Big(_) => true,
        Constant::Float(value) => *value != 0.0,
        Constant::Text(text) => !text.is_empty(),
    }
}
