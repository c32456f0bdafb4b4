//! The names that a template sets somewhere; all others keep the value that was passed in.

use crate::ast::{FilterBlock, Macro, NameSet, Statement, StatementKind, Target};

/// The names that are assigned anywhere in a template, in whatever scope.
#[derive(Default)]
pub(super) struct Assigned(NameSet);

impl Assigned {
    pub fn anywhere_in(body: &[Statement]) -> Self {
        let mut assigned = Self::default();
        assigned.statements(body);
        assigned
    }

    /// Whether `name` is assigned, or may be set without an assignment.
    pub fn contains(&self, name: &str) -> bool {
        matches!(name, "caller" | "kwargs" | "loop" | "self" | "super" | "varargs")
            || self.0.contains(name)
    }

    fn statements(&mut self, body: &[Statement]) {
        for node in body {
            match &node.kind {
                StatementKind::Output { .. } => {}
                kind => stacker::maybe_grow(64 << 10, 1 << 20, || self.statement(kind)),
            }
        }
    }

    fn statement(&mut self, kind: &StatementKind) {
        match kind {
            StatementKind::Output { .. }
            | StatementKind::Extends(_)
            | StatementKind::Include { .. } => {}
            StatementKind::If { branches, otherwise } => {
                branches.iter().for_each(|(_, body)| self.statements(body));
                self.statements(otherwise);
            }
            StatementKind::For(node) => {
                self.target(&node.target);
                self.statements(&node.body);
                self.statements(&node.otherwise);
            }
            StatementKind::Macro { target, function } => {
                self.target(target);
                self.function(function);
            }
            StatementKind::Call { caller, .. } => self.function(caller),
            StatementKind::FilterBlock(block) => self.filter_block(block),
            StatementKind::Set { target, .. } => self.target(target),
            StatementKind::SetBlock { target, block } => {
                self.target(target);
                self.filter_block(block);
            }
            StatementKind::With(node) => {
                node.bindings.iter().for_each(|(target, _)| self.target(target));
                self.statements(&node.body);
            }
            StatementKind::Autoescape { body, .. } => self.statements(body),
            StatementKind::Block { block, .. } => self.statements(&block.body),
            StatementKind::Import { targets, .. } => {
                targets.iter().for_each(|target| self.target(target));
            }
        }
    }

    fn function(&mut self, node: &Macro) {
        self.0.extend(node.parameters.iter().map(|parameter| parameter.name.clone()));
        self.statements(&node.body);
    }

    fn filter_block(&mut self, block: &FilterBlock) {
        self.statements(&block.body);
    }

    fn target(&mut self, target: &Target) {
        match target {
            Target::Name { name, .. } => {
                self.0.insert(name.clone());
            }
            Target::Tuple(items) => items.iter().for_each(|item| self.target(item)),
            Target::Attribute { .. } => {}
        }
    }
}
