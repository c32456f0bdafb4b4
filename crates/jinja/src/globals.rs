//! The global functions and classes.

mod lipsum;

use std::cell::Cell;
use std::rc::Rc;

use crate::builtin::Builtin;
use crate::error::{Error, Result};
use crate::run::Run;
use crate::value::{
    Args, Class, Cycler, Dict, Entries, GlobalFunction, Joiner, Key, Object, Range, Tuple, Value,
    collect, iterate,
};

static LIPSUM: Builtin =
    Builtin::new("generate_lorem_ipsum", 0, &["n", "html", "min", "max"], lipsum::lipsum);

/// The global `name`.
pub(crate) fn find(name: &str) -> Option<Object> {
    let class = |path, construct| Object::Class(Class { path, construct });
    Some(match name {
        "range" => Object::Function(GlobalFunction { name: "safe_range", call: range }),
        "lipsum" => Object::Function(GlobalFunction {
            name: LIPSUM.name,
            call: |run, args| LIPSUM.call(run, &Value::None, args),
        }),
        "dict" => class("dict", |run, args| Ok(Value::dict(entries(run, "dict", args)?))),
        "cycler" => class("jinja2.utils.Cycler", cycler),
        "joiner" => class("jinja2.utils.Joiner", joiner),
        "namespace" => class("jinja2.utils.Namespace", |run, args| {
            let entries = entries(run, "namespace", args)?;
            Value::object(run, Object::Namespace(Rc::new(Dict::new(entries))))
        }),
        _ => return None,
    })
}

/// The arguments of `dict(…)`, `namespace(…)` and `dict.update(…)`.
pub(crate) fn entries(run: &mut Run, name: &str, args: Args) -> Result<Entries> {
    let mut entries = Entries::default();
    run.meter.dict(0)?;
    match args.positional {
        [] => {}
        [source] => add_entries(run, &mut entries, source)?,
        more => {
            let given = more.len();
            let message = format!("{name} expected at most 1 argument, got {given}");
            return Err(Error::type_error(message));
        }
    }
    run.meter.length(args.keywords.len())?;
    run.meter.entries(args.keywords.len())?;
    for (name, value) in args.keywords {
        entries.insert(Key::text(&**name), value.clone());
    }
    Ok(entries)
}

fn add_entries(run: &mut Run, entries: &mut Entries, source: &Value) -> Result<()> {
    if let Value::Dict(dict) = source {
        run.meter.dict(dict.entries.borrow().len())?;
        entries
            .extend(dict.entries.borrow().iter().map(|(key, value)| (key.clone(), value.clone())));
        return Ok(());
    }
    if let Value::Undefined(undefined) = source {
        // Python asks an undefined for its `keys`, which fails.
        return Err(undefined.fail());
    }
    let mut iter = iterate(run, source)?;
    while let Some(item) = iter.next(run)? {
        let pair = collect(run, &item)?;
        let [key, value] = <[Value; 2]>::try_from(pair).map_err(|pair| {
            let length = pair.len();
            Error::value_error(format!("an entry has {length} items; 2 are required"))
        })?;
        entries.insert(Key::new(run, key)?, value);
        run.meter.length(entries.len())?;
        run.meter.entries(1)?;
    }
    Ok(())
}

fn cycler(run: &mut Run, args: Args) -> Result<Value> {
    if let Some((name, _)) = args.keywords.first() {
        return Err(Error::type_error(format!("unexpected keyword argument '{name}'")));
    }
    if args.positional.is_empty() {
        return Err(Error::runtime("at least one item has to be provided"));
    }
    run.meter.list(args.positional.len())?;
    let items = Rc::new(Tuple::new(args.positional.to_vec()));
    Value::object(run, Object::Cycler(Cycler { items, position: Cell::new(0) }))
}

fn joiner(run: &mut Run, args: Args) -> Result<Value> {
    let given = args.keyword("sep").or(args.positional.first());
    if args.positional.len() + args.keywords.len() > usize::from(given.is_some()) {
        return Err(Error::type_error("joiner() takes only the argument 'sep'"));
    }
    let separator = given.cloned().unwrap_or_else(|| Value::text(", "));
    Value::object(run, Object::Joiner(Joiner { separator, used: Cell::new(false) }))
}

/// `range(stop)`, `range(start, stop)`, `range(start, stop, step)`
fn range(run: &mut Run, args: Args) -> Result<Value> {
    if !args.keywords.is_empty() {
        return Err(Error::type_error("range() takes no keyword arguments"));
    }
    let mut numbers = Vec::new();
    for value in args.positional {
        if matches!(value, Value::Big(_)) {
            return Err(Error::limit("range() takes integers of 64 bits"));
        }
        numbers.push(value.expect_index()?);
    }
    let (start, stop, step) = match numbers.as_slice() {
        [stop] => (0, *stop, 1),
        [start, stop] => (*start, *stop, 1),
        [start, stop, step] => (*start, *stop, *step),
        _ => return Err(Error::type_error("range expected 1 to 3 arguments")),
    };
    if step == 0 {
        return Err(Error::value_error("range() arg 3 must not be zero"));
    }
    let range = Range { start, stop, step };
    let limit = run.meter.limits.range;
    if range.length() > limit {
        let message = format!("range too big; the sandbox blocks ranges longer than {limit}");
        return Err(Error::overflow(message));
    }
    Value::object(run, Object::Range(range))
}
