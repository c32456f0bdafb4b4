//! Sequences: ends, order, and parts.

use super::group::opened;
use crate::error::{Error, Exception, Result};
use crate::run::Run;
use crate::value::{
    Args, Iter, Object, Str, Value, ViewKind, collect, item_of_sequence, iterate, over_dict,
};

pub(super) fn length(run: &mut Run, value: &Value, _: Args) -> Result<Value> {
    if let Value::Object(object) = value
        && let Object::Loop(state) = &**object
    {
        return Ok(Value::from_usize(state.length(run)?));
    }
    match value.length() {
        Some(length) => Ok(Value::from_usize(length)),
        None => {
            let name = value.type_name();
            Err(Error::type_error(format!("object of type '{name}' has no len()")))
        }
    }
}

pub(super) fn list(run: &mut Run, value: &Value, _: Args) -> Result<Value> {
    Ok(Value::list(collect(run, value)?))
}

pub(super) fn first(run: &mut Run, value: &Value, _: Args) -> Result<Value> {
    let mut iter = iterate(run, value)?;
    let item = iter.next(run)?;
    item.map_or_else(|| Value::hint(run, "no first item, the sequence is empty"), Ok)
}

pub(super) fn last(run: &mut Run, value: &Value, _: Args) -> Result<Value> {
    if let Value::List(list) = value
        && let Some(item) = list.items.borrow().last()
    {
        return Ok(item.clone());
    }
    let Some(mut iter) = reversed(run, value)? else {
        return value.refuse("is not reversible");
    };
    let item = iter.next(run)?;
    item.map_or_else(|| Value::hint(run, "no last item, the sequence is empty"), Ok)
}

/// Python's `reversed(value)`; `None` where it fails.
fn reversed(run: &mut Run, value: &Value) -> Result<Option<Iter>> {
    Ok(Some(match value {
        Value::Undefined(_) => Iter::Empty,
        Value::List(list) => {
            Iter::ListReversed { list: list.clone(), left: list.items.borrow().len() }
        }
        Value::Tuple(_) | Value::Str(_) | Value::Bytes(_) => {
            let mut items = collect(run, value)?;
            items.reverse();
            Iter::Items(items.into_iter())
        }
        Value::Dict(dict) => over_dict(dict, ViewKind::Keys, true),
        Value::Object(object) => match &**object {
            Object::Range(range) => {
                let length = range.length();
                let next = range.item(length.saturating_sub(1));
                Iter::Range { next, step: -range.step, left: length }
            }
            Object::View(view) => over_dict(&view.dict, view.kind, true),
            _ => return Ok(None),
        },
        _ => return Ok(None),
    }))
}

/// `reverse`: a string reversed, or a lazy sequence.
pub(super) fn reverse(run: &mut Run, value: &Value, _: Args) -> Result<Value> {
    if let Value::Str(text) = value {
        text.charge_for_chars(run)?;
        let reverse = |output: &mut String| output.extend(text.as_str().chars().rev());
        return Ok(Value::Str(Str::built(&mut run.output, text.is_markup(), reverse)));
    }
    if let Some(iter) = reversed(run, value)? {
        let name = match value.type_name() {
            "list" => "list_reverseiterator",
            "dict" => "dict_reversekeyiterator",
            "range" => "range_iterator",
            _ => "reversed",
        };
        return Value::iterator(run, name, iter);
    }
    let mut items = match collect(run, value) {
        Ok(items) => items,
        Err(error) if error.exception() == Exception::Type => {
            return Err(Error::runtime("argument must be iterable"));
        }
        Err(error) => return Err(error),
    };
    items.reverse();
    Ok(Value::list(items))
}

pub(super) fn random(run: &mut Run, value: &Value, _: Args) -> Result<Value> {
    let Some(length) = value.length() else { return value.refuse("has no len()") };
    if length == 0 {
        return Value::hint(run, "no random item, the sequence is empty");
    }
    let index = Value::from_usize(run.random.usize(..length));
    if let Value::Str(text) = value {
        text.count_walk(run)?;
    }
    if let Some(item) = item_of_sequence(value, &index) {
        return item;
    }
    match value {
        Value::Dict(dict) => {
            let key = crate::value::Key::new(run, index)?;
            dict.get(&key).ok_or_else(|| Error::lookup("the dict has no such key"))
        }
        _ => value.refuse("is not subscriptable"),
    }
}

/// `batch(linecount, fill_with=none)`, lazily.
pub(super) fn batch(run: &mut Run, value: &Value, args: Args) -> Result<Value> {
    let count = args.value(0).clone();
    let fill = args.some(1).cloned();
    let mut source = Err(value.clone());
    let mut next = None;
    Value::generator(run, move |run| {
        let iter = opened(run, &mut source)?;
        let mut line: Vec<Value> = next.take().into_iter().collect();
        while let Some(item) = iter.next(run)? {
            if is_length(&line, &count) {
                next = Some(item);
                run.meter.list(line.len())?;
                return Ok(Some(Value::list(line)));
            }
            line.push(item);
        }
        if line.is_empty() {
            return Ok(None);
        }
        if let Some(fill) = &fill {
            let count = usize::try_from(count.expect_index()?).unwrap_or(0);
            run.meter.list(count)?;
            line.resize(line.len().max(count), fill.clone());
        }
        run.meter.list(line.len())?;
        Ok(Some(Value::list(line)))
    })
}

fn is_length(line: &[Value], count: &Value) -> bool {
    let length = i64::try_from(line.len()).unwrap_or(i64::MAX);
    match count {
        Value::Float(count) => *count == num_traits::cast::<_, f64>(length).unwrap_or(0.0),
        other => other.as_clamped() == Some(length),
    }
}

/// `slice(slices, fill_with=none)`, lazily: so many lists of about the same length.
pub(super) fn slice(run: &mut Run, value: &Value, args: Args) -> Result<Value> {
    let (value, slices) = (value.clone(), args.value(0).clone());
    let fill = args.some(1).cloned();
    let mut lists = None;
    Value::generator(run, move |run| {
        if lists.is_none() {
            lists = Some(slices_of(run, &value, &slices, fill.as_ref())?.into_iter());
        }
        Ok(lists.as_mut().and_then(Iterator::next))
    })
}

fn slices_of(
    run: &mut Run,
    value: &Value,
    slices: &Value,
    fill: Option<&Value>,
) -> Result<Vec<Value>> {
    let items = collect(run, value)?;
    if matches!(slices, Value::Float(_)) {
        return slices.refuse("cannot be interpreted as an integer");
    }
    let count = slices.expect_number()?;
    if count == 0 {
        return Err(Error::new(Exception::Arithmetic, "integer division or modulo by zero"));
    }
    let Ok(count) = usize::try_from(count) else { return Ok(Vec::new()) };
    run.meter.list(count)?;
    let (each, extra) = (items.len() / count, items.len() % count);
    let mut rest = items.into_iter();
    let mut lists = Vec::with_capacity(count);
    for number in 0..count {
        let mut list: Vec<_> = rest.by_ref().take(each + usize::from(number < extra)).collect();
        list.extend(fill.filter(|_| number >= extra).cloned());
        run.meter.list(list.len())?;
        lists.push(Value::list(list));
    }
    Ok(lists)
}
