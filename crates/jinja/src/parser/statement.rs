//! The tags.

use std::sync::Arc;

use super::Parser;
use crate::ast::{
    Block, Escape, Expression, ExpressionKind, FilterBlock, For, Macro, Parameter, Piece, Scope,
    Statement, StatementKind, Target, With,
};
use crate::error::Result;
use crate::lexer::{Operator, TokenKind, is_space};
use crate::value::Signature;

impl Parser<'_> {
    /// A tag, from its name to before its closing delimiter.
    pub(super) fn statement(&mut self) -> Result<Statement> {
        let line = self.line();
        let TokenKind::Name(tag) = self.current() else {
            return self.fail("tag name expected");
        };
        let rule = match *tag {
            "for" => Self::for_loop,
            "if" => Self::if_branches,
            "block" => Self::block,
            "extends" => Self::extends,
            "print" => Self::print,
            "macro" => Self::macro_definition,
            "include" => Self::include,
            "from" => Self::import_names,
            "import" => Self::import,
            "set" => Self::set,
            "with" => Self::with,
            "autoescape" => Self::autoescape,
            "call" => Self::call_block,
            "filter" => Self::filter_block,
            _ => return self.fail(format!("unknown tag '{tag}'{}", self.awaited())),
        };
        self.advance();
        Ok(Statement { line, kind: rule(self)? })
    }

    fn for_loop(&mut self) -> Result<StatementKind> {
        let target = self.target(false)?;
        self.expect_keyword("in")?;
        let iterable = self.tuple(false)?;
        let filter = match self.skip_name("if") {
            true => Some((self.expression()?, Scope::default(), clone_names(&target))),
            false => None,
        };
        let recursive = self.skip_name("recursive");
        let body = self.body("for", &["endfor", "else"])?;
        let has_else = self.is_name("else");
        self.advance();
        let otherwise = if has_else { self.closed_body("for", &["endfor"])? } else { Vec::new() };
        Ok(StatementKind::For(Arc::new(For {
            target,
            iterable,
            filter,
            body,
            scope: Scope::default(),
            otherwise,
            otherwise_scope: Scope::default(),
            recursive,
            loop_slot: None,
            slots: 0,
            escape: Escape::Off,
        })))
    }

    fn if_branches(&mut self) -> Result<StatementKind> {
        let mut branches = Vec::new();
        let mut otherwise = Vec::new();
        loop {
            let condition = self.tuple(false)?;
            branches.push((condition, self.body("if", &["elif", "else", "endif"])?));
            if self.skip_name("elif") {
                continue;
            }
            if self.skip_name("else") {
                otherwise = self.body("if", &["endif"])?;
            }
            self.advance();
            return Ok(StatementKind::If { branches, otherwise });
        }
    }

    fn block(&mut self) -> Result<StatementKind> {
        let line = self.line();
        let name = self.expect_name()?;
        let scoped = self.skip_name("scoped");
        let required = self.skip_name("required");
        if self.is_operator(Operator::Minus) {
            return self.fail("block names may not contain hyphens");
        }
        let body = self.closed_body("block", &["endblock"])?;
        if required && !body.iter().all(is_blank) {
            return self.fail("required blocks may contain only comments and white space");
        }
        self.skip_name(&name);
        let block = Block { name, line, scoped, required, body, ..Block::default() };
        Ok(StatementKind::Block { block: Arc::new(block), visible: Vec::new() })
    }

    fn extends(&mut self) -> Result<StatementKind> {
        Ok(StatementKind::Extends(self.expression()?))
    }

    fn print(&mut self) -> Result<StatementKind> {
        let line = self.line();
        let mut pieces = Vec::new();
        while *self.current() != TokenKind::BlockEnd {
            if !pieces.is_empty() {
                self.expect_operator(Operator::Comma)?;
            }
            pieces.push(Piece::value(line, self.expression()?));
        }
        Ok(StatementKind::Output { pieces, escape: Escape::Off })
    }

    fn macro_definition(&mut self) -> Result<StatementKind> {
        let name = self.name_target()?;
        let parameters = self.signature()?;
        let body = self.closed_body("macro", &["endmacro"])?;
        let target = Target::name(&name);
        let function = Arc::new(new_macro(&name, parameters, body));
        Ok(StatementKind::Macro { target, function })
    }

    fn signature(&mut self) -> Result<Vec<Parameter>> {
        self.expect_operator(Operator::OpenParenthesis)?;
        let mut parameters: Vec<Parameter> = Vec::new();
        while !self.is_operator(Operator::CloseParenthesis) {
            if !parameters.is_empty() {
                self.expect_operator(Operator::Comma)?;
            }
            let name = self.name_target()?;
            let default = match self.skip_operator(Operator::Assign) {
                true => Some(self.expression()?),
                false => None,
            };
            if default.is_none() && parameters.last().is_some_and(|last| last.default.is_some()) {
                return self.fail("non-default argument follows default argument");
            }
            parameters.push(Parameter { name, slot: 0, default });
        }
        self.expect_operator(Operator::CloseParenthesis)?;
        Ok(parameters)
    }

    fn include(&mut self) -> Result<StatementKind> {
        let template = self.expression()?;
        let ignore_missing = self.is_name("ignore") && self.next_is_name("missing");
        if ignore_missing {
            self.position += 2;
        }
        self.import_context();
        Ok(StatementKind::Include { template, ignore_missing })
    }

    /// Skips `with context` or `without context`.
    fn import_context(&mut self) -> bool {
        let named = self.is_name("with") || self.is_name("without");
        let found = named && self.next_is_name("context");
        if found {
            self.position += 2;
        }
        found
    }

    fn import(&mut self) -> Result<StatementKind> {
        let template = self.expression()?;
        self.expect_keyword("as")?;
        let name = self.name_target()?;
        self.import_context();
        let targets = vec![Target::name(&name)];
        Ok(StatementKind::Import { template, targets })
    }

    fn import_names(&mut self) -> Result<StatementKind> {
        let template = self.expression()?;
        self.expect_keyword("import")?;
        let mut targets = Vec::new();
        loop {
            if !targets.is_empty() {
                self.expect_operator(Operator::Comma)?;
            }
            if !matches!(self.current(), TokenKind::Name(_)) {
                return self.expected("name");
            }
            if self.import_context() {
                break;
            }
            let mut name = self.name_target()?;
            if name.starts_with('_') {
                return self.fail("names that start with an underline cannot be imported");
            }
            if self.skip_name("as") {
                name = self.name_target()?;
            }
            targets.push(Target::name(&name));
            if self.import_context() || !self.is_operator(Operator::Comma) {
                break;
            }
        }
        Ok(StatementKind::Import { template, targets })
    }

    fn set(&mut self) -> Result<StatementKind> {
        let target = self.target(true)?;
        if self.skip_operator(Operator::Assign) {
            let value = self.tuple(true)?;
            return Ok(StatementKind::Set { target, value });
        }
        let filter =
            if self.skip_operator(Operator::Pipe) { Some(self.captured_filters()?) } else { None };
        let body = self.closed_body("set", &["endset"])?;
        let block =
            Box::new(FilterBlock { body, scope: Scope::default(), filter, escape: Escape::Off });
        Ok(StatementKind::SetBlock { target, block })
    }

    /// A chain of filters on the rendered body; the first name is current.
    fn captured_filters(&mut self) -> Result<Expression> {
        let subject = self.node(self.line(), ExpressionKind::Captured)?;
        let mut value = self.filter(subject)?;
        while self.skip_operator(Operator::Pipe) {
            value = self.filter(value)?;
        }
        Ok(value)
    }

    fn filter_block(&mut self) -> Result<StatementKind> {
        let filter = Some(self.captured_filters()?);
        let body = self.closed_body("filter", &["endfilter"])?;
        Ok(StatementKind::FilterBlock(Box::new(FilterBlock {
            body,
            scope: Scope::default(),
            filter,
            escape: Escape::Off,
        })))
    }

    fn with(&mut self) -> Result<StatementKind> {
        let mut bindings = Vec::new();
        while *self.current() != TokenKind::BlockEnd {
            if !bindings.is_empty() {
                self.expect_operator(Operator::Comma)?;
            }
            let target = self.target(false)?;
            self.expect_operator(Operator::Assign)?;
            bindings.push((target, self.expression()?));
        }
        let body = self.closed_body("with", &["endwith"])?;
        Ok(StatementKind::With(Box::new(With { bindings, body, scope: Scope::default() })))
    }

    fn autoescape(&mut self) -> Result<StatementKind> {
        let value = self.expression()?;
        let body = self.closed_body("autoescape", &["endautoescape"])?;
        Ok(StatementKind::Autoescape { value, scope: Scope::default(), body })
    }

    fn call_block(&mut self) -> Result<StatementKind> {
        let parameters = if self.is_operator(Operator::OpenParenthesis) {
            self.signature()?
        } else {
            Vec::new()
        };
        let call = self.expression()?;
        if !matches!(call.kind, ExpressionKind::Call(_)) {
            return self.fail("expected call");
        }
        let body = self.closed_body("call", &["endcall"])?;
        let caller = Arc::new(new_macro("", parameters, body));
        Ok(StatementKind::Call { call, caller })
    }
}

