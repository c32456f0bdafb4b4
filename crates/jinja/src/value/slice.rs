//! Indexing and slicing of sequences.

use std::rc::Rc;

use num_traits::ToPrimitive;

use super::{Object, Range, Value};
use crate::error::{Error, Result};
use crate::run::Run;

/// A slice resolved against a length: `count` items from `start` in steps of `step`.
#[derive(Clone, Copy)]
pub(crate) struct Span {
    pub start: i64,
    pub step: i64,
    pub count: usize,
}

impl Span {
    /// Resolves `start:stop:step` for a sequence of `length` items.
    pub fn new(length: usize, start: &Value, stop: &Value, step: &Value) -> Result<Self> {
        let step = bound(step)?.unwrap_or(1);
        if step == 0 {
            return Err(Error::value_error("slice step cannot be zero"));
        }
        let length = i64::try_from(length).unwrap_or(i64::MAX);
        let (lowest, highest) = if step < 0 { (-1, length - 1) } else { (0, length) };
        let place = |bound: Option<i64>, default: i64| match bound {
            None => default,
            Some(index) if index < 0 => index.saturating_add(length).max(lowest),
            Some(index) => index.min(highest),
        };
        let (first, last) = if step < 0 { (highest, lowest) } else { (lowest, highest) };
        let start = place(bound(start)?, first);
        let range = Range { start, stop: place(bound(stop)?, last), step };
        Ok(Self { start, step, count: range.length() })
    }

    /// The indices, in order.
    pub fn indices(self) -> impl Iterator<Item = usize> {
        (0..self.count).filter_map(move |index| {
            let offset = i64::try_from(index).ok()?.checked_mul(self.step)?;
            usize::try_from(self.start.checked_add(offset)?).ok()
        })
    }
}

fn bound(value: &Value) -> Result<Option<i64>> {
    match value {
        Value::None => Ok(None),
        value => match value.as_clamped() {
            Some(index) => Ok(Some(index)),
            None => Err(Error::type_error("slice indices must be integers or None")),
        },
    }
}

/// Python's `subject[start:stop:step]`.
pub(crate) fn slice(
    run: &mut Run,
    subject: &Value,
    [start, stop, step]: [&Value; 3],
) -> Result<Value> {
    if let Value::Undefined(undefined) = subject {
        return Err(undefined.fail());
    }
    let span = |length| Span::new(length, start, stop, step);
    Ok(match subject {
        Value::Str(text) => {
            let span = span(text.chars())?;
            run.meter.string(span.count)?;
            text.count_walk(run)?;
            if span.step == 1 {
                let start = usize::try_from(span.start).unwrap_or(0);
                return Ok(Value::Str(text.like(text.substring(start, start + span.count))));
            }
            let characters: Vec<char> = text.chars_vector(run)?;
            let picked: String = span.indices().filter_map(|index| characters.get(index)).collect();
            Value::Str(text.like(picked))
        }
        Value::List(list) => {
            let items = list.items.borrow();
            let span = span(items.len())?;
            run.meter.list(span.count)?;
            Value::list(span.indices().filter_map(|index| items.get(index).cloned()).collect())
        }
        Value::Tuple(tuple) => {
            let span = span(tuple.items.len())?;
            run.meter.list(span.count)?;
            Value::tuple(
                span.indices().filter_map(|index| tuple.items.get(index).cloned()).collect(),
            )
        }
        Value::Bytes(bytes) => {
            let span = span(bytes.len())?;
            run.meter.string(span.count)?;
            let picked = span.indices().filter_map(|index| bytes.get(index).copied()).collect();
            Value::Bytes(Rc::new(picked))
        }
        Value::Object(object) if let Object::Range(range) = &**object => {
            slice_range(run, range, span(range.length())?)?
        }
        Value::Dict(_) => return Err(Error::type_error("unhashable type: 'slice'")),
        _ => return subject.refuse("is not subscriptable"),
    })
}

fn slice_range(run: &mut Run, range: &Range, span: Span) -> Result<Value> {
    let at = |index: i64| range.start.saturating_add(index.saturating_mul(range.step));
    let count = i64::try_from(span.count).unwrap_or(i64::MAX);
    let stop = span.start.saturating_add(count.saturating_mul(span.step));
    let step = range.step.saturating_mul(span.step);
    Value::object(run, Object::Range(Range { start: at(span.start), stop: at(stop), step }))
}

/// The place an index stands for in a sequence of `length` items.
pub(crate) fn index_of(index: i64, length: usize) -> Option<usize> {
    let length = i64::try_from(length).ok()?;
    let index = if index < 0 { index.checked_add(length)? } else { index };
    usize::try_from(index).ok().filter(|_| index < length)
}

/// Python's `sequence[index]`; `None` if `subject` is no sequence.
pub(crate) fn item_of_sequence(subject: &Value, index: &Value) -> Option<Result<Value>> {
    let length = match subject {
        Value::Str(_) | Value::List(_) | Value::Tuple(_) | Value::Bytes(_) => subject.length()?,
        Value::Object(object) if matches!(**object, Object::Range(_)) => subject.length()?,
        _ => return None,
    };
    let name = subject.type_name();
    let Some(position) = index.as_clamped() else {
        let other = index.type_name();
        let message = format!("{name} indices must be integers or slices, not {other}");
        return Some(Err(Error::type_error(message)));
    };
    let item = index_of(position, length).and_then(|index| match subject {
        Value::Str(text) => Some(Value::Str(text.like(text.substring(index, index + 1)))),
        Value::List(list) => list.items.borrow().get(index).cloned(),
        Value::Tuple(tuple) => tuple.items.get(index).cloned(),
        Value::Bytes(bytes) => bytes.get(index)?.to_i64().map(Value::Int),
        Value::Object(object) => match &**object {
            Object::Range(range) => Some(Value::Int(range.item(index))),
            _ => None,
        },
        _ => None,
    });
    Some(item.ok_or_else(|| Error::lookup(format!("{name} index out of range"))))
}
