//! Whether code asks for one of the special names (`loop`, `self`, `caller`, …).

use std::ops::ControlFlow;

use crate::ast::{Expression, ExpressionKind, Macro, Piece, Statement, StatementKind, Target};

/// `Break(true)` once the name is read, `Break(false)` once it is assigned.
type Search = ControlFlow<bool>;

/// Whether `body` reads `name` before it assigns it.
pub(super) fn mentions(body: &[Statement], name: &str) -> bool {
    matches!(statements(body, name), ControlFlow::Break(true))
}

fn statements(body: &[Statement], name: &str) -> Search {
    body.iter().try_for_each(|statement| {
        stacker::maybe_grow(64 << 10, 1 << 20, || in_statement(statement, name))
    })
}

fn in_statement(node: &Statement, name: &str) -> Search {
    match &node.kind {
        StatementKind::Block { .. } => Search::Continue(()),
        StatementKind::Output { pieces, .. } => pieces.iter().try_for_each(|piece| match piece {
            Piece::Text(_) => Search::Continue(()),
            Piece::Value { expression: value, .. } => expression(value, name),
        }),
        StatementKind::If { branches, otherwise } => {
            for (condition, body) in branches {
                expression(condition, name)?;
                statements(body, name)?;
            }
            statements(otherwise, name)
        }
        StatementKind::For(node) => {
            target(&node.target, name)?;
            expression(&node.iterable, name)?;
            statements(&node.body, name)?;
            statements(&node.otherwise, name)?;
            node.filter.iter().try_for_each(|(filter, ..)| expression(filter, name))
        }
        StatementKind::Macro { function, .. } => in_macro(function, name),
        StatementKind::Call { call, caller } => {
            expression(call, name)?;
            in_macro(caller, name)
        }
        StatementKind::FilterBlock(block) => {
            statements(&block.body, name)?;
            block.filter.iter().try_for_each(|filter| expression(filter, name))
        }
        StatementKind::Set { target: place, value, .. } => {
            target(place, name)?;
            expression(value, name)
        }
        StatementKind::SetBlock { target: place, block, .. } => {
            target(place, name)?;
            block.filter.iter().try_for_each(|filter| expression(filter, name))?;
            statements(&block.body, name)
        }
        StatementKind::With(node) => {
            node.bindings.iter().try_for_each(|(place, _)| target(place, name))?;
            node.bindings.iter().try_for_each(|(_, value)| expression(value, name))?;
            statements(&node.body, name)
        }
        StatementKind::Autoescape { value, body, .. } => {
            expression(value, name)?;
            statements(body, name)
        }
        StatementKind::Extends(template)
        | StatementKind::Include { template, .. }
        | StatementKind::Import { template, .. } => expression(template, name),
    }
}

fn in_macro(node: &Macro, name: &str) -> Search {
    if node.parameters.iter().any(|parameter| &*parameter.name == name) {
        return Search::Break(false);
    }
    let mut defaults = node.parameters.iter().filter_map(|parameter| parameter.default.as_ref());
    defaults.try_for_each(|default| expression(default, name))?;
    statements(&node.body, name)
}

fn target(node: &Target, name: &str) -> Search {
    match node {
        Target::Name { name: assigned, .. } if &**assigned == name => Search::Break(false),
        Target::Tuple(items) => items.iter().try_for_each(|item| target(item, name)),
        _ => Search::Continue(()),
    }
}

fn expression(node: &Expression, name: &str) -> Search {
    if matches!(&node.kind, ExpressionKind::Name { name: read, .. } if &**read == name) {
        return Search::Break(true);
    }
    let mut found = Search::Continue(());
    node.kind.each_child(&mut |child| {
        if found.is_continue() {
            found = expression(child, name);
        }
    });
    found
}
