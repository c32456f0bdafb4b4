//! The parsed template, with every variable bound to a slot.

mod operator;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use foldhash::fast::RandomState;
use num_bigint::BigInt;

pub(crate) use operator::{BinaryOperator, Comparison, UnaryOperator};

use crate::builtin::{Builtin, Glance};
use crate::error::Error;
use crate::filters::Shortcut;
use crate::format::PlainFormat;
use crate::sandbox::AttributeName;
use crate::value::Str;

/// Names, each kept once.
pub(crate) type NameSet = HashSet<Arc<str>, RandomState>;

/// Anything by name.
pub(crate) type NameMap<T> = HashMap<Arc<str>, T, RandomState>;

/// A whole template.
#[derive(Debug, Default)]
pub(crate) struct Program {
    pub body: Vec<Statement>,
    pub scope: Scope,
    /// Number of slots of the outermost function.
    pub slots: usize,
    pub self_slot: Option<usize>,
    /// The names that come from outside, or that blocks may ask for.
    pub outside: Vec<Arc<str>>,
    /// The index of each of these names.
    pub outside_indices: NameMap<usize>,
    pub blocks: Vec<Arc<Block>>,
    /// What compiling finds beyond parsing, reported by the first render.
    pub compile_error: Option<Error>,
}

/// A variable's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slot {
    /// In the function that names it.
    Own(usize),
    /// In a function around: how many outwards, and where there.
    Around { hops: usize, index: usize },
    /// Passed in and set nowhere in the template, by the name's index in [`Program::outside`].
    Given(usize),
}

impl Default for Slot {
    fn default() -> Self {
        Self::Own(0)
    }
}

/// How the slots of a scope are filled when it is entered.
#[derive(Debug, Default)]
pub(crate) struct Scope {
    pub loads: Vec<(usize, Load)>,
    /// Slots that are never set in the scope and keep a value from the context, by its index in
    /// [`Program::outside`].
    pub fixed: Vec<(usize, usize)>,
    /// Slots that lose their value when the scope is left.
    pub clears: Vec<usize>,
}

#[derive(Clone, Debug)]
pub(crate) enum Load {
    /// From the context, by the name's index in [`Program::outside`].
    Resolve(usize),
    /// From an enclosing scope.
    Alias(Slot),
    /// No value before the first assignment.
    Missing,
}

#[derive(Debug)]
pub(crate) struct Statement {
    pub line: usize,
    pub kind: StatementKind,
}

#[derive(Debug)]
pub(crate) enum StatementKind {
    Output { pieces: Vec<Piece>, escape: Escape },
    If { branches: Vec<(Expression, Vec<Statement>)>, otherwise: Vec<Statement> },
    For(Arc<For>),
    Macro { target: Target, function: Arc<Macro> },
    Call { call: Expression, caller: Arc<Macro> },
    FilterBlock(Box<FilterBlock>),
    Set { target: Target, value: Expression },
    SetBlock { target: Target, block: Box<FilterBlock> },
    With(Box<With>),
    Autoescape { value: Expression, scope: Scope, body: Vec<Statement> },
    Block { block: Arc<Block>, visible: Vec<(usize, Slot)> },
    Extends(Expression),
    Include { template: Expression, ignore_missing: bool },
    Import { template: Expression, targets: Vec<Target> },
}

/// What is written out.
#[derive(Debug)]
pub(crate) enum Piece {
    Text(String),
    Value {
        /// The text before it, if any; put here while binding.
        before: String,
        /// Line of the tag.
        line: usize,
        expression: Expression,
        /// The format, if the value is made by a plain one; found while binding.
        format: Option<Box<PlainFormat>>,
    },
}

impl Piece {
    /// A value not yet bound.
    pub fn value(line: usize, expression: Expression) -> Self {
        Self::Value { before: String::new(), line, expression, format: None }
    }
}

