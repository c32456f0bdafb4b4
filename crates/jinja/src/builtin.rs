//! Functions the engine offers to templates: filters, tests, methods and globals.

use std::fmt;
use std::sync::Arc;

use smallvec::SmallVec;

use crate::error::{Error, Result};
use crate::interpreter::Interpreter;
use crate::value::{Str, Value};

/// The code of a built-in; `subject` is the value filtered or tested, or the method's object.
pub(crate) type Function = fn(run: &mut Interpreter, subject: &Value, args: Args) -> Result<Value>;

/// One line of a table of built-ins.
pub(crate) struct Builtin {
    pub name: &'static str,
    parameters: Parameters,
    function: Function,
}

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
        Self { name, parameters: Parameters::Fixed { names, required }, function }
    }

    /// A built-in that takes its arguments as they come.
    pub const fn variadic(name: &'static str, function: Function) -> Self {
        Self { name, parameters: Parameters::Variadic, function }
    }

    pub fn call(&self, run: &mut Interpreter, subject: &Value, mut args: Args) -> Result<Value> {
        if let Parameters::Fixed { names, required } = &self.parameters {
            self.bind(&mut args, names, *required)?;
        }
        (self.function)(run, subject, args)
    }

    /// Puts arguments into the places of their parameters.
    fn bind(&self, args: &mut Args, names: &[&str], required: usize) -> Result<()> {
        let given = args.positional.len();
        if given > names.len() {
            let (name, most) = (self.name, names.len());
            let message = format!("{name}() takes at most {most} arguments but {given} were given");
            return Err(Error::type_error(message));
        }
        while args.positional.len() < names.len() {
            args.positional.push(Value::Missing);
        }
        for (keyword, value) in std::mem::take(&mut args.keywords) {
            let place = names.iter().position(|name| !name.is_empty() && **name == *keyword);
            match place.and_then(|place| args.positional.get_mut(place)) {
                Some(slot @ Value::Missing) => *slot = value,
                Some(_) => return self.misuse("got multiple values for argument", &keyword),
                None => return self.misuse("got an unexpected keyword argument", &keyword),
            }
        }
        if let Some(place) = (0..required).find(|place| args.get(*place).is_none()) {
            let name = names.get(place).copied().unwrap_or("");
            return self.misuse("misses the argument", name);
        }
        Ok(())
    }

    fn misuse(&self, problem: &str, argument: &str) -> Result<()> {
        Err(Error::type_error(format!("{}() {problem} '{argument}'", self.name)))
    }
}

impl fmt::Debug for Builtin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// Evaluated arguments. Absent optional ones are [`Value::Missing`].
#[derive(Default)]
pub(crate) struct Args {
    pub positional: SmallVec<[Value; 3]>,
    pub keywords: Vec<(Arc<str>, Value)>,
}

impl Args {
    pub fn of<const N: usize>(positional: [Value; N]) -> Self {
        Self { positional: positional.into_iter().collect(), keywords: Vec::new() }
    }

    /// The argument at `place`, if given.
    pub fn get(&self, place: usize) -> Option<&Value> {
        self.positional.get(place).filter(|value| !matches!(value, Value::Missing))
    }

    /// The argument at `place`, or Python's `None`.
    pub fn value(&self, place: usize) -> Value {
        self.get(place).cloned().unwrap_or(Value::None)
    }

    /// A given argument that is not `None`.
    pub fn some(&self, place: usize) -> Option<&Value> {
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
    pub fn text(&self, place: usize) -> Result<&Str> {
        match self.get(place) {
            Some(Value::Str(text)) => Ok(text),
            Some(other) => other.refuse("found where a str is needed"),
            None => Err(Error::type_error("a str argument is missing")),
        }
    }

    /// Takes the keyword argument `name` out.
    pub fn take_keyword(&mut self, name: &str) -> Option<Value> {
        let place = self.keywords.iter().position(|(keyword, _)| &**keyword == name)?;
        Some(self.keywords.remove(place).1)
    }
}
