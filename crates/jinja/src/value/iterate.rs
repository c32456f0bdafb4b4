//! Python's iteration protocol.

use std::mem;
use std::rc::Rc;

use super::{Dict, List, Object, Str, Tuple, Value, ViewKind};
use crate::error::{Error, Result};
use crate::run::{Run, Running};

/// The rest of a lazily computed sequence.
pub(crate) type Generator = Box<dyn FnMut(&mut Run) -> Result<Option<Value>>>;

/// A position in something iterable.
pub(crate) enum Iter {
    Empty,
    /// A list as it is at the time of each step.
    List {
        list: Rc<List>,
        next: usize,
    },
    ListReversed {
        list: Rc<List>,
        left: usize,
    },
    Tuple {
        tuple: Rc<Tuple>,
        next: usize,
    },
    Text {
        text: Str,
        offset: usize,
    },
    Bytes {
        bytes: Rc<Vec<u8>>,
        next: usize,
    },
    Dict {
        dict: Rc<Dict>,
        kind: ViewKind,
        next: usize,
        length: usize,
        reversed: bool,
    },
    Range {
        next: i64,
        step: i64,
        left: usize,
    },
    /// Items computed before.
    Items(std::vec::IntoIter<Value>),
    Generator(Generator),
    /// An iterator object, shared with whoever else holds it.
    Shared(Rc<Object>),
}

impl Iter {
    /// The next item, if any.
    #[inline]
    pub fn next(&mut self, run: &mut Run) -> Result<Option<Value>> {
        run.meter.tick(1)?;
        match self {
            Self::Range { next, step, left } => {
                let value = *next;
                let Some(rest) = left.checked_sub(1) else { return Ok(None) };
                *left = rest;
                *next = next.saturating_add(*step);
                Ok(Some(Value::Int(value)))
            }
            Self::List { list, next } => {
                *next += 1;
                Ok(list.items.borrow().get(*next - 1).cloned())
            }
            _ => self.next_of_others(run),
        }
    }

    #[inline(never)]
    fn next_of_others(&mut self, run: &mut Run) -> Result<Option<Value>> {
        Ok(match self {
            Self::Empty | Self::List { .. } | Self::Range { .. } => None,
            Self::ListReversed { list, left } => {
                let index = left.checked_sub(1);
                *left = index.unwrap_or(0);
                index.and_then(|index| list.items.borrow().get(index).cloned())
            }
            Self::Tuple { tuple, next } => {
                *next += 1;
                tuple.items.get(*next - 1).cloned()
            }
            Self::Text { text, offset } => {
                let character = text.get(*offset..).and_then(|rest| rest.chars().next());
                *offset += character.map_or(0, char::len_utf8);
                character.map(of_character)
            }
            Self::Bytes { bytes, next } => {
                *next += 1;
                bytes.get(*next - 1).map(|byte| Value::Int(i64::from(*byte)))
            }
            Self::Dict { .. } => return self.next_of_dict(run),
            Self::Items(items) => items.next(),
            Self::Generator(generator) => {
                // Counts as two calls.
                run.meter.enter()?;
                let item = run.nested(|run| generator(run));
                run.meter.leave();
                return item;
            }
            Self::Shared(object) => return next_of_object(run, object),
        })
    }

    /// The next item as key and value, if the items are those of a dict: most often taken apart.
    pub fn next_entry(&mut self, run: &mut Run) -> Option<Result<Option<(Value, Value)>>> {
        if !matches!(self, Self::Dict { kind: ViewKind::Items, .. }) {
            return None;
        }
        let tick = run.meter.tick(1);
        Some(tick.and_then(|()| self.step_dict(|key, value, _| (key.clone(), value.clone()))))
    }

    fn next_of_dict(&mut self, run: &mut Run) -> Result<Option<Value>> {
        let item = self.step_dict(|key, value, kind| match kind {
            ViewKind::Keys => Ok(key.clone()),
            ViewKind::Values => Ok(value.clone()),
            ViewKind::Items => Value::pair(run, key.clone(), value.clone()),
        })?;
        item.transpose()
    }

