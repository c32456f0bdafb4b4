//! What blocks see of the variables that the template sets.

use std::cell::RefCell;
use std::rc::Rc;

use crate::value::Value;

/// Variables by the index of their name in [`Program::outside`](crate::ast::Program::outside).
pub(crate) struct Context {
    /// Set at the top of the template, or visible to a scoped block; no longer than needed.
    values: RefCell<Vec<Value>>,
    parent: Option<Rc<Context>>,
}

impl Context {
    /// The context of a template that has not set anything yet.
    pub fn new() -> Rc<Self> {
        Rc::new(Self { values: RefCell::default(), parent: None })
    }

    /// A context that adds variables to `parent`.
    pub fn derived(parent: &Rc<Self>, added: impl Iterator<Item = (usize, Value)>) -> Rc<Self> {
        let context = Self { values: RefCell::default(), parent: Some(parent.clone()) };
        added.for_each(|(index, value)| context.export(index, value));
        Rc::new(context)
    }

    /// Sets a variable that blocks see.
    pub fn export(&self, index: usize, value: Value) {
        let mut values = self.values.borrow_mut();
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
        match (self.values.borrow().get(index), &self.parent) {
            (None | Some(Value::Missing), Some(parent)) => parent.resolve(index),
            (None | Some(Value::Missing), None) => Value::Missing,
            (Some(value), _) => value.clone(),
        }
    }

    pub fn clear(&self) {
        drop(self.values.take());
    }
}
