//! Methods of `dict`.

use std::rc::Rc;

use crate::builtin::Builtin;
use crate::error::{Error, Result};
use crate::globals::entries;
use crate::run::Run;
use crate::value::{Args, Dict, Entries, Key, Object, Value, View, ViewKind, iterate};

pub(super) const METHODS: &[Builtin] = &[
    Builtin::plain("clear", clear),
    Builtin::plain("copy", copy),
    Builtin::new("fromkeys", 1, &["", ""], fromkeys),
    Builtin::new("get", 1, &["", ""], get),
    Builtin::plain("items", items),
    Builtin::plain("keys", keys),
    Builtin::new("pop", 1, &["", ""], pop),
    Builtin::plain("popitem", popitem),
    Builtin::new("setdefault", 1, &["", ""], setdefault),
    Builtin::variadic("update", update),
    Builtin::plain("values", values),
];

/// Methods of the class itself; the others take the dict as an argument.
pub(super) const CLASS: &[Builtin] = &[
    Builtin::new("fromkeys", 1, &["", ""], fromkeys),
    Builtin::variadic("clear", unbound),
    Builtin::variadic("copy", unbound),
    Builtin::variadic("get", unbound),
    Builtin::variadic("items", unbound),
    Builtin::variadic("keys", unbound),
    Builtin::variadic("pop", unbound),
    Builtin::variadic("popitem", unbound),
    Builtin::variadic("setdefault", unbound),
    Builtin::variadic("update", unbound),
    Builtin::variadic("values", unbound),
];

fn dict_of(subject: &Value) -> Result<&Rc<Dict>> {
    match subject {
        Value::Dict(dict) => Ok(dict),
        other => other.refuse("is no dict"),
    }
}

/// A method of the class without an object is of no use to a template.
fn unbound(_: &mut Run, _: &Value, _: Args) -> Result<Value> {
    Err(Error::type_error("the method needs a dict to work on"))
}

fn clear(_: &mut Run, subject: &Value, _: Args) -> Result<Value> {
    let _old = dict_of(subject)?.entries.take();
    Ok(Value::None)
}

fn copy(run: &mut Run, subject: &Value, _: Args) -> Result<Value> {
    let entries = dict_of(subject)?.entries.borrow();
    run.meter.dict(entries.len())?;
    Ok(Value::dict(entries.clone()))
}

fn fromkeys(run: &mut Run, _: &Value, args: Args) -> Result<Value> {
    let mut entries = Entries::default();
    run.meter.dict(0)?;
    let mut iter = iterate(run, args.value(0))?;
    while let Some(key) = iter.next(run)? {
        entries.insert(Key::new(run, key)?, args.value(1).clone());
        run.meter.length(entries.len())?;
        run.meter.entries(1)?;
    }
    Ok(Value::dict(entries))
}

fn get(run: &mut Run, subject: &Value, args: Args) -> Result<Value> {
    let key = Key::new(run, args.value(0).clone())?;
    Ok(dict_of(subject)?.get(&key).unwrap_or_else(|| args.value(1).clone()))
}

fn view(run: &mut Run, subject: &Value, kind: ViewKind) -> Result<Value> {
    let dict = dict_of(subject)?.clone();
    Value::object(run, Object::View(View { dict, kind }))
}

fn items(run: &mut Run, subject: &Value, _: Args) -> Result<Value> {
    view(run, subject, ViewKind::Items)
}

fn keys(run: &mut Run, subject: &Value, _: Args) -> Result<Value> {
    view(run, subject, ViewKind::Keys)
}

fn values(run: &mut Run, subject: &Value, _: Args) -> Result<Value> {
    view(run, subject, ViewKind::Values)
}

fn pop(run: &mut Run, subject: &Value, args: Args) -> Result<Value> {
    let key = Key::new(run, args.value(0).clone())?;
    let dict = dict_of(subject)?;
    run.meter.tick(dict.entries.borrow().len() / 64)?;
    let removed = dict.entries.borrow_mut().remove(&key);
    removed.or_else(|| args.get(1).cloned()).ok_or_else(|| Error::lookup("key is not in the dict"))
}

fn popitem(run: &mut Run, subject: &Value, _: Args) -> Result<Value> {
    match dict_of(subject)?.entries.borrow_mut().pop() {
        Some((key, value)) => Value::pair(run, key.value, value),
        None => Err(Error::lookup("popitem(): dictionary is empty")),
    }
}

fn setdefault(run: &mut Run, subject: &Value, args: Args) -> Result<Value> {
    let key = Key::new(run, args.value(0).clone())?;
    let dict = dict_of(subject)?;
    if let Some(value) = dict.get(&key) {
        return Ok(value);
    }
    let value = args.value(1).clone();
    insert(run, subject, key, value.clone())?;
    Ok(value)
}

fn insert(run: &mut Run, subject: &Value, key: Key, value: Value) -> Result<()> {
    let dict = dict_of(subject)?;
    run.meter.length(dict.entries.borrow().len() + 1)?;
    run.meter.entries(1)?;
    subject.note_insertion(run, &value);
    subject.note_insertion(run, &key.value);
    let _old = dict.entries.borrow_mut().insert(key, value);
    Ok(())
}

fn update(run: &mut Run, subject: &Value, args: Args) -> Result<Value> {
    for (key, value) in entries(run, "update", args)? {
        insert(run, subject, key, value)?;
    }
    Ok(Value::None)
}