fn new_macro(name: &str, parameters: Vec<Parameter>, body: Vec<Statement>) -> Macro {
    let signature = Signature {
        name: name.into(),
        parameters: parameters.iter().map(|parameter| (&*parameter.name).into()).collect(),
        takes_caller: false,
        takes_keywords: false,
        takes_positional: false,
    };
    Macro {
        signature: Arc::new(signature),
        parameters,
        body,
        scope: Scope::default(),
        slots: 0,
        caller: None,
        keywords: None,
        varargs: None,
        explicit_caller: false,
    }
}

/// Whether a statement writes nothing but white space.
fn is_blank(statement: &Statement) -> bool {
    let is_space = |piece: &Piece| matches!(piece, Piece::Text(text) if text.chars().all(is_space));
    matches!(&statement.kind, StatementKind::Output { pieces, .. } if pieces.iter().all(is_space))
}

/// The same names once more, for the filter of a loop, which has its own slots.
fn clone_names(target: &Target) -> Target {
    match target {
        Target::Name { name, .. } => Target::name(name),
        Target::Tuple(items) => Target::Tuple(items.iter().map(clone_names).collect()),
        Target::Attribute { namespace, slot, attribute } => Target::Attribute {
            namespace: namespace.clone(),
            slot: *slot,
            attribute: attribute.clone(),
        },
    }
}
