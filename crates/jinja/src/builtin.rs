//! Functions the engine offers to templates: filters, tests, methods and globals.

use std::fmt;
use std::sync::Arc;

use smallvec::SmallVec;

use crate::error::{Error, Result};
use crate::interpreter::{Data, Interpreter, Seen};
use crate::value::{Str, Value, as_text};

/// The code of a built-in; `subject` is the value filtered or tested, or the method's object.
pub(crate) type Function = fn(run: &mut Interpreter, subject: &Value, args: Args) -> Result<Value>;

/// One line of a table of built-ins.
pub(crate) struct Builtin {
    pub name: &'static str,
    parameters: Parameters,
    function: Function,
    /// What it makes of a str if no arguments are given.
    pub on_text: Option<TextChange>,
    /// What it makes, if no arguments are given, of what need not be evaluated.
    pub on_sight: Option<Glance>,
}

/// Makes another text, without regard to whether it is safe.
#[derive(Clone, Copy, Debug)]
pub(crate) enum TextChange {
    /// Takes a part; all of a text is the text itself.
    Part(fn(&str) -> &str),
    /// Appends a text, at most thrice as long.
    Write(fn(&str, &mut String)),
}

impl TextChange {
    /// Appends what becomes of `text`.
    #[inline]
    pub fn write(self, text: &str, output: &mut String) {
        match self {
            Self::Part(part) => output.push_str(part(text)),
            Self::Write(write) => write(text, output),
        }
    }
}

/// Tells from what is seen what a built-in gives, if that is a bool or an integer; `None` if only
/// the built-in itself can tell.
pub(crate) type Glance = fn(Seen, &Data) -> Option<Value>;

enum Parameters {
    /// Names in order; an empty name takes no keyword.
    Fixed {
        names: &'static [&'static str],
        required: usize,
    },
    Variadic,
}

impl Builtin {
    /// A built-in without arguments.
    pub const fn plain(name: &'static str, function: Function) -> Self {
        Self::new(name, 0, &[], function)
    }

    /// A built-in whose first `required` of the named parameters must be given.
    pub const fn new(
        name: &'static str,
        required: usize,
        names: &'static [&'static str],
        function: Function,
    ) -> Self {
        Self::of(name, Parameters::Fixed { names, required }, function)
    }

    /// A built-in that takes its arguments as they come.
    pub const fn variadic(name: &'static str, function: Function) -> Self {
        Self::of(name, Parameters::Variadic, function)
    }

    const fn of(name: &'static str, parameters: Parameters, function: Function) -> Self {
        Self { name, parameters, function, on_text: None, on_sight: None }
    }

    /// The same, which without arguments often needs no more than a look.
    pub const fn on_sight(self, glance: Glance) -> Self {
        let Self { name, parameters, function, on_text, .. } = self;
        Self { name, parameters, function, on_text, on_sight: Some(glance) }
    }

    /// A built-in that makes a text of a text, at most thrice as long.
    pub const fn text(name: &'static str, write: fn(&str, &mut String)) -> Self {
        let on_text = Some(TextChange::Write(write));
        let Self { name, parameters, function, on_sight, .. } = Self::plain(name, change_text);
        Self { name, parameters, function, on_text, on_sight }
    }

    /// The same, which without arguments takes a part of a text.
    pub const fn or_part(self, part: fn(&str) -> &str) -> Self {
        let Self { name, parameters, function, on_sight, .. } = self;
        Self { name, parameters, function, on_text: Some(TextChange::Part(part)), on_sight }
    }

    #[inline]
    pub fn call(&self, run: &mut Interpreter, subject: &Value, args: Args) -> Result<Value> {
        if let Some(change) = self.on_text
            && args.positional.is_empty()
            && args.keywords.is_empty()
        {
            return changed(run, subject, change);
        }
        let Parameters::Fixed { names, required } = &self.parameters else {
            return (self.function)(run, subject, args);
        };
        let given = args.positional.len();
        if args.keywords.is_empty() && (*required..=names.len()).contains(&given) {
            return (self.function)(run, subject, args);
        }
        let bound = self.bind(args, names, *required)?;
        (self.function)(run, subject, Args::of(&bound))
    }

    /// Puts arguments into the places of their parameters.
    fn bind(&self, args: Args, names: &[&str], required: usize) -> Result<Vec<Value>> {
        let given = args.positional.len();
        if given > names.len() {
            let (name, most) = (self.name, names.len());
            let message = format!("{name}() takes at most {most} arguments but {given} were given");
            return Err(Error::type_error(message));
        }
        let mut bound = args.positional.to_vec();
        bound.resize(names.len(), Value::Missing);
        for (keyword, value) in args.keywords {
            let place = names.iter().position(|name| !name.is_empty() && **name == **keyword);
            match place.and_then(|place| bound.get_mut(place)) {
                Some(slot @ Value::Missing) => *slot = value.clone(),
                Some(_) => return self.misuse("got multiple values for argument", keyword),
                None => return self.misuse("got an unexpected keyword argument", keyword),
            }
        }
        let is_missing = |place: &usize| matches!(bound.get(*place), None | Some(Value::Missing));
        if let Some(place) = (0..required).find(is_missing) {
            let name = names.get(place).copied().unwrap_or("");
            return self.misuse("misses the argument", name);
        }
        Ok(bound)
    }

    fn misuse<T>(&self, problem: &str, argument: &str) -> Result<T> {
        Err(Error::type_error(format!("{}() {problem} '{argument}'", self.name)))
    }
}

