//! Methods of `loop`, `cycler` and generators.

use crate::builtin::Builtin;
use crate::error::{Error, Result};
use crate::run::Run;
use crate::value::{Args, Cycler, Iter, Object, Value};

pub(super) const LOOP: &[Builtin] =
    &[Builtin::variadic("cycle", loop_cycle), Builtin::variadic("changed", changed)];

pub(super) const CYCLER: &[Builtin] =
    &[Builtin::plain("next", next), Builtin::plain("reset", reset)];

pub(super) const GENERATOR: &[Builtin] =
    &[Builtin::plain("close", close), Builtin::new("send", 1, &[""], send)];

fn loop_cycle(_: &mut Run, subject: &Value, args: Args) -> Result<Value> {
    let Value::Object(object) = subject else { return subject.refuse("is no loop") };
    let Object::Loop(state) = &**object else { return subject.refuse("is no loop") };
    no_keywords(&args)?;
    if args.positional.is_empty() {
        return Err(Error::type_error("no items for cycling given"));
    }
    Ok(args.value(state.index() % args.positional.len()).clone())
}

fn changed(run: &mut Run, subject: &Value, args: Args) -> Result<Value> {
    let Value::Object(object) = subject else { return subject.refuse("is no loop") };
    let Object::Loop(state) = &**object else { return subject.refuse("is no loop") };
    no_keywords(&args)?;
    Ok(Value::Bool(state.changed(run, args.positional.to_vec())?))
}

fn no_keywords(args: &Args) -> Result<()> {
    match args.keywords.first() {
        None => Ok(()),
        Some((name, _)) => {
            Err(Error::type_error(format!("got an unexpected keyword argument '{name}'")))
        }
    }
}

fn cycler_of(subject: &Value) -> Option<&Cycler> {
    match subject {
        Value::Object(object) => match &**object {
            Object::Cycler(cycler) => Some(cycler),
            _ => None,
        },
        _ => None,
    }
}

fn next(_: &mut Run, subject: &Value, _: Args) -> Result<Value> {
    let Some(cycler) = cycler_of(subject) else { return subject.refuse("is no cycler") };
    let position = cycler.position.get();
    cycler.position.set((position + 1) % cycler.items.items.len().max(1));
    Ok(cycler.items.items.get(position).cloned().unwrap_or(Value::None))
}

fn reset(_: &mut Run, subject: &Value, _: Args) -> Result<Value> {
    let Some(cycler) = cycler_of(subject) else { return subject.refuse("is no cycler") };
    cycler.position.set(0);
    Ok(Value::None)
}

fn close(_: &mut Run, subject: &Value, _: Args) -> Result<Value> {
    if let Value::Object(object) = subject
        && let Object::Iterator(cell) = &**object
    {
        let Ok(mut iter) = cell.iter.try_borrow_mut() else {
            return Err(Error::value_error("generator already executing"));
        };
        *iter = Iter::Empty;
    }
    Ok(Value::None)
}

fn send(run: &mut Run, subject: &Value, args: Args) -> Result<Value> {
    if args.some(0).is_some() {
        return Err(Error::type_error("cannot send a value to a just-started generator"));
    }
    let mut iter = crate::value::iterate(run, subject)?;
    iter.next(run)?.ok_or_else(|| Error::runtime("the generator has no more items"))
}
