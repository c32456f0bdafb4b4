//! Lists the names a scope uses, without looking into the scopes inside of it.

use std::sync::Arc;

use super::symbols::{Branch, Place, Source, Symbols};
use super::{Binder, with_stack};
use crate::ast::{Expression, ExpressionKind, NameSet, Piece, Statement, StatementKind, Target};

impl Binder {
    fn find_outer(&self, name: &Arc<str>) -> Option<Place> {
        self.scopes.iter().rev().find_map(|scope| scope.place(name))
    }

    /// Declares a name that is set from outside, and returns its slot.
    pub(super) fn declare(&mut self, symbols: &mut Symbols, name: &str) -> usize {
        let name = Arc::from(name);
        let place = self.place(symbols, &name);
        symbols.note_store(&name);
        symbols.define(&name, place, Source::Parameter);
        place.index
    }

    fn store(&mut self, symbols: &mut Symbols, name: &Arc<str>) {
        symbols.note_store(name);
        if symbols.refs.contains_key(name) {
            return;
        }
        let source = self.find_outer(name).map_or(Source::Nowhere, Source::Outer);
        let place = self.place(symbols, name);
        symbols.define(name, place, source);
    }

    fn load(&mut self, symbols: &mut Symbols, name: &Arc<str>) {
        let is_known = symbols.refs.contains_key(name) || self.find_outer(name).is_some();
        if is_known || !self.assigned.contains(name) {
            return;
        }
        let place = self.place(symbols, name);
        symbols.define(name, place, Source::Context);
    }

    pub(super) fn analyze_all(&mut self, symbols: &mut Symbols, body: &[Statement]) {
        for statement in body {
            self.analyze(symbols, statement);
        }
    }

    fn analyze(&mut self, symbols: &mut Symbols, statement: &Statement) {
        match &statement.kind {
            StatementKind::Block { .. } | StatementKind::Autoescape { .. } => {}
            StatementKind::Output { pieces, .. } => {
                for piece in pieces {
                    if let Piece::Value { expression, .. } = piece {
                        self.analyze_expression(symbols, expression);
                    }
                }
            }
            StatementKind::If { branches, otherwise } => {
                self.analyze_if(symbols, branches, otherwise);
            }
            StatementKind::For(node) => self.analyze_expression(symbols, &node.iterable),
            StatementKind::Macro { target, .. } | StatementKind::SetBlock { target, .. } => {
                self.analyze_target(symbols, target);
            }
            StatementKind::Call { call, .. } => self.analyze_expression(symbols, call),
            StatementKind::FilterBlock(block) => {
                block.filter.iter().for_each(|filter| self.analyze_expression(symbols, filter));
            }
            StatementKind::Set { target, value, .. } => {
                self.analyze_expression(symbols, value);
                self.analyze_target(symbols, target);
            }
            StatementKind::With(node) => {
                let values = node.bindings.iter().map(|(_, value)| value);
                values.for_each(|value| self.analyze_expression(symbols, value));
            }
            StatementKind::Extends(template) | StatementKind::Include { template, .. } => {
                self.analyze_expression(symbols, template);
            }
            StatementKind::Import { template, targets } => {
                self.analyze_expression(symbols, template);
                targets.iter().for_each(|target| self.analyze_target(symbols, target));
            }
        }
    }

    fn analyze_if(
        &mut self,
        symbols: &mut Symbols,
        branches: &[(Expression, Vec<Statement>)],
        otherwise: &[Statement],
    ) {
        let Some(((condition, body), alternatives)) = branches.split_first() else { return };
        stacker::maybe_grow(64 << 10, 1 << 20, || {
            self.analyze_expression(symbols, condition);
            let mark = symbols.mark();
            self.analyze_all(symbols, body);
            let first = symbols.take_branch(mark);
            for (condition, body) in alternatives {
                self.analyze_expression(symbols, condition);
                let mark = symbols.mark();
                self.analyze_all(symbols, body);
                let branch = symbols.take_branch(mark);
                self.merge(symbols, vec![branch]);
            }
            let second = symbols.take_branch(mark);
            self.analyze_all(symbols, otherwise);
            let third = symbols.take_branch(mark);
            self.merge(symbols, vec![first, second, third]);
        });
    }

    /// Merges the branches of an `if`; a name that they set starts with the value from outside, as
    /// one of them may set it in some cases only.
    fn merge(&mut self, symbols: &mut Symbols, branches: Vec<Branch>) {
        let stores = branches.iter().flat_map(|branch| &branch.stores);
        let names: NameSet =
            stores.filter(|name| !symbols.stores.contains(*name)).cloned().collect();
        branches.into_iter().for_each(|branch| symbols.merge(branch));
        for name in names {
            if let Some((_, source)) = symbols.refs.get_mut(&name) {
                *source = self.find_outer(&name).map_or(Source::Context, Source::Outer);
            }
        }
    }

    fn analyze_target(&mut self, symbols: &mut Symbols, target: &Target) {
        match target {
            Target::Name { name, .. } => self.store(symbols, name),
            Target::Tuple(items) => {
                items.iter().for_each(|item| self.analyze_target(symbols, item));
            }
            Target::Attribute { namespace, .. } => self.load(symbols, namespace),
        }
    }

    /// Declares the names of a loop or `with`, which are set on entering.
    pub(super) fn declare_target(&mut self, symbols: &mut Symbols, target: &Target) {
        match target {
            Target::Name { name, .. } => {
                self.declare(symbols, name);
            }
            Target::Tuple(items) => {
                items.iter().for_each(|item| self.declare_target(symbols, item));
            }
            Target::Attribute { .. } => {}
        }
    }

    pub(super) fn analyze_expression(&mut self, symbols: &mut Symbols, expression: &Expression) {
        if let ExpressionKind::Name { name, .. } = &expression.kind {
            self.load(symbols, name);
        } else if !expression.is_literal {
            with_stack(expression.height, || {
                expression.kind.each_child(&mut |child| self.analyze_expression(symbols, child));
            });
        }
    }
}