    fn step_dict<T>(
        &mut self,
        give: impl FnOnce(&Value, &Value, ViewKind) -> T,
    ) -> Result<Option<T>> {
        let Self::Dict { dict, kind, next, length, reversed } = self else { return Ok(None) };
        let entries = dict.entries.borrow();
        if entries.len() != *length {
            return Err(Error::runtime("dictionary changed size during iteration"));
        }
        if *next >= *length {
            drop(entries);
            *self = Self::Empty;
            return Ok(None);
        }
        let index = if *reversed { *length - 1 - *next } else { *next };
        *next += 1;
        Ok(entries.get_index(index).map(|(key, value)| give(&key.value, value, *kind)))
    }
}

fn next_of_object(run: &mut Run, object: &Rc<Object>) -> Result<Option<Value>> {
    match &**object {
        Object::Iterator(cell) => {
            let Ok(mut iter) = cell.iter.try_borrow_mut() else {
                return Err(Error::value_error("generator already executing"));
            };
            let item = iter.next(run);
            if !matches!(item, Ok(Some(_))) {
                *iter = Iter::Empty;
            }
            item
        }
        Object::Loop(state) => {
            let Some(item) = state.next_item(run)? else { return Ok(None) };
            Value::pair(run, item, Value::Object(object.clone())).map(Some)
        }
        _ => Ok(None),
    }
}

fn of_character(character: char) -> Value {
    Value::text(character.encode_utf8(&mut [0; 4]))
}

/// Python's `iter(value)`.
pub(crate) fn iterate(run: &mut Run, value: &Value) -> Result<Iter> {
    Ok(match value {
        Value::Undefined(_) => Iter::Empty,
        Value::List(list) => Iter::List { list: list.clone(), next: 0 },
        Value::Tuple(tuple) => Iter::Tuple { tuple: tuple.clone(), next: 0 },
        Value::Str(text) => Iter::Text { text: text.clone(), offset: 0 },
        Value::Bytes(bytes) => Iter::Bytes { bytes: bytes.clone(), next: 0 },
        Value::Dict(dict) => over_dict(dict, ViewKind::Keys, false),
        Value::Object(object) => match &**object {
            Object::Range(range) => {
                Iter::Range { next: range.start, step: range.step, left: range.length() }
            }
            Object::View(view) => over_dict(&view.dict, view.kind, false),
            Object::Set(items) => {
                run.meter.list(items.borrow().len())?;
                let items: Vec<_> = items.borrow().keys().map(|key| key.value.clone()).collect();
                Iter::Items(items.into_iter())
            }
            Object::Iterator(_) | Object::Loop(_) => Iter::Shared(object.clone()),
            _ => return value.refuse("is not iterable"),
        },
        _ => return value.refuse("is not iterable"),
    })
}

/// As [`iterate`], for who asks for all the items.
pub(crate) fn iterate_all(run: &mut Run, value: &Value) -> Result<Iter> {
    // What nobody else can ask for an item needs no sharing.
    if let Value::Object(object) = value
        && Rc::strong_count(object) == 1
        && let Object::Iterator(cell) = &**object
        && let Ok(mut iter) = cell.iter.try_borrow_mut()
    {
        return Ok(mem::replace(&mut iter, Iter::Empty));
    }
    iterate(run, value)
}

/// Over a dict's keys, values or items.
pub(crate) fn over_dict(dict: &Rc<Dict>, kind: ViewKind, reversed: bool) -> Iter {
    let length = dict.entries.borrow().len();
    Iter::Dict { dict: dict.clone(), kind, next: 0, length, reversed }
}

/// Python's `list(value)`, as a vector.
pub(crate) fn collect(run: &mut Run, value: &Value) -> Result<Vec<Value>> {
    let known = match value {
        Value::List(list) => Some(list.items.borrow().clone()),
        Value::Tuple(tuple) => Some(tuple.items.to_vec()),
        _ => None,
    };
    if let Some(items) = known {
        run.meter.list(items.len())?;
        return Ok(items);
    }
    if let Value::Str(text) = value {
        run.meter.list(text.chars())?;
        run.meter.tick(text.chars() + 1)?;
        return Ok(text.as_str().chars().map(of_character).collect());
    }
    let mut iter = iterate_all(run, value)?;
    let mut items = Vec::with_capacity(4);
    while let Some(item) = iter.next(run)? {
        items.push(item);
        if items.len() > run.meter.limits.list {
            run.meter.list(items.len())?;
        }
    }
    run.meter.list(items.len())?;
    Ok(items)
}
