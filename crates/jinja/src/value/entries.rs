//! The entries of a dict or set, ordered by insertion.

use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::LazyLock;

use foldhash::quality::RandomState;
use indexmap::{Equivalent, IndexMap};

use super::compare::keys_equal;
use super::{Key, Value};

/// So many entries are looked through faster than hashed.
const FEW: usize = 8;

/// Values by key, a few in a plain vector, more in a hash table.
#[derive(Clone)]
pub(crate) struct Entries(Store);

#[derive(Clone)]
enum Store {
    Few(Vec<(Key, Value)>),
    Many(Box<IndexMap<Key, Value, Seeded>>),
}

impl Default for Entries {
    fn default() -> Self {
        Self(Store::Few(Vec::new()))
    }
}

impl Entries {
    /// Entries whose keys are known to differ.
    pub fn of_distinct(entries: Vec<(Key, Value)>) -> Self {
        if entries.len() <= FEW { Self(Store::Few(entries)) } else { Self::many(entries) }
    }

    fn many(entries: impl IntoIterator<Item = (Key, Value)>) -> Self {
        Self(Store::Many(Box::new(entries.into_iter().collect())))
    }

    pub fn len(&self) -> usize {
        match &self.0 {
            Store::Few(entries) => entries.len(),
            Store::Many(map) => map.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn get(&self, key: &Key) -> Option<&Value> {
        match &self.0 {
            Store::Few(entries) => {
                entries.iter().find(|(known, _)| known == key).map(|(_, value)| value)
            }
            Store::Many(map) => map.get(key),
        }
    }

    /// The value under a string.
    pub fn get_text(&self, name: &str) -> Option<&Value> {
        let name = TextKey(name);
        match &self.0 {
            Store::Few(entries) => {
                entries.iter().find(|(known, _)| name.equivalent(known)).map(|(_, value)| value)
            }
            Store::Many(map) => map.get(&name),
        }
    }

    /// The place of the value under a string.
    pub fn get_text_mut(&mut self, name: &str) -> Option<&mut Value> {
        let name = TextKey(name);
        match &mut self.0 {
            Store::Few(entries) => {
                let mut entries = entries.iter_mut();
                entries.find(|(known, _)| name.equivalent(known)).map(|(_, value)| value)
            }
            Store::Many(map) => map.get_mut(&name),
        }
    }

    pub fn contains_key(&self, key: &Key) -> bool {
        self.get(key).is_some()
    }

    pub fn get_index(&self, index: usize) -> Option<(&Key, &Value)> {
        match &self.0 {
            Store::Few(entries) => entries.get(index).map(|(key, value)| (key, value)),
            Store::Many(map) => map.get_index(index),
        }
    }

    /// Sets the value under `key` and returns the one before; a key that is there stays.
    pub fn insert(&mut self, key: Key, value: Value) -> Option<Value> {
        match &mut self.0 {
            Store::Few(entries) => {
                if let Some((_, known)) = entries.iter_mut().find(|(known, _)| *known == key) {
                    return Some(std::mem::replace(known, value));
                }
                entries.push((key, value));
                if entries.len() > FEW {
                    *self = Self::many(std::mem::take(entries));
                }
                None
            }
            Store::Many(map) => map.insert(key, value),
        }
    }

    /// Takes an entry out; those behind it move up.
    pub fn remove(&mut self, key: &Key) -> Option<Value> {
        match &mut self.0 {
            Store::Few(entries) => {
                let place = entries.iter().position(|(known, _)| known == key)?;
                Some(entries.remove(place).1)
            }
            Store::Many(map) => map.shift_remove(key),
        }
    }

    /// Takes the last entry out.
    pub fn pop(&mut self) -> Option<(Key, Value)> {
        match &mut self.0 {
            Store::Few(entries) => entries.pop(),
            Store::Many(map) => map.pop(),
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = (&Key, &Value)> {
        (0..self.len()).filter_map(|index| self.get_index(index))
    }

    /// Whether one of the keys and values is of a kind.
    pub fn any(&self, is_of_kind: impl Fn(&Value) -> bool) -> bool {
        let is_one = |key: &Key, value| is_of_kind(&key.value) || is_of_kind(value);
        match &self.0 {
            Store::Few(entries) => entries.iter().any(|(key, value)| is_one(key, value)),
            Store::Many(map) => map.iter().any(|(key, value)| is_one(key, value)),
        }
    }

    pub fn keys(&self) -> impl Iterator<Item = &Key> {
        self.iter().map(|(key, _)| key)
    }
}

impl Extend<(Key, Value)> for Entries {
    fn extend<I: IntoIterator<Item = (Key, Value)>>(&mut self, entries: I) {
        entries.into_iter().for_each(|(key, value)| drop(self.insert(key, value)));
    }
}

impl FromIterator<(Key, Value)> for Entries {
    fn from_iter<I: IntoIterator<Item = (Key, Value)>>(entries: I) -> Self {
        let mut all = Self::default();
        all.extend(entries);
        all
    }
}

impl IntoIterator for Entries {
    type Item = (Key, Value);
    type IntoIter = std::vec::IntoIter<(Key, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        match self.0 {
            Store::Few(entries) => entries.into_iter(),
            Store::Many(map) => map.into_iter().collect::<Vec<_>>().into_iter(),
        }
    }
}

/// A string to look up without building a [`Key`].
struct TextKey<'k>(&'k str);

impl Equivalent<Key> for TextKey<'_> {
    #[inline]
    fn equivalent(&self, key: &Key) -> bool {
        matches!(&key.value, Value::Str(text) if text.as_str() == self.0)
    }
}

impl Hash for TextKey<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl PartialEq for Key {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        keys_equal(&self.value, &other.value)
    }
}

impl Eq for Key {}

/// Hashes differently in each process.
#[derive(Clone, Default)]
struct Seeded;

static SEED: LazyLock<RandomState> = LazyLock::new(RandomState::default);

impl BuildHasher for Seeded {
    type Hasher = <RandomState as BuildHasher>::Hasher;

    fn build_hasher(&self) -> Self::Hasher {
        SEED.build_hasher()
    }
}
