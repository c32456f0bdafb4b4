//! Names that no scope of the template sets: what the caller passed, and the globals.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use foldhash::quality::RandomState;
use serde_json::{Map, Value as Json};

use crate::ast::Outside;
use crate::globals;
use crate::value::{Value, from_json};

/// Values by name.
pub(super) type Names = HashMap<Arc<str>, Value, RandomState>;

/// Variables by name.
#[derive(Default)]
pub(crate) struct Context {
    /// Set at the top of the template, or visible to a scoped block.
    vars: RefCell<Names>,
    /// Passed in or global, by index of the name, found when first asked for.
    given: RefCell<Vec<Value>>,
    parent: Option<Rc<Context>>,
}

impl Context {
    /// A context for a template that names so many variables from outside.
    pub fn new(outside: usize) -> Rc<Self> {
        let given = RefCell::new(vec![Value::Missing; outside]);
        Rc::new(Self { given, ..Self::default() })
    }

    /// A context that adds `vars` to `parent`.
    pub fn derived(parent: &Rc<Self>, vars: Names) -> Rc<Self> {
        let parent = Some(parent.clone());
        Rc::new(Self { vars: RefCell::new(vars), parent, ..Self::default() })
    }

    /// Sets a variable that blocks see.
    pub fn export(&self, name: &Arc<str>, value: Value) {
        let _old = self.vars.borrow_mut().insert(name.clone(), value);
    }

    /// The variable's value, or [`Value::Missing`].
    pub fn resolve(&self, outside: &Outside, data: &Map<String, Json>) -> Value {
        let name = &*outside.name;
        if let Some(value) = self.vars.borrow().get(name) {
            return value.clone();
        }
        if let Some(parent) = &self.parent {
            return parent.resolve(outside, data);
        }
        let mut given = self.given.borrow_mut();
        let Some(place) = given.get_mut(outside.index) else { return Value::Missing };
        if matches!(place, Value::Missing)
            && let Some(value) = data.get(name).map(from_json).or_else(|| globals::find(name))
        {
            *place = value;
        }
        place.clone()
    }

    pub fn clear(&self) {
        drop(self.vars.take());
        drop(self.given.take());
    }
}
