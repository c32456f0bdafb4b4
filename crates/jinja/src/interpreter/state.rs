//! What the interpreter knows while it walks the tree.

use std::rc::Rc;
use std::sync::Arc;

use super::context::Context;
use super::frame::Frame;
use crate::ast::{Load, Program, Scope, Slot};
use crate::error::Result;
use crate::run::{Run, Running};
use crate::value::Value;

/// Walks the tree at one place of a template.
pub(crate) struct Interpreter<'r> {
    pub run: &'r mut Run,
    pub here: Surroundings,
    /// The text of the filter block being filtered.
    pub captured: Value,
}

/// What code sees around it, which macros, blocks and lazy loops keep for later.
#[derive(Clone)]
pub(super) struct Surroundings {
    pub rendering: Rc<Rendering>,
    pub context: Context,
    pub frame: Rc<Frame>,
}

/// A template being rendered.
pub(super) struct Rendering {
    pub program: Arc<Program>,
    /// What was passed in, and the globals, by the index of their name in [`Program::outside`].
    pub given: Vec<Value>,
}

impl Surroundings {
    /// Looks at what is in `slot`, or at [`Value::Missing`].
    #[inline]
    pub fn look<T>(&self, slot: Slot, look: impl FnOnce(&Value) -> T) -> T {
        match slot {
            Slot::Own(index) => self.frame.look(index, look),
            Slot::Given(index) => look(self.rendering.given.get(index).unwrap_or(&Value::Missing)),
            Slot::Around { hops, index } => match self.frame.outwards(hops) {
                Some(frame) => frame.look(index, look),
                None => look(&Value::Missing),
            },
        }
    }
}

impl Running for Interpreter<'_> {
    #[inline]
    fn run(&mut self) -> &mut Run {
        self.run
    }
}

impl<'r> Interpreter<'r> {
    pub fn new(run: &'r mut Run, here: Surroundings) -> Self {
        Self { run, here, captured: Value::None }
    }

    /// What is in `slot`; [`Value::Missing`] if there is nothing.
    #[inline]
    pub fn variable(&self, slot: Slot) -> Value {
        self.here.look(slot, Value::clone)
    }

    /// The value of a name that no scope sets.
    fn resolve(&self, outside: usize) -> Value {
        match self.here.context.resolve(outside) {
            Value::Missing => self.variable(Slot::Given(outside)),
            value => value,
        }
    }

    #[inline]
    pub fn set(&mut self, slot: Slot, value: Value) {
        match slot {
            Slot::Own(index) => self.here.frame.set(index, value),
            Slot::Around { hops, index } => {
                if let Some(frame) = self.here.frame.outwards(hops) {
                    frame.set(index, value);
                }
            }
            Slot::Given(_) => {}
        }
    }

    /// Gives the variables of a scope their first values.
    #[inline]
    pub fn enter_scope(&mut self, scope: &Scope) {
        for (index, load) in &scope.loads {
            let value = match load {
                Load::Resolve(outside) => self.resolve(*outside),
                Load::Alias(slot) => self.variable(*slot),
                Load::Missing => Value::Missing,
            };
            self.here.frame.set(*index, value);
        }
    }

    /// Takes the variables of a scope their values.
    #[inline]
    pub fn leave_scope(&mut self, scope: &Scope) {
        for index in &scope.clears {
            self.here.frame.set(*index, Value::Missing);
        }
    }

    /// What is around here, for something that may outlive the call.
    pub fn hold(&mut self) -> Result<Surroundings> {
        for frame in self.here.frame.hold() {
            self.run.meter.charge(frame.size())?;
            self.run.at_end(move || frame.clear());
        }
        Ok(self.here.clone())
    }

    /// Runs `body` with new variables inside of `parent`.
    pub fn activate<T>(
        &mut self,
        slots: usize,
        parent: Option<Rc<Frame>>,
        body: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        let outer = std::mem::replace(&mut self.here.frame, Frame::new(slots, parent));
        let result = self.nested(body);
        self.here.frame = outer;
        result
    }
}
