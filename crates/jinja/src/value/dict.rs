//! Python's `dict`: ordered by insertion, keyed by Python's equality.

use std::cell::{Cell, RefCell};
use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::LazyLock;

use foldhash::quality::RandomState;
use indexmap::{Equivalent, IndexMap};
use num_traits::ToPrimitive;

use super::reclaim::free_entries;
use super::{Object, Value};
use crate::error::{Error, Result};
use crate::interpreter::Interpreter;

/// Entries by key; hashes are computed before, see [`Key`].
pub(crate) type Entries = IndexMap<Key, Value, PassThrough>;

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
        self.entries.borrow().get(&TextKey(name)).cloned()
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

/// A hashable value with its hash.
#[derive(Clone)]
pub(crate) struct Key {
    pub value: Value,
    hash: u64,
}

/// How deep a tuple used as a key may nest.
const MAX_DEPTH: usize = 64;
/// How many values a tuple used as a key may contain, in all its levels.
const MAX_SIZE: usize = 10_000;

impl Key {
    /// Fails for values that Python cannot hash.
    pub fn new(run: &mut Interpreter, value: Value) -> Result<Self> {
        let mut hasher = SEED.build_hasher();
        let mut size = 0;
        hash_into(&value, &mut hasher, 0, &mut size)?;
        run.meter.tick(size)?;
        Ok(Self { hash: hasher.finish(), value })
    }

    pub fn text(text: impl Into<super::Str>) -> Self {
        let text = text.into();
        Self { hash: hash_text(&text), value: Value::Str(text) }
    }
}

static SEED: LazyLock<RandomState> = LazyLock::new(RandomState::default);

/// The hash of a string key.
pub(crate) fn hash_text(text: &str) -> u64 {
    SEED.hash_one(text)
}

fn hash_into(
    value: &Value,
    hasher: &mut impl Hasher,
    depth: usize,
    size: &mut usize,
) -> Result<()> {
    *size += 1;
    if depth > MAX_DEPTH || *size > MAX_SIZE {
        return Err(Error::limit("value is too large for a key"));
    }
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
            for item in &tuple.items {
                hash_into(item, hasher, depth + 1, size)?;
            }
        }
        Value::Object(object) => hash_object(object, hasher)?,
        Value::List(_) | Value::Dict(_) => {
            return Err(Error::type_error(format!("unhashable type: '{}'", value.type_name())));
        }
    }
    Ok(())
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

fn hash_object(object: &std::rc::Rc<Object>, hasher: &mut impl Hasher) -> Result<()> {
    match &**object {
        Object::Range(range) => range.length().hash(hasher),
        Object::View(_) | Object::Set(_) => {
            let name = object.type_name();
            return Err(Error::type_error(format!("unhashable type: '{name}'")));
        }
        _ => std::rc::Rc::as_ptr(object).addr().hash(hasher),
    }
    Ok(())
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash && super::compare::keys_equal(&self.value, &other.value)
    }
}

impl Eq for Key {}

/// A string to look up without building a [`Key`].
pub(crate) struct TextKey<'k>(pub &'k str);

impl Hash for TextKey<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(hash_text(self.0));
    }
}

impl Equivalent<Key> for TextKey<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        matches!(&key.value, Value::Str(text) if text.as_str() == self.0)
    }
}

/// Uses the hash a [`Key`] brings along.
#[derive(Clone, Default)]
pub(crate) struct PassThrough;

impl BuildHasher for PassThrough {
    type Hasher = PassThroughHasher;

    fn build_hasher(&self) -> Self::Hasher {
        PassThroughHasher(0)
    }
}

/// See [`PassThrough`].
pub(crate) struct PassThroughHasher(u64);

impl Hasher for PassThroughHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |hash, byte| hash.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}
