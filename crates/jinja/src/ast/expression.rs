//! Expressions, and what they are made of.

use std::sync::Arc;

use num_bigint::BigInt;

use super::{Escape, Slot};
use crate::builtin::Builtin;
use crate::operator::{BinaryOperator, Comparison, UnaryOperator};
use crate::sandbox::AttributeName;
use crate::value::Str;

#[derive(Debug)]
pub(crate) struct Expression {
    pub line: usize,
    /// Levels of the tree from here down.
    pub height: u32,
    /// Nodes of the tree from here down.
    pub size: usize,
    /// Whether the value can be computed without the context.
    pub is_literal: bool,
    pub kind: ExpressionKind,
}

impl Expression {
    /// A node without children.
    pub fn leaf(line: usize, kind: ExpressionKind) -> Self {
        Self { line, height: 1, size: 1, is_literal: kind.may_be_literal(), kind }
    }

    /// A node, measured by its children.
    pub fn new(line: usize, kind: ExpressionKind) -> Self {
        let (mut height, mut size, mut is_literal) = (1, 1, kind.may_be_literal());
        kind.each_child(&mut |child| {
            height = height.max(child.height + 1);
            size += child.size;
            is_literal &= child.is_literal;
        });
        Self { line, height, size, is_literal, kind }
    }
}

#[derive(Debug)]
pub(crate) enum ExpressionKind {
    Constant(Constant),
    Name {
        name: Arc<str>,
        slot: Slot,
    },
    Tuple(Vec<Expression>),
    List(Vec<Expression>),
    Dict(Vec<(Expression, Expression)>),
    Unary(UnaryOperator, Box<Expression>),
    Binary(BinaryOperator, Box<(Expression, Expression)>),
    Concat {
        parts: Vec<Expression>,
        escape: Escape,
    },
    Compare(Box<Expression>, Vec<(Comparison, Expression)>),
    Conditional(Box<(Expression, Expression, Option<Expression>)>),
    Attribute(Box<Expression>, AttributeName),
    Item(Box<(Expression, Expression)>),
    Slice(Box<SliceExpression>),
    Call(Box<(Expression, Arguments)>),
    Filter(Box<Application>),
    Test(Box<Application>),
    /// The rendered body of a filter block.
    Captured,
    /// A literal whose lists and dicts are each an object of its own, as Python writes what it has
    /// computed ahead into its code.
    Apart(Box<Expression>),
}

impl ExpressionKind {
    /// Whether the value can be computed without the context if those of the children can.
    fn may_be_literal(&self) -> bool {
        match self {
            Self::Name { .. } | Self::Call(_) | Self::Captured => false,
            Self::Filter(filter) => &*filter.name != "random",
            _ => true,
        }
    }

    /// Whether it may give a list or dict that is in it more than once.
    pub fn may_share(&self) -> bool {
        let (mut has_container, mut has_operation) = (false, false);
        self.look_for(&mut has_container, &mut has_operation);
        has_container && has_operation
    }

    fn look_for(&self, container: &mut bool, operation: &mut bool) {
        match self {
            Self::List(_) | Self::Dict(_) => *container = true,
            Self::Constant(_) | Self::Tuple(_) => {}
            _ => *operation = true,
        }
        self.each_child(&mut |child| child.kind.look_for(container, operation));
    }

    /// Calls `visit` on each direct child, in source order.
    pub fn each_child<'e>(&'e self, visit: &mut dyn FnMut(&'e Expression)) {
        match self {
            Self::Constant(_) | Self::Name { .. } | Self::Captured => {}
            Self::Tuple(items) | Self::List(items) | Self::Concat { parts: items, .. } => {
                items.iter().for_each(visit);
            }
            Self::Dict(entries) => entries.iter().for_each(|(key, value)| {
                visit(key);
                visit(value);
            }),
            Self::Unary(_, operand) | Self::Attribute(operand, _) | Self::Apart(operand) => {
                visit(operand);
            }
            Self::Binary(_, pair) | Self::Item(pair) => {
                visit(&pair.0);
                visit(&pair.1);
            }
            Self::Compare(first, rest) => {
                visit(first);
                rest.iter().for_each(|(_, operand)| visit(operand));
            }
            Self::Conditional(parts) => {
                visit(&parts.0);
                visit(&parts.1);
                parts.2.iter().for_each(visit);
            }
            Self::Slice(slice) => {
                slice.subject.iter().for_each(&mut *visit);
                slice.bounds.iter().flatten().for_each(visit);
            }
            Self::Call(call) => {
                visit(&call.0);
                call.1.each(visit);
            }
            Self::Filter(application) | Self::Test(application) => {
                visit(&application.subject);
                application.arguments.each(visit);
            }
        }
    }
}

/// `subject|name(arguments)` or `subject is name(arguments)`.
#[derive(Debug)]
pub(crate) struct Application {
    pub subject: Expression,
    pub name: Arc<str>,
    /// Found by name while binding.
    pub builtin: Option<&'static Builtin>,
    pub arguments: Arguments,
}

/// `subject[start:stop:step]`; a slice alone, as in `x[a:b, c]`, has no subject.
#[derive(Debug)]
pub(crate) struct SliceExpression {
    pub subject: Option<Expression>,
    pub bounds: [Option<Expression>; 3],
    /// Made of literals only: computed ahead by Python's Jinja2, where a slice that fails is
    /// undefined.
    pub is_lenient: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Arguments {
    pub positional: Vec<Expression>,
    pub keywords: Vec<(Arc<str>, Expression)>,
    pub unpack: Option<Box<Expression>>,
    pub unpack_keywords: Option<Box<Expression>>,
}

impl Arguments {
    /// Whether all arguments are positional and written one by one.
    #[inline]
    pub fn is_plain(&self) -> bool {
        self.keywords.is_empty() && self.unpack.is_none() && self.unpack_keywords.is_none()
    }

    fn each<'e>(&'e self, visit: &mut dyn FnMut(&'e Expression)) {
        self.positional.iter().for_each(&mut *visit);
        self.keywords.iter().for_each(|(_, value)| visit(value));
        self.unpack.iter().for_each(|value| visit(value));
        self.unpack_keywords.iter().for_each(|value| visit(value));
    }
}

#[derive(Clone, Debug)]
pub(crate) enum Constant {
    None,
    Bool(bool),
    Integer(i64),
    Big(BigInt),
    Float(f64),
    Text(Str),
}
