//! Python's `dict`: ordered by insertion, keyed by Python's equality.

use std::cell::{Cell, RefCell};
use std::hash::{Hash, Hasher};
use std::rc::Rc;

use num_traits::ToPrimitive;

use super::reclaim::free_entries;
use super::{Entries, Object, Value};
use crate::error::{Error, Result};
use crate::run::Run;

/// Shared and mutable.
pub(crate) struct Dict {
    pub entries: RefCell<Entries>,
    /// Already noted as possibly part of a cycle.
    pub noted: Cell<bool>,
}

impl Dict {
    pub fn new(entries: Entries) -> Self {
        Self { entries: RefCell::new(entries), noted: Cell::new(false) }
    }

    /// The value under a string.
    pub fn get_text(&self, name: &str) -> Option<Value> {
        self.entries.borrow().get_text(name).cloned()
    }

    /// Sets the value under a string and returns the one before.
    pub fn set_text(&self, name: &str, value: Value) -> Option<Value> {
        let mut entries = self.entries.borrow_mut();
        match entries.get_text_mut(name) {
            Some(place) => Some(std::mem::replace(place, value)),
            None => entries.insert(Key::text(name), value),
        }
    }

    /// The key and the value that were inserted as number `at`, counted from 0.
    pub fn entry(&self, at: usize) -> Option<(Value, Value)> {
        let entries = self.entries.borrow();
        entries.get_index(at).map(|(key, value)| (key.value.clone(), value.clone()))
    }

    pub fn get(&self, key: &Key) -> Option<Value> {
        self.entries.borrow().get(key).cloned()
    }
}

impl Drop for Dict {
    fn drop(&mut self) {
        free_entries(self.entries.get_mut());
    }
}

/// A hashable value.
#[derive(Clone)]
pub(crate) struct Key {
    pub value: Value,
}

/// How deep a tuple used as a key may nest.
const MAX_DEPTH: usize = 64;
/// How many values a tuple used as a key may contain, in all its levels.
const MAX_SIZE: usize = 10_000;

impl Key {
    /// Fails for values that Python cannot hash.
    pub fn new(run: &mut Run, value: Value) -> Result<Self> {
        let mut size = Size::default();
        check_hashable(&value, 0, &mut size)?;
        run.meter.tick(size.values.saturating_add(size.bytes / 256))?;
        Ok(Self { value })
    }

    pub fn text(text: impl Into<super::Str>) -> Self {
        Self { value: Value::Str(text.into()) }
    }
}

/// What is hashed of a key.
#[derive(Default)]
struct Size {
    values: usize,
    bytes: usize,
}

fn check_hashable(value: &Value, depth: usize, size: &mut Size) -> Result<()> {
    size.values += 1;
    if depth > MAX_DEPTH || size.values > MAX_SIZE {
        return Err(Error::limit("value is too large for a key"));
    }
    let is_hashable = match value {
        Value::Str(text) => {
            size.bytes = size.bytes.saturating_add(text.len());
            true
        }
        Value::Bytes(bytes) => {
            size.bytes = size.bytes.saturating_add(bytes.len());
            true
        }
        Value::List(_) | Value::Dict(_) => false,
        Value::Object(object) => !matches!(**object, Object::View(_) | Object::Set(_)),
        Value::Tuple(tuple) => {
            let mut items = tuple.items.iter();
            return items.try_for_each(|item| check_hashable(item, depth + 1, size));
        }
        _ => true,
    };
    if is_hashable {
        return Ok(());
    }
    Err(Error::type_error(format!("unhashable type: '{}'", value.type_name())))
}

/// Values that are equal as keys hash alike.
impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        hash_into(&self.value, state);
    }
}

fn hash_into(value: &Value, hasher: &mut impl Hasher) {
    match value {
        Value::Str(text) => text.as_str().hash(hasher),
        Value::Bool(value) => i64::from(*value).hash(hasher),
        Value::Int(value) => value.hash(hasher),
        Value::Big(value) => value.hash(hasher),
        Value::Float(value) => hash_float(*value, hasher),
        Value::None => hasher.write_u8(1),
        Value::Undefined(_) | Value::Missing => hasher.write_u8(2),
        Value::Bytes(bytes) => bytes.hash(hasher),
        Value::Tuple(tuple) => {
            hasher.write_usize(tuple.items.len());
            tuple.items.iter().for_each(|item| hash_into(item, hasher));
        }
        Value::Object(object) => hash_object(object, hasher),
        // Never a key.
        Value::List(_) | Value::Dict(_) => {}
    }
}

fn hash_float(value: f64, hasher: &mut impl Hasher) {
    if value.fract() != 0.0 || !value.is_finite() {
        return value.to_bits().hash(hasher);
    }
    match value.to_i64() {
        Some(small) => small.hash(hasher),
        None => num_bigint::BigInt::from(value as i128).hash(hasher),
    }
}

fn hash_object(object: &Rc<Object>, hasher: &mut impl Hasher) {
    match &**object {
        Object::Range(range) => range.length().hash(hasher),
        _ => Rc::as_ptr(object).addr().hash(hasher),
    }
}
