//! Python's `==`, `<`, `in` and `is`.

use std::cmp::Ordering;
use std::rc::Rc;

use num_bigint::BigInt;
use num_traits::ToPrimitive;

use super::bytes::bytes_contain;
use super::{Dict, Entries, Key, Object, Value, ViewKind, iterate};
use crate::error::{Error, Result};
use crate::run::{Run, Running};

/// How deep values are compared.
const MAX_DEPTH: usize = 200;

/// One of Python's ordering operators.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
}

impl Order {
    fn symbol(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::LessEqual => "<=",
            Self::Greater => ">",
            Self::GreaterEqual => ">=",
        }
    }

    fn holds(self, ordering: Option<Ordering>) -> bool {
        let Some(ordering) = ordering else { return false };
        match self {
            Self::Less => ordering.is_lt(),
            Self::LessEqual => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterEqual => ordering.is_ge(),
        }
    }
}

/// Python's `a is b`.
pub(crate) fn identical(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::None, Value::None) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Int(a), Value::Int(b)) => a == b && (-5..=256).contains(a),
        (Value::Big(a), Value::Big(b)) => Rc::ptr_eq(a, b),
        (Value::Str(a), Value::Str(b)) => {
            a.is_same(b)
                || (a.is_markup() == b.is_markup() && a.chars() < 2 && a.as_str() == b.as_str())
        }
        (Value::List(a), Value::List(b)) => Rc::ptr_eq(a, b),
        (Value::Tuple(a), Value::Tuple(b)) => {
            Rc::ptr_eq(a, b) || (a.items.is_empty() && b.items.is_empty())
        }
        (Value::Dict(a), Value::Dict(b)) => Rc::ptr_eq(a, b),
        (Value::Undefined(a), Value::Undefined(b)) => Rc::ptr_eq(a, b),
        (Value::Bytes(a), Value::Bytes(b)) => Rc::ptr_eq(a, b),
        (Value::Object(a), Value::Object(b)) => same_object(a, b),
        _ => false,
    }
}

fn same_object(a: &Rc<Object>, b: &Rc<Object>) -> bool {
    match (&**a, &**b) {
        (Object::Class(a), Object::Class(b)) => a.path == b.path,
        (Object::Function(a), Object::Function(b)) => a.name == b.name,
        (Object::Namespace(a), Object::Namespace(b)) => Rc::ptr_eq(a, b),
        _ => Rc::ptr_eq(a, b),
    }
}

/// Numbers compared by value; `None` if one is no number.
fn numbers(a: &Value, b: &Value) -> Option<Option<Ordering>> {
    let small = |value: &Value| match value {
        Value::Int(value) => Some(*value),
        Value::Bool(value) => Some(i64::from(*value)),
        _ => None,
    };
    if let (Some(a), Some(b)) = (small(a), small(b)) {
        return Some(Some(a.cmp(&b)));
    }
    match (a, b) {
        (Value::Float(a), Value::Float(b)) => Some(a.partial_cmp(b)),
        (Value::Float(a), b) => Some(integer_to_float(&b.as_integer()?, *a).map(Ordering::reverse)),
        (a, Value::Float(b)) => Some(integer_to_float(&a.as_integer()?, *b)),
        (a, b) => Some(Some(a.as_integer()?.cmp(&b.as_integer()?))),
    }
}

/// Exact comparison of an integer with a float.
fn integer_to_float(integer: &BigInt, float: f64) -> Option<Ordering> {
    if float.is_nan() {
        return None;
    }
    if float.is_infinite() {
        return Some(if float > 0.0 { Ordering::Less } else { Ordering::Greater });
    }
    let whole = num_traits::FromPrimitive::from_f64(float.floor())?;
    let ordering = integer.cmp(&whole);
    Some(if ordering.is_eq() && float.fract() != 0.0 { Ordering::Less } else { ordering })
}

/// Equality of dict keys, whose depth and size are bounded.
pub(super) fn keys_equal(a: &Value, b: &Value) -> bool {
    if let (Value::Str(a), Value::Str(b)) = (a, b) {
        return a.as_str() == b.as_str();
    }
    if identical(a, b) {
        return true;
    }
    match (a, b) {
        (Value::Tuple(a), Value::Tuple(b)) => {
            a.items.len() == b.items.len()
                && a.items.iter().zip(&b.items).all(|(a, b)| keys_equal(a, b))
        }
        _ => leaf_equal(a, b).unwrap_or(false),
    }
}

/// Equality of values that contain no others; `None` for containers.
fn leaf_equal(a: &Value, b: &Value) -> Option<bool> {
    Some(match (a, b) {
        (Value::Str(a), Value::Str(b)) => a.as_str() == b.as_str(),
        (Value::Undefined(_), Value::Undefined(_)) | (Value::None, Value::None) => true,
        (Value::Bytes(a), Value::Bytes(b)) => a == b,
        (Value::List(_), Value::List(_))
        | (Value::Tuple(_), Value::Tuple(_))
        | (Value::Dict(_), Value::Dict(_))
        | (Value::Object(_), Value::Object(_)) => return None,
        _ => matches!(numbers(a, b), Some(Some(Ordering::Equal))),
    })
}

