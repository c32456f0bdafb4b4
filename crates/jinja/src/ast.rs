//! The parsed template, with every variable bound to a slot.

mod expression;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use foldhash::fast::RandomState;

pub(crate) use expression::{
    Application, Arguments, Constant, Expression, ExpressionKind, SliceExpression,
};

use crate::error::Error;
use crate::value::Signature;

/// Names, each kept once.
pub(crate) type NameSet = HashSet<Arc<str>, RandomState>;

/// Anything by name.
pub(crate) type NameMap<T> = HashMap<Arc<str>, T, RandomState>;

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
    /// Those of them that come from outside, but for globals.
    pub undeclared: Vec<Arc<str>>,
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
    },
}

impl Piece {
    /// A value not yet bound.
    pub fn value(line: usize, expression: Expression) -> Self {
        Self::Value { before: String::new(), line, expression }
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
    pub signature: Arc<Signature>,
    pub parameters: Vec<Parameter>,
    pub body: Vec<Statement>,
    pub scope: Scope,
    pub slots: usize,
    pub caller: Option<usize>,
    pub keywords: Option<usize>,
    pub varargs: Option<usize>,
    /// `caller` is also a declared parameter.
    pub explicit_caller: bool,
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
