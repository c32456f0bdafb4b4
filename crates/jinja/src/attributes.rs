//! What a template asks of a variable from outside.

use crate::ast::{
    Constant, Expression, ExpressionKind, FilterBlock, Macro, Piece, Program, Slot, Statement,
    StatementKind,
};
use crate::methods;

/// The attributes and items that are asked of `variable` by name, each once.
pub(crate) fn asked_of<'p>(program: &'p Program, variable: &str) -> Vec<&'p str> {
    let mut search = Search { variable, found: Vec::new() };
    search.statements(&program.body);
    search.found
}

struct Search<'p, 'v> {
    variable: &'v str,
    found: Vec<&'p str>,
}

impl<'p> Search<'p, '_> {
    fn statements(&mut self, body: &'p [Statement]) {
        for node in body {
            stacker::maybe_grow(64 << 10, 1 << 20, || self.statement(&node.kind));
        }
    }

    fn statement(&mut self, kind: &'p StatementKind) {
        match kind {
            StatementKind::Output { pieces, .. } => {
                for piece in pieces {
                    if let Piece::Value { expression, .. } = piece {
                        self.expression(expression);
                    }
                }
            }
            StatementKind::If { branches, otherwise } => {
                for (condition, body) in branches {
                    self.expression(condition);
                    self.statements(body);
                }
                self.statements(otherwise);
            }
            StatementKind::For(node) => {
                self.expression(&node.iterable);
                node.filter.iter().for_each(|(condition, ..)| self.expression(condition));
                self.statements(&node.body);
                self.statements(&node.otherwise);
            }
            StatementKind::Macro { function, .. } => self.function(function),
            StatementKind::Call { call, caller } => {
                self.expression(call);
                self.function(caller);
            }
            StatementKind::FilterBlock(block) | StatementKind::SetBlock { block, .. } => {
                self.filter_block(block);
            }
            StatementKind::Set { value, .. } => self.expression(value),
            StatementKind::With(node) => {
                node.bindings.iter().for_each(|(_, value)| self.expression(value));
                self.statements(&node.body);
            }
            StatementKind::Autoescape { value, body, .. } => {
                self.expression(value);
                self.statements(body);
            }
            StatementKind::Block { block, .. } => self.statements(&block.body),
            StatementKind::Extends(template)
            | StatementKind::Include { template, .. }
            | StatementKind::Import { template, .. } => self.expression(template),
        }
    }

    fn function(&mut self, function: &'p Macro) {
        let defaults =
            function.parameters.iter().filter_map(|parameter| parameter.default.as_ref());
        defaults.for_each(|default| self.expression(default));
        self.statements(&function.body);
    }

    fn filter_block(&mut self, block: &'p FilterBlock) {
        block.filter.iter().for_each(|filter| self.expression(filter));
        self.statements(&block.body);
    }

    fn expression(&mut self, node: &'p Expression) {
        match &node.kind {
            // A method, as in `data.items()`, is nothing that was passed in.
            ExpressionKind::Attribute(subject, name)
                if self.is_it(subject) && methods::of_dict(&name.text).is_none() =>
            {
                self.note(&name.text);
            }
            ExpressionKind::Item(pair) if self.is_it(&pair.0) => {
                if let ExpressionKind::Constant(Constant::Text(name)) = &pair.1.kind {
                    self.note(name);
                }
            }
            _ => {}
        }
        if !node.is_literal {
            stacker::maybe_grow(64 << 10, 1 << 20, || {
                node.kind.each_child(&mut |child| self.expression(child));
            });
        }
    }

    /// Whether it is the variable, and nothing that the template sets.
    fn is_it(&self, node: &Expression) -> bool {
        matches!(&node.kind, ExpressionKind::Name { name, slot: Slot::Given(_) } if **name == *self.variable)
    }

    fn note(&mut self, name: &'p str) {
        if !self.found.contains(&name) {
            self.found.push(name);
        }
    }
}