/// Python's `a == b`.
pub(crate) fn equal(run: &mut Run, a: &Value, b: &Value) -> Result<bool> {
    equal_at(run, a, b, 0)
}

/// Counts the bytes that a comparison of two texts looks at.
#[inline]
fn count_bytes(run: &mut Run, a: &Value, b: &Value) -> Result<()> {
    match (a, b) {
        (Value::Str(a), Value::Str(b)) => run.meter.tick(a.len().min(b.len()) / 256),
        (Value::Bytes(a), Value::Bytes(b)) => run.meter.tick(a.len().min(b.len()) / 256),
        _ => Ok(()),
    }
}

fn equal_at(run: &mut Run, a: &Value, b: &Value, depth: usize) -> Result<bool> {
    count_bytes(run, a, b)?;
    if let Some(equal) = leaf_equal(a, b) {
        return Ok(equal);
    }
    run.meter.tick(1)?;
    if depth > MAX_DEPTH {
        return Err(Error::limit(format!("values compared are nested deeper than {MAX_DEPTH}")));
    }
    stacker::maybe_grow(64 << 10, 1 << 20, || match (a, b) {
        (Value::List(a), Value::List(b)) => {
            if Rc::ptr_eq(a, b) {
                return Ok(true);
            }
            let (a, b) = (a.items.borrow(), b.items.borrow());
            sequences_equal(run, &a, &b, depth)
        }
        (Value::Tuple(a), Value::Tuple(b)) => sequences_equal(run, &a.items, &b.items, depth),
        (Value::Dict(a), Value::Dict(b)) => dicts_equal(run, a, b, depth),
        (Value::Object(a), Value::Object(b)) => objects_equal(run, a, b),
        _ => Ok(false),
    })
}