/// `value` as text, changed; safe text stays safe.
fn changed(run: &mut Interpreter, value: &Value, change: TextChange) -> Result<Value> {
    let text = as_text(run, value)?;
    run.meter.change(text.len())?;
    Ok(Value::Str(match change {
        TextChange::Part(part) => text.part(part(&text)),
        TextChange::Write(write) => {
            Str::built(&mut run.output, text.is_markup(), |output| write(&text, output))
        }
    }))
}

/// The function of built-ins that are all text change, which take no arguments.
fn change_text(_: &mut Interpreter, value: &Value, _: Args) -> Result<Value> {
    value.refuse("takes no arguments here")
}

impl fmt::Debug for Builtin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// Evaluated arguments. Absent optional ones are [`Value::Missing`], or not there.
#[derive(Clone, Copy, Default)]
pub(crate) struct Args<'a> {
    pub positional: &'a [Value],
    pub keywords: &'a [(Arc<str>, Value)],
}

impl<'a> Args<'a> {
    pub fn of(positional: &'a [Value]) -> Self {
        Self { positional, keywords: &[] }
    }

    /// The argument at `place`, if given.
    #[inline]
    pub fn get(&self, place: usize) -> Option<&'a Value> {
        self.positional.get(place).filter(|value| !matches!(value, Value::Missing))
    }

    /// The argument at `place`, or Python's `None`.
    pub fn value(&self, place: usize) -> &'a Value {
        self.get(place).unwrap_or(&Value::None)
    }

    /// A given argument that is not `None`.
    pub fn some(&self, place: usize) -> Option<&'a Value> {
        self.get(place).filter(|value| !value.is_none())
    }

    pub fn flag(&self, place: usize, default: bool) -> bool {
        self.get(place).map_or(default, Value::is_true)
    }

    /// An integer, clamped to `i64`.
    pub fn integer(&self, place: usize, default: i64) -> Result<i64> {
        self.get(place).map_or(Ok(default), Value::expect_index)
    }

    /// A count or width, where negative means none.
    pub fn size(&self, place: usize, default: usize) -> Result<usize> {
        let default = i64::try_from(default).unwrap_or(i64::MAX);
        Ok(usize::try_from(self.integer(place, default)?).unwrap_or(0))
    }

    /// A string that must be given.
    pub fn text(&self, place: usize) -> Result<&'a Str> {
        match self.get(place) {
            Some(Value::Str(text)) => Ok(text),
            Some(other) => other.refuse("found where a str is needed"),
            None => Err(Error::type_error("a str argument is missing")),
        }
    }

    /// The keyword argument `name`, if given.
    pub fn keyword(&self, name: &str) -> Option<&'a Value> {
        self.keywords.iter().find(|(keyword, _)| &**keyword == name).map(|(_, value)| value)
    }
}

/// Arguments being gathered, or kept for later.
#[derive(Default)]
pub(crate) struct ArgumentList {
    pub positional: SmallVec<[Value; 3]>,
    pub keywords: Vec<(Arc<str>, Value)>,
}

impl ArgumentList {
    pub fn view(&self) -> Args<'_> {
        Args { positional: &self.positional, keywords: &self.keywords }
    }

    /// Takes the keyword argument `name` out.
    pub fn take_keyword(&mut self, name: &str) -> Option<Value> {
        let place = self.keywords.iter().position(|(keyword, _)| &**keyword == name)?;
        Some(self.keywords.remove(place).1)
    }
}

impl From<Args<'_>> for ArgumentList {
    fn from(args: Args) -> Self {
        Self { positional: args.positional.into(), keywords: args.keywords.into() }
    }
}
