//! Objects of the less frequent types.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use crate::ast::{Block, Macro};
use crate::builtin::Builtin;
use crate::interpreter::{Activation, Context, Loop};

use super::{Dict, Entries, IteratorCell, Tuple, Value};

/// Everything that is neither a number, a string nor a plain container.
pub(crate) enum Object {
    Range(Range),
    View(View),
    Set(RefCell<Entries>),
    Complex(f64, f64),
    Iterator(IteratorCell),
    Loop(Loop),
    Macro(MacroValue),
    Namespace(Rc<Dict>),
    Cycler(Cycler),
    Joiner(Joiner),
    Class(Class),
    Function(&'static Builtin),
    Method(Method),
    Template(Context),
    Block(BlockReference),
}

/// Python's `range`.
pub(crate) struct Range {
    pub start: i64,
    pub stop: i64,
    pub step: i64,
}

impl Range {
    pub fn length(&self) -> usize {
        let span = i128::from(self.stop) - i128::from(self.start);
        let step = i128::from(self.step);
        if step == 0 || span.signum() != step.signum() {
            return 0;
        }
        usize::try_from((span.abs() + step.abs() - 1) / step.abs()).unwrap_or(usize::MAX)
    }

    /// The item at `index`, which must be below the length.
    pub fn item(&self, index: usize) -> i64 {
        let offset = i64::try_from(index).unwrap_or(i64::MAX).saturating_mul(self.step);
        self.start.saturating_add(offset)
    }

    /// Where `value` stands.
    pub fn position(&self, value: i64) -> Option<usize> {
        let offset = i128::from(value) - i128::from(self.start);
        let step = i128::from(self.step);
        if step == 0 || offset % step != 0 {
            return None;
        }
        usize::try_from(offset / step).ok().filter(|index| *index < self.length())
    }
}

/// `dict.keys()`, `dict.values()`, `dict.items()`.
pub(crate) struct View {
    pub dict: Rc<Dict>,
    pub kind: ViewKind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum ViewKind {
    Keys,
    Values,
    Items,
}

/// A macro bound to the variables around its definition.
pub(crate) struct MacroValue {
    pub definition: Arc<Macro>,
    pub enclosing: Activation,
    /// The context it was defined in.
    pub context: Context,
}

/// The global `cycler(…)`.
pub(crate) struct Cycler {
    pub items: Rc<Tuple>,
    pub position: Cell<usize>,
}

/// The global `joiner(…)`.
pub(crate) struct Joiner {
    pub separator: Value,
    pub used: Cell<bool>,
}

/// Types that a template can name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    Dict,
    Cycler,
    Joiner,
    Namespace,
}

impl Class {
    /// What Python prints between the quotes.
    pub fn path(self) -> &'static str {
        match self {
            Self::Dict => "dict",
            Self::Cycler => "jinja2.utils.Cycler",
            Self::Joiner => "jinja2.utils.Joiner",
            Self::Namespace => "jinja2.utils.Namespace",
        }
    }
}

/// A method bound to its object.
pub(crate) struct Method {
    pub receiver: Value,
    pub function: &'static Builtin,
}

/// `self.name`, or `super` in a block.
pub(crate) struct BlockReference {
    pub block: Arc<Block>,
    pub context: Context,
}

impl Object {
    pub fn is_true(&self) -> bool {
        self.length() != Some(0)
    }

    pub fn length(&self) -> Option<usize> {
        match self {
            Self::Range(range) => Some(range.length()),
            Self::View(view) => Some(view.dict.entries.borrow().len()),
            Self::Set(items) => Some(items.borrow().len()),
            _ => None,
        }
    }

    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Range(_) => "range",
            Self::View(View { kind: ViewKind::Keys, .. }) => "dict_keys",
            Self::View(View { kind: ViewKind::Values, .. }) => "dict_values",
            Self::View(View { kind: ViewKind::Items, .. }) => "dict_items",
            Self::Set(_) => "set",
            Self::Complex(..) => "complex",
            Self::Iterator(iterator) => iterator.name,
            Self::Loop(_) => "LoopContext",
            Self::Macro(_) => "Macro",
            Self::Namespace(_) => "Namespace",
            Self::Cycler(_) => "Cycler",
            Self::Joiner(_) => "Joiner",
            Self::Class(_) => "type",
            Self::Function(_) => "function",
            Self::Method(_) => "builtin_function_or_method",
            Self::Template(_) => "TemplateReference",
            Self::Block(_) => "BlockReference",
        }
    }
}