fn sequences_equal(run: &mut Run, a: &[Value], b: &[Value], depth: usize) -> Result<bool> {
    if a.len() != b.len() {
        return Ok(false);
    }
    for (a, b) in a.iter().zip(b) {
        run.meter.tick(1)?;
        count_bytes(run, a, b)?;
        if !identical(a, b) && !equal_at(run, a, b, depth + 1)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn dicts_equal(run: &mut Run, a: &Rc<Dict>, b: &Rc<Dict>, depth: usize) -> Result<bool> {
    if Rc::ptr_eq(a, b) {
        return Ok(true);
    }
    if a.entries.borrow().len() != b.entries.borrow().len() {
        return Ok(false);
    }
    let entries: Vec<_> =
        a.entries.borrow().iter().map(|(key, value)| (key.clone(), value.clone())).collect();
    for (key, value) in entries {
        run.meter.tick(1)?;
        let Some(other) = b.get(&key) else { return Ok(false) };
        if !identical(&value, &other) && !equal_at(run, &value, &other, depth + 1)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn objects_equal(run: &mut Run, a: &Rc<Object>, b: &Rc<Object>) -> Result<bool> {
    match (&**a, &**b) {
        (Object::Range(a), Object::Range(b)) => {
            let length = a.length();
            Ok(length == b.length()
                && (length == 0 || (a.start == b.start && (length == 1 || a.step == b.step))))
        }
        (Object::Complex(a, b), Object::Complex(c, d)) => Ok(a == c && b == d),
        (Object::Method(a), Object::Method(b)) => {
            Ok(a.name == b.name && identical(&a.receiver, &b.receiver))
        }
        (Object::View(_) | Object::Set(_), Object::View(_) | Object::Set(_)) => {
            match (as_set(run, a)?, as_set(run, b)?) {
                (Some(a), Some(b)) => {
                    Ok(a.len() == b.len() && a.keys().all(|key| b.contains_key(key)))
                }
                _ => Ok(Rc::ptr_eq(a, b)),
            }
        }
        _ => Ok(same_object(a, b)),
    }
}

/// The members of a set-like object.
pub(crate) fn as_set(run: &mut Run, object: &Object) -> Result<Option<Entries>> {
    let mut members = Entries::default();
    match object {
        Object::Set(items) => {
            run.meter.dict(items.borrow().len())?;
            members = items.borrow().clone();
        }
        Object::View(view) if view.kind == ViewKind::Keys => {
            let keys = view.dict.entries.borrow();
            run.meter.dict(keys.len())?;
            members.extend(keys.keys().map(|key| (key.clone(), Value::None)));
        }
        Object::View(view) if view.kind == ViewKind::Items => {
            run.meter.dict(view.dict.entries.borrow().len())?;
            let items = view.dict.entries.borrow().clone();
            for (key, value) in items {
                let pair = Value::pair(run, key.value, value)?;
                members.insert(Key::new(run, pair)?, Value::None);
            }
        }
        _ => return Ok(None),
    }
    Ok(Some(members))
}

/// Python's `<`, `<=`, `>`, `>=`.
pub(crate) fn ordering(run: &mut Run, order: Order, a: &Value, b: &Value) -> Result<bool> {
    run.meter.tick(1)?;
    if let Some(ordering) = numbers(a, b) {
        return Ok(order.holds(ordering));
    }
    count_bytes(run, a, b)?;
    match (a, b) {
        (Value::Str(a), Value::Str(b)) => Ok(order.holds(Some(a.as_str().cmp(b.as_str())))),
        (Value::Bytes(a), Value::Bytes(b)) => Ok(order.holds(Some(a.cmp(b)))),
        (Value::List(a), Value::List(b)) => {
            let (a, b) = (a.items.borrow(), b.items.borrow());
            sequence_ordering(run, order, &a, &b)
        }
        (Value::Tuple(a), Value::Tuple(b)) => sequence_ordering(run, order, &a.items, &b.items),
        (Value::Object(left), Value::Object(right)) => {
            match (as_set(run, left)?, as_set(run, right)?) {
                (Some(a), Some(b)) => Ok(set_ordering(order, &a, &b)),
                _ => unordered(order, a, b),
            }
        }
        _ => unordered(order, a, b),
    }
}

fn unordered(order: Order, a: &Value, b: &Value) -> Result<bool> {
    if let Value::Undefined(undefined) = a {
        return Err(undefined.fail());
    }
    if let Value::Undefined(undefined) = b {
        return Err(undefined.fail());
    }
    let (symbol, a, b) = (order.symbol(), a.type_name(), b.type_name());
    let message = format!("'{symbol}' not supported between instances of '{a}' and '{b}'");
    Err(Error::type_error(message))
}

fn sequence_ordering(run: &mut Run, order: Order, a: &[Value], b: &[Value]) -> Result<bool> {
    for (a, b) in a.iter().zip(b) {
        run.meter.tick(1)?;
        count_bytes(run, a, b)?;
        if identical(a, b) || equal(run, a, b)? {
            continue;
        }
        return run.deeper(|run| ordering(run, order, a, b));
    }
    Ok(order.holds(Some(a.len().cmp(&b.len()))))
}

fn set_ordering(order: Order, a: &Entries, b: &Entries) -> bool {
    let subset = |a: &Entries, b: &Entries| a.keys().all(|key| b.contains_key(key));
    match order {
        Order::Less => a.len() < b.len() && subset(a, b),
        Order::LessEqual => subset(a, b),
        Order::Greater => b.len() < a.len() && subset(b, a),
        Order::GreaterEqual => subset(b, a),
    }
}

/// Python's `item in container`.
pub(crate) fn contains(run: &mut Run, container: &Value, item: &Value) -> Result<bool> {
    match container {
        Value::Str(text) => {
            let Value::Str(item) = item else {
                let name = item.type_name();
                let message = format!("'in <string>' requires string as left operand, not {name}");
                return Err(Error::type_error(message));
            };
            run.meter.tick(text.len() / 64)?;
            Ok(text.contains(item.as_str()))
        }
        Value::Bytes(bytes) => bytes_contain(run, bytes, item),
        Value::Dict(dict) => {
            let key = Key::new(run, item.clone())?;
            Ok(dict.entries.borrow().contains_key(&key))
        }
        Value::Object(object) => match &**object {
            Object::Set(items) => {
                let key = Key::new(run, item.clone())?;
                Ok(items.borrow().contains_key(&key))
            }
            Object::View(view) if view.kind == ViewKind::Keys => {
                let key = Key::new(run, item.clone())?;
                Ok(view.dict.entries.borrow().contains_key(&key))
            }
            Object::Range(range) if !matches!(item, Value::Float(_)) => {
                let small = item.as_integer().and_then(|item| item.to_i64());
                Ok(small.is_some_and(|item| range.position(item).is_some()))
            }
            _ => search(run, container, item),
        },
        _ => search(run, container, item),
    }
}

fn search(run: &mut Run, container: &Value, item: &Value) -> Result<bool> {
    match container {
        Value::List(list) => return search_items(run, &list.items.borrow(), item),
        Value::Tuple(tuple) => return search_items(run, &tuple.items, item),
        _ => {}
    }
    let Ok(mut iter) = iterate(run, container) else {
        let name = container.type_name();
        return Err(Error::type_error(format!("argument of type '{name}' is not iterable")));
    };
    while let Some(candidate) = iter.next(run)? {
        if is_item(run, &candidate, item)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn search_items(run: &mut Run, items: &[Value], item: &Value) -> Result<bool> {
    for candidate in items {
        run.meter.tick(1)?;
        if is_item(run, candidate, item)? {
            return Ok(true);
        }
    }
    run.meter.tick(1)?;
    Ok(false)
}

/// `a is b or a == b`
fn is_item(run: &mut Run, a: &Value, b: &Value) -> Result<bool> {
    count_bytes(run, a, b)?;
    match leaf_equal(a, b) {
        Some(equal) => Ok(equal),
        None => Ok(identical(a, b) || equal(run, a, b)?),
    }
}
