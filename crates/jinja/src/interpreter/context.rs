//! Names that no scope of the template sets: what the caller passed, and the globals.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use super::data::Data;
use crate::ast::Program;
use crate::globals;
use crate::value::Value;

/// Variables by the index of their name in [`Program::outside`](crate::ast::Program::outside).
pub(crate) struct Context {
    /// Set at the top of the template, or visible to a scoped block; in the outermost context
    /// also what was passed in, and what is global, found when first asked for.
    values: RefCell<Vec<Value>>,
    parent: Option<Rc<Context>>,
}

impl Context {
    /// The context of a template that is rendered with `data`.
    pub fn new(program: &Program, data: &mut Data) -> Rc<Self> {
        let mut values = missing(program.outside.len());
        data.each_variable(program, |index, value| {
            if let Some(place) = values.get_mut(index) {
                *place = value;
            }
        });
        Rc::new(Self { values: RefCell::new(values), parent: None })
    }

    /// A context that adds variables to `parent`.
    pub fn derived(parent: &Rc<Self>, added: impl Iterator<Item = (usize, Value)>) -> Rc<Self> {
        let length = parent.values.borrow().len();
        let values = RefCell::new(missing(length));
        let context = Self { values, parent: Some(parent.clone()) };
        added.for_each(|(index, value)| context.export(index, value));
        Rc::new(context)
    }

    /// Sets a variable that blocks see.
    pub fn export(&self, index: usize, value: Value) {
        let _old = match self.values.borrow_mut().get_mut(index) {
            Some(place) => std::mem::replace(place, value),
            None => value,
        };
    }

    /// The variable's value, or [`Value::Missing`].
    pub fn resolve(&self, index: usize, names: &[Arc<str>]) -> Value {
        let mut values = self.values.borrow_mut();
        let Some(place) = values.get_mut(index) else { return Value::Missing };
        if matches!(place, Value::Missing) {
            if let Some(parent) = &self.parent {
                return parent.resolve(index, names);
            }
            let Some(value) = names.get(index).and_then(|name| globals::find(name)) else {
                return Value::Missing;
            };
            *place = value;
        }
        place.clone()
    }

    pub fn clear(&self) {
        drop(self.values.take());
    }
}

/// So many variables without a value.
pub(super) fn missing(count: usize) -> Vec<Value> {
    (0..count).map(|_| Value::Missing).collect()
}
