//! Loops, macros and `call` bodies: scopes with parameters, partly functions of their own.

use std::sync::Arc;

use super::Binder;
use super::symbols::Symbols;
use crate::ast::{For, Macro, NameSet, Statement, StatementKind, Target};
use crate::error::Result;

impl Binder {
    pub(super) fn for_loop(&mut self, line: usize, node: &mut For) -> Result<()> {
        node.escape = self.escape;
        self.expression(&mut node.iterable);
        if node.recursive {
            self.start_function();
        }
        self.loop_filter(node)?;
        self.loop_body(line, node)?;
        let mut symbols = self.inner_symbols();
        self.analyze_all(&mut symbols, &node.otherwise);
        node.otherwise_scope =
            self.scoped(symbols, |binder| binder.statements(&mut node.otherwise))?;
        if node.recursive {
            node.slots = self.end_function();
        }
        Ok(())
    }

    fn loop_filter(&mut self, node: &mut For) -> Result<()> {
        let mut symbols = self.inner_symbols();
        symbols.is_filter = true;
        if let Some((condition, scope, target)) = &mut node.filter {
            self.declare_target(&mut symbols, target);
            self.analyze_expression(&mut symbols, condition);
            *scope = self.scoped(symbols, |binder| {
                binder.target(target);
                binder.expression(condition);
                Ok(())
            })?;
        }
        Ok(())
    }

    fn loop_body(&mut self, line: usize, node: &mut For) -> Result<()> {
        let mut symbols = self.inner_symbols();
        if node.recursive || self.mentions(&node.body, "loop") || has_scoped_block(&node.body) {
            node.loop_slot = Some(self.declare(&mut symbols, "loop"));
        }
        self.declare_target(&mut symbols, &node.target);
        self.analyze_all(&mut symbols, &node.body);
        if self.names.contains("loop")
            && (names_loop(&node.target)
                || assigns_loop(&node.body)
                || assigns_loop(&node.otherwise))
        {
            self.fail(line, "the special variable 'loop' cannot be assigned".into());
        }
        node.scope = self.scoped(symbols, |binder| {
            binder.target(&mut node.target);
            binder.statements(&mut node.body)
        })?;
        Ok(())
    }

    /// A macro, or the body of a `call` tag.
    pub(super) fn function(&mut self, line: usize, node: &mut Macro) -> Result<()> {
        self.start_function();
        let mut symbols = self.inner_symbols();
        self.signature(line, &mut symbols, node);
        for default in node.parameters.iter().filter_map(|parameter| parameter.default.as_ref()) {
            self.analyze_expression(&mut symbols, default);
        }
        self.analyze_all(&mut symbols, &node.body);
        node.scope = self.scoped(symbols, |binder| {
            for parameter in &mut node.parameters {
                parameter.default.iter_mut().for_each(|default| binder.expression(default));
            }
            binder.statements(&mut node.body)
        })?;
        node.slots = self.end_function();
        Ok(())
    }

    fn signature(&mut self, line: usize, symbols: &mut Symbols, node: &mut Macro) {
        let parameters = &mut node.parameters;
        let mut known = NameSet::default();
        for parameter in &mut *parameters {
            if !known.insert(parameter.name.clone()) {
                self.fail_other(line, format!("duplicate argument '{}'", parameter.name));
            }
            parameter.slot = self.declare(symbols, &parameter.name);
        }
        let has = |name: &str| parameters.iter().find(|parameter| &*parameter.name == name);
        let explicit_caller =
            has("caller").map(|parameter| (parameter.default.is_some(), parameter.slot));
        let (own_keywords, own_varargs) = (has("kwargs").is_some(), has("varargs").is_some());
        if self.mentions(&node.body, "caller") {
            match explicit_caller {
                Some((has_default, slot)) => {
                    if !has_default {
                        self.fail(line, "the argument 'caller' must have a default".into());
                    }
                    node.explicit_caller = true;
                    node.caller = Some(slot);
                }
                None => node.caller = Some(self.declare(symbols, "caller")),
            }
        }
        if !own_keywords && self.mentions(&node.body, "kwargs") {
            node.keywords = Some(self.declare(symbols, "kwargs"));
        }
        if !own_varargs && self.mentions(&node.body, "varargs") {
            node.varargs = Some(self.declare(symbols, "varargs"));
        }
        if let Some(signature) = Arc::get_mut(&mut node.signature) {
            signature.takes_caller = node.caller.is_some();
            signature.takes_keywords = node.keywords.is_some();
            signature.takes_positional = node.varargs.is_some();
        }
    }
}

/// Whether `loop` is assigned anywhere in a loop.
fn assigns_loop(body: &[Statement]) -> bool {
    let is_loop = |target: &Target| names_loop(target);
    body.iter().any(|statement| match &statement.kind {
        StatementKind::Set { target, .. } => is_loop(target),
        StatementKind::SetBlock { target, block, .. } => {
            is_loop(target) || assigns_loop(&block.body)
        }
        StatementKind::For(node) => {
            names_loop(&node.target) || any_inner_body(&statement.kind, &mut assigns_loop)
        }
        _ => any_inner_body(&statement.kind, &mut assigns_loop),
    })
}

fn names_loop(target: &Target) -> bool {
    match target {
        Target::Name { name, .. } => &**name == "loop",
        Target::Tuple(items) => items.iter().any(names_loop),
        Target::Attribute { .. } => false,
    }
}

/// Whether `test` holds for any of the bodies directly inside a statement.
pub(super) fn any_inner_body(
    kind: &StatementKind,
    test: &mut dyn FnMut(&[Statement]) -> bool,
) -> bool {
    match kind {
        StatementKind::If { branches, otherwise } => {
            branches.iter().any(|(_, body)| test(body)) || test(otherwise)
        }
        StatementKind::For(node) => test(&node.body) || test(&node.otherwise),
        StatementKind::Macro { function, .. } => test(&function.body),
        StatementKind::Call { caller, .. } => test(&caller.body),
        StatementKind::FilterBlock(block) | StatementKind::SetBlock { block, .. } => {
            test(&block.body)
        }
        StatementKind::With(node) => test(&node.body),
        StatementKind::Autoescape { body, .. } => test(body),
        StatementKind::Block { block, .. } => test(&block.body),
        _ => false,
    }
}

/// Whether a block inside may ask for `loop`.
fn has_scoped_block(body: &[Statement]) -> bool {
    body.iter().any(|statement| {
        matches!(&statement.kind, StatementKind::Block { block, .. } if block.scoped)
            || any_inner_body(&statement.kind, &mut has_scoped_block)
    })
}