/// How `{{ … }}` treats markup, as far as the place in the template decides it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) enum Escape {
    #[default]
    Off,
    On,
    /// Decided while rendering.
    Dynamic,
}

#[derive(Debug)]
pub(crate) struct For {
    pub target: Target,
    pub iterable: Expression,
    pub filter: Option<(Expression, Scope, Target)>,
    pub body: Vec<Statement>,
    pub scope: Scope,
    pub otherwise: Vec<Statement>,
    pub otherwise_scope: Scope,
    pub recursive: bool,
    /// Where `loop` lives, if the body asks for it.
    pub loop_slot: Option<usize>,
    /// Slots of the function a recursive loop is.
    pub slots: usize,
    pub escape: Escape,
}

#[derive(Debug)]
pub(crate) struct Macro {
    pub name: Arc<str>,
    pub parameters: Vec<Parameter>,
    pub body: Vec<Statement>,
    pub scope: Scope,
    pub slots: usize,
    pub caller: Option<usize>,
    pub keywords: Option<usize>,
    pub varargs: Option<usize>,
    /// `caller` is also a declared parameter.
    pub explicit_caller: bool,
    /// The body of a `call` tag, which has no name.
    pub is_caller: bool,
}

impl Macro {
    /// Whether the body asks for nothing that is passed in beside the parameters.
    pub fn takes_parameters_only(&self) -> bool {
        self.caller.or(self.keywords).or(self.varargs).is_none()
    }
}

#[derive(Debug)]
pub(crate) struct Parameter {
    pub name: Arc<str>,
    pub slot: usize,
    pub default: Option<Expression>,
}

/// A body that is rendered aside and then filtered.
#[derive(Debug)]
pub(crate) struct FilterBlock {
    pub body: Vec<Statement>,
    pub scope: Scope,
    /// Applied to the rendered text, which stands for the innermost subject.
    pub filter: Option<Expression>,
    pub escape: Escape,
}

#[derive(Debug)]
pub(crate) struct With {
    pub bindings: Vec<(Target, Expression)>,
    pub body: Vec<Statement>,
    pub scope: Scope,
}

#[derive(Debug, Default)]
pub(crate) struct Block {
    pub name: Arc<str>,
    pub line: usize,
    pub scoped: bool,
    pub required: bool,
    pub body: Vec<Statement>,
    pub scope: Scope,
    pub slots: usize,
    pub self_slot: Option<usize>,
    pub super_slot: Option<usize>,
}

#[derive(Debug)]
pub(crate) enum Target {
    Name {
        name: Arc<str>,
        slot: Slot,
        /// The name's index in [`Program::outside`] if blocks see it.
        export: Option<usize>,
    },
    Tuple(Vec<Target>),
    /// `namespace.attribute`
    Attribute {
        namespace: Arc<str>,
        slot: Slot,
        attribute: Arc<str>,
    },
}

impl Target {
    /// A name not yet bound.
    pub fn name(name: &Arc<str>) -> Self {
        Self::Name { name: name.clone(), slot: Slot::default(), export: None }
    }
}

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

    /// The format and the values of `'format' % values` or `'format'|format(values)`.
    pub fn formatted(&self) -> Option<(&Str, &[Expression])> {
        let (format, values) = match self {
            Self::Binary(BinaryOperator::Modulo, pair) => match &pair.1.kind {
                Self::Tuple(items) => (&pair.0, items.as_slice()),
                _ => (&pair.0, std::slice::from_ref(&pair.1)),
            },
            Self::Filter(filter) if &*filter.name == "format" && filter.arguments.is_plain() => {
                (&filter.subject, filter.arguments.positional.as_slice())
            }
            _ => return None,
        };
        match &format.kind {
            Self::Constant(Constant::Text(format)) => Some((format, values)),
            _ => None,
        }
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
            Self::Unary(_, operand) | Self::Attribute(operand, _) => visit(operand),
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
    /// Found while binding, too.
    pub shortcut: Option<Shortcut>,
    pub glance: Option<Glance>,
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
