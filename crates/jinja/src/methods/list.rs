//! Methods of `list`, and those it shares with `tuple` and `range`.

use std::rc::Rc;

use crate::builtin::Builtin;
use crate::error::{Error, Result};
use crate::run::Run;
use crate::sorting::sort_values;
use crate::value::{Args, ArgumentList, List, Value, collect, equal, identical, index_of, iterate};

pub(super) const METHODS: &[Builtin] = &[
    Builtin::new("append", 1, &[""], append),
    Builtin::plain("clear", clear),
    Builtin::plain("copy", copy),
    Builtin::new("extend", 1, &[""], extend),
    Builtin::new("insert", 2, &["", ""], insert),
    Builtin::new("pop", 0, &[""], pop),
    Builtin::new("remove", 1, &[""], remove),
    Builtin::plain("reverse", reverse),
    Builtin::variadic("sort", sort),
];

/// `count` and `index`, which do not change their object.
pub(super) const SEQUENCE: &[Builtin] =
    &[Builtin::new("count", 1, &[""], count), Builtin::new("index", 1, &["", "", ""], index)];

fn list_of(subject: &Value) -> Result<&Rc<List>> {
    match subject {
        Value::List(list) => Ok(list),
        other => other.refuse("is no list"),
    }
}

/// Allows `list` to grow by `more` items.
fn grow(run: &mut Run, list: &List, more: usize) -> Result<()> {
    run.meter.length(list.items.borrow().len() + more)?;
    run.meter.items(more)
}

fn append(run: &mut Run, subject: &Value, args: Args) -> Result<Value> {
    let list = list_of(subject)?;
    grow(run, list, 1)?;
    let item = args.value(0).clone();
    subject.note_insertion(run, &item);
    list.items.borrow_mut().push(item);
    Ok(Value::None)
}

fn clear(_: &mut Run, subject: &Value, _: Args) -> Result<Value> {
    let _old = list_of(subject)?.items.take();
    Ok(Value::None)
}

fn copy(run: &mut Run, subject: &Value, _: Args) -> Result<Value> {
    Ok(Value::list(collect(run, subject)?))
}

fn extend(run: &mut Run, subject: &Value, args: Args) -> Result<Value> {
    let list = list_of(subject)?;
    let items = collect(run, args.value(0))?;
    grow(run, list, items.len())?;
    for item in items {
        subject.note_insertion(run, &item);
        list.items.borrow_mut().push(item);
    }
    Ok(Value::None)
}

fn insert(run: &mut Run, subject: &Value, args: Args) -> Result<Value> {
    let list = list_of(subject)?;
    let position = args.integer(0, 0)?;
    let item = args.value(1).clone();
    grow(run, list, 1)?;
    subject.note_insertion(run, &item);
    let mut items = list.items.borrow_mut();
    run.meter.tick(items.len() / 64)?;
    let place = clamp(position, items.len());
    items.insert(place, item);
    Ok(Value::None)
}

/// A position as Python clamps it, from 0 to `length`.
fn clamp(position: i64, length: usize) -> usize {
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    let position = if position < 0 { position.saturating_add(length).max(0) } else { position };
    usize::try_from(position.min(length)).unwrap_or(0)
}

fn pop(run: &mut Run, subject: &Value, args: Args) -> Result<Value> {
    let position = args.integer(0, -1)?;
    let mut items = list_of(subject)?.items.borrow_mut();
    if items.is_empty() {
        return Err(Error::lookup("pop from empty list"));
    }
    let Some(place) = index_of(position, items.len()) else {
        return Err(Error::lookup("pop index out of range"));
    };
    run.meter.tick((items.len() - place) / 64)?;
    Ok(items.remove(place))
}

fn position_of(run: &mut Run, items: &[Value], wanted: &Value) -> Result<Option<usize>> {
    for (place, item) in items.iter().enumerate() {
        run.meter.tick(1)?;
        if identical(item, wanted) || equal(run, item, wanted)? {
            return Ok(Some(place));
        }
    }
    Ok(None)
}

fn remove(run: &mut Run, subject: &Value, args: Args) -> Result<Value> {
    let list = list_of(subject)?;
    let items = collect(run, subject)?;
    let Some(place) = position_of(run, &items, args.value(0))? else {
        return Err(Error::value_error("list.remove(x): x not in list"));
    };
    let _old = list.items.borrow_mut().remove(place);
    Ok(Value::None)
}

fn reverse(run: &mut Run, subject: &Value, _: Args) -> Result<Value> {
    let mut items = list_of(subject)?.items.borrow_mut();
    run.meter.tick(items.len() / 16)?;
    items.reverse();
    Ok(Value::None)
}

fn sort(run: &mut Run, subject: &Value, args: Args) -> Result<Value> {
    let mut args = ArgumentList::from(args);
    let key = args.take_keyword("key").filter(|key| !key.is_none());
    let reverse = match args.take_keyword("reverse") {
        Some(reverse) => reverse.expect_index()? != 0,
        None => false,
    };
    if !args.positional.is_empty() || !args.keywords.is_empty() {
        return Err(Error::type_error("sort() takes only the keywords 'key' and 'reverse'"));
    }
    let list = list_of(subject)?;
    let items = collect(run, subject)?;
    let mut keyed = Vec::with_capacity(items.len());
    for item in items {
        let key = match &key {
            Some(key) => key.call(run, Args::of(std::slice::from_ref(&item)))?,
            None => item.clone(),
        };
        keyed.push((key, item));
    }
    let sorted = sort_values(run, keyed, reverse)?;
    list.items.replace(sorted);
    Ok(Value::None)
}

fn count(run: &mut Run, subject: &Value, args: Args) -> Result<Value> {
    let wanted = args.value(0);
    let mut iter = iterate(run, subject)?;
    let mut count = 0;
    while let Some(item) = iter.next(run)? {
        count += i64::from(identical(&item, wanted) || equal(run, &item, wanted)?);
    }
    Ok(Value::Int(count))
}

fn index(run: &mut Run, subject: &Value, args: Args) -> Result<Value> {
    let items = collect(run, subject)?;
    let wanted = args.value(0);
    let start = clamp(args.integer(1, 0)?, items.len());
    let stop = clamp(args.integer(2, i64::MAX)?, items.len());
    let searched = items.get(start..stop).unwrap_or(&[]);
    match position_of(run, searched, wanted)? {
        Some(place) => Ok(Value::from_usize(start + place)),
        None => Err(Error::value_error("value is not in the sequence")),
    }
}
