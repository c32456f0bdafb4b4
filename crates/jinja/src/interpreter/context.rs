//! Names that no scope of the template sets: what the caller passed, and the globals.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use foldhash::quality::RandomState;
use serde_json::{Map, Value as Json};

use crate::globals;
use crate::value::{Value, from_json};

/// Values by name.
pub(super) type Names = HashMap<Arc<str>, Value, RandomState>;

/// Variables by name.
#[derive(Default)]
pub(crate) struct Context {
    /// Set at the top of the template, or visible to a scoped block.
    vars: RefCell<Names>,
    /// Passed in or global, converted when first asked for.
    given: RefCell<Names>,
    parent: Option<Rc<Context>>,
}

impl Context {
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
    pub fn resolve(&self, name: &Arc<str>, data: &Map<String, Json>) -> Value {
        if let Some(value) = self.vars.borrow().get(name) {
            return value.clone();
        }
        if let Some(parent) = &self.parent {
            return parent.resolve(name, data);
        }
        if let Some(value) = self.given.borrow().get(name) {
            return value.clone();
        }
        let found = data.get(&**name).map(from_json).or_else(|| globals::find(name));
        let Some(value) = found else { return Value::Missing };
        self.given.borrow_mut().insert(name.clone(), value.clone());
        value
    }

    pub fn clear(&self) {
        drop(self.vars.take());
        drop(self.given.take());
    }
}
