//! Objects of the less frequent types.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use super::{Args, Dict, Entries, IteratorCell, Loop, Str, Tuple, Value};
use crate::error::{Error, Result};
use crate::run::{Run, Running};

type FindBlock = Box<dyn Fn(&mut Run, &str) -> Result<Option<Value>>>;
type WriteMacro = Box<dyn Fn(&mut Run, Args) -> Result<()>>;
type CallMethod = Box<dyn Fn(&mut Run, &Value, Args) -> Result<Value>>;
type WriteBlock = Box<dyn Fn(&mut Run) -> Result<()>>;

/// Everything that is neither a number, a string nor a plain container.
pub(crate) enum Object {
    Range(Range),
    View(View),
    Set(RefCell<Entries>),
    Complex(f64, f64),
    Iterator(IteratorCell),
    Loop(Loop),
    Macro(BoundMacro),
    Namespace(Rc<Dict>),
    Cycler(Cycler),
    Joiner(Joiner),
    Class(Class),
    Function(GlobalFunction),
    Method(Method),
    /// `self`: finds a block.
    TemplateReference(FindBlock),
    BlockReference(BlockReference),
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

/// What a template can ask a macro for.
#[derive(Debug)]
pub(crate) struct Signature {
    /// Empty for the body of a `call` tag.
    pub name: Str,
    pub parameters: Vec<Str>,
    /// Whether it takes what is not among the parameters.
    pub takes_caller: bool,
    pub takes_keywords: bool,
    pub takes_positional: bool,
}

/// A macro bound to the variables around its definition.
pub(crate) struct BoundMacro {
    pub signature: Arc<Signature>,
    /// Writes the text to the output.
    pub write: WriteMacro,
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

/// A type that a template can name.
pub(crate) struct Class {
    /// What Python prints between the quotes.
    pub path: &'static str,
    pub construct: fn(&mut Run, Args) -> Result<Value>,
}

pub(crate) struct GlobalFunction {
    pub name: &'static str,
    pub call: fn(&mut Run, Args) -> Result<Value>,
}

/// A method bound to its object.
pub(crate) struct Method {
    pub receiver: Value,
    pub name: &'static str,
    pub call: CallMethod,
}

/// `self.name`
pub(crate) struct BlockReference {
    pub name: Str,
    /// Writes the text to the output.
    pub write: WriteBlock,
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
            Self::TemplateReference(_) => "TemplateReference",
            Self::BlockReference(_) => "BlockReference",
        }
    }

    /// Calls the object, if it can be.
    pub fn call(&self, run: &mut Run, args: Args) -> Option<Result<Value>> {
        Some(match self {
            Self::Method(method) => (method.call)(run, &method.receiver, args),
            Self::Function(function) => (function.call)(run, args),
            Self::Class(class) => (class.construct)(run, args),
            Self::Macro(function) => safe_text(run, |run| (function.write)(run, args)),
            Self::Joiner(joiner) => no_arguments(args).map(|()| {
                let first = !joiner.used.replace(true);
                if first { Value::text("") } else { joiner.separator.clone() }
            }),
            Self::Loop(state) => match (args.positional, args.keywords) {
                ([iterable], []) => state.recurse(run, iterable),
                ([], [(name, iterable)]) if &**name == "iterable" => state.recurse(run, iterable),
                _ => Err(Error::type_error("loop() takes one argument")),
            },
            Self::BlockReference(block) => no_arguments(args).and_then(|()| {
                safe_text(run, |run| {
                    (block.write)(run)?;
                    run.meter.string(run.output.len())
                })
            }),
            _ => return None,
        })
    }
}

/// What `write` writes, which counts it; safe where output is escaped.
fn safe_text(run: &mut Run, write: impl FnOnce(&mut Run) -> Result<()>) -> Result<Value> {
    let text = run.aside(write)?;
    Ok(Value::Str(Str::new(text, run.autoescape)))
}

fn no_arguments(args: Args) -> Result<()> {
    if args.positional.is_empty() && args.keywords.is_empty() {
        return Ok(());
    }
    Err(Error::type_error("no arguments are taken here"))
}
