//! The names that a template sets somewhere; all others keep the value that was passed in.

use super::bind_function::any_inner_body;
use crate::ast::{Macro, NameSet, Statement, StatementKind, Target};

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
            StatementKind::For(node) => self.target(&node.target),
            StatementKind::Macro { target, function } => {
                self.target(target);
                self.parameters(function);
            }
            StatementKind::Call { caller, .. } => self.parameters(caller),
            StatementKind::Set { target, .. } | StatementKind::SetBlock { target, .. } => {
                self.target(target);
            }
            StatementKind::With(node) => {
                node.bindings.iter().for_each(|(target, _)| self.target(target));
            }
            StatementKind::Import { targets, .. } => {
                targets.iter().for_each(|target| self.target(target));
            }
            _ => {}
        }
        any_inner_body(kind, &mut |body| {
            self.statements(body);
            false
        });
    }

    fn parameters(&mut self, node: &Macro) {
        self.0.extend(node.parameters.iter().map(|parameter| parameter.name.clone()));
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
