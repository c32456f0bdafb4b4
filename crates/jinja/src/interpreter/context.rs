//! What blocks see of the variables that the template sets.

use std::cell::RefCell;
use std::rc::Rc;

use crate::value::Value;

/// Variables by the index of their name in [`Program::outside`](crate::ast::Program::outside);
/// none in a template without blocks.
#[derive(Clone, Default)]
pub(crate) struct Context(Option<Rc<Layer>>);

struct Layer {
    /// Set at the top of the template, or visible to a scoped block; no longer than needed.
    values: RefCell<Vec<Value>>,
    parent: Context,
}

impl Context {
    /// The context of a template that has blocks and has not set anything yet.
    pub fn for_blocks() -> Self {
        Self::derived(&Self::default(), std::iter::empty())
    }

    /// A context that adds variables to `parent`.
    pub fn derived(parent: &Self, added: impl Iterator<Item = (usize, Value)>) -> Self {
        let layer = Layer { values: RefCell::default(), parent: parent.clone() };
        let context = Self(Some(Rc::new(layer)));
        added.for_each(|(index, value)| context.export(index, value));
        context
    }

    /// Sets a variable that blocks see.
    pub fn export(&self, index: usize, value: Value) {
        let Some(layer) = &self.0 else { return };
        let mut values = layer.values.borrow_mut();
        if values.len() <= index {
            values.resize(index + 1, Value::Missing);
        }
        let _old = match values.get_mut(index) {
            Some(place) => std::mem::replace(place, value),
            None => value,
        };
    }

    /// The variable's value, or [`Value::Missing`].
    pub fn resolve(&self, index: usize) -> Value {
        let Some(layer) = &self.0 else { return Value::Missing };
        match layer.values.borrow().get(index) {
            None | Some(Value::Missing) => layer.parent.resolve(index),
            Some(value) => value.clone(),
        }
    }

    pub fn clear(&self) {
        if let Some(layer) = &self.0 {
            drop(layer.values.take());
        }
    }
}
