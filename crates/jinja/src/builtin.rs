//! Functions the engine offers to templates: filters, tests, methods and globals.

use std::fmt;

use crate::error::{Error, Result};
use crate::run::Run;
use crate::value::{Args, Str, Value, as_text};

/// The code of a built-in; `subject` is the value filtered or tested, or the method's object.
pub(crate) type Call = fn(run: &mut Run, subject: &Value, args: Args) -> Result<Value>;

/// Finds a filter or a test.
pub(crate) type Find = fn(&str) -> Option<&'static Builtin>;

/// One line of a table of built-ins.
pub(crate) struct Builtin {
    pub name: &'static str,
    parameters: Parameters,
    code: Code,
}

enum Code {
    Function(Call),
    /// Makes of a text another, at most thrice as long.
    Text(fn(&str, &mut String)),
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
    pub const fn plain(name: &'static str, function: Call) -> Self {
        Self::new(name, 0, &[], function)
    }

    /// A built-in whose first `required` of the named parameters must be given.
    pub const fn new(
        name: &'static str,
        required: usize,
        names: &'static [&'static str],
        function: Call,
    ) -> Self {
        Self {
            name,
            parameters: Parameters::Fixed { names, required },
            code: Code::Function(function),
        }
    }

    /// A built-in that takes its arguments as they come.
    pub const fn variadic(name: &'static str, function: Call) -> Self {
        Self { name, parameters: Parameters::Variadic, code: Code::Function(function) }
    }

    /// A built-in that makes a text of a text, at most thrice as long.
    pub const fn text(name: &'static str, write: fn(&str, &mut String)) -> Self {
        let parameters = Parameters::Fixed { names: &[], required: 0 };
        Self { name, parameters, code: Code::Text(write) }
    }

    #[inline]
    pub fn call(&self, run: &mut Run, subject: &Value, args: Args) -> Result<Value> {
        let Parameters::Fixed { names, required } = &self.parameters else {
            return self.code.run(run, subject, args);
        };
        let given = args.positional.len();
        if args.keywords.is_empty() && (*required..=names.len()).contains(&given) {
            return self.code.run(run, subject, args);
        }
        let bound = self.bind(args, names, *required)?;
        self.code.run(run, subject, Args::of(&bound))
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

impl Code {
    #[inline]
    fn run(&self, run: &mut Run, subject: &Value, args: Args) -> Result<Value> {
        match self {
            Self::Function(function) => function(run, subject, args),
            Self::Text(write) => changed(run, subject, *write),
        }
    }
}

/// `value` as text, changed; safe text stays safe.
fn changed(run: &mut Run, value: &Value, write: fn(&str, &mut String)) -> Result<Value> {
    let text = as_text(run, value)?;
    run.meter.change(text.len())?;
    Ok(Value::Str(Str::built(&mut run.output, text.is_markup(), |output| write(&text, output))))
}

impl fmt::Debug for Builtin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
