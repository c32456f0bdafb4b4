//! Containers that are freed without recursion, however deep they nest.

use std::cell::{Cell, RefCell};
use std::mem;

use smallvec::SmallVec;

use super::{Entries, Iter, Value};

/// Python's `list`: shared and mutable.
pub(crate) struct List {
    pub items: RefCell<Vec<Value>>,
    /// Already noted as possibly part of a cycle.
    pub noted: Cell<bool>,
}

impl List {
    pub fn new(items: Vec<Value>) -> Self {
        Self { items: RefCell::new(items), noted: Cell::new(false) }
    }
}

/// Python's `tuple`.
pub(crate) struct Tuple {
    /// Those of a pair, the most frequent tuple, without an allocation of their own.
    pub items: SmallVec<[Value; 2]>,
    /// A pair from `groupby`, whose items also have names.
    pub is_group: bool,
}

impl Tuple {
    pub fn new(items: Vec<Value>) -> Self {
        Self { items: items.into(), is_group: false }
    }
}

/// A lazy sequence being consumed.
pub(crate) struct IteratorCell {
    /// Name of the Python type.
    pub name: &'static str,
    pub iter: RefCell<Iter>,
}

/// What is left to free.
enum Waste {
    Values(#[expect(dead_code, reason = "held to be dropped")] Vec<Value>),
    Items(#[expect(dead_code, reason = "held to be dropped")] SmallVec<[Value; 2]>),
    Entries(#[expect(dead_code, reason = "held to be dropped")] Entries),
    Iter(#[expect(dead_code, reason = "held to be dropped")] Iter),
}

/// Nesting of drops after which freeing is put off.
const MAX_DEPTH: usize = 32;

thread_local! {
    static DEPTH: Cell<usize> = const { Cell::new(0) };
    static WASTE: RefCell<Vec<Waste>> = const { RefCell::new(Vec::new()) };
}

fn free(waste: Waste) {
    let depth = DEPTH.get();
    if depth >= MAX_DEPTH {
        WASTE.with_borrow_mut(|heap| heap.push(waste));
        return;
    }
    DEPTH.set(depth + 1);
    drop(waste);
    while depth == 0
        && let Some(next) = WASTE.with_borrow_mut(Vec::pop)
    {
        drop(next);
    }
    DEPTH.set(depth);
}

/// Frees `values` and all that only they hold.
pub(super) fn free_values(values: Vec<Value>) {
    if values.iter().any(nests) {
        free(Waste::Values(values));
    }
}

/// Frees `entries` and all that only they hold.
pub(super) fn free_entries(entries: &mut Entries) {
    if entries.any(nests) {
        free(Waste::Entries(mem::take(entries)));
    }
}

/// Whether freeing the value may free others.
fn nests(value: &Value) -> bool {
    matches!(value, Value::List(_) | Value::Tuple(_) | Value::Dict(_) | Value::Object(_))
}

impl Drop for List {
    fn drop(&mut self) {
        free_values(mem::take(self.items.get_mut()));
    }
}

impl Drop for Tuple {
    fn drop(&mut self) {
        if self.items.iter().any(nests) {
            free(Waste::Items(mem::take(&mut self.items)));
        }
    }
}

impl Drop for IteratorCell {
    fn drop(&mut self) {
        free(Waste::Iter(mem::replace(self.iter.get_mut(), Iter::Empty)));
    }
}
