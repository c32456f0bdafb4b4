//! The variables: slots of one call of a macro, block, recursive loop, or of the template itself.

use smallvec::{SmallVec, smallvec};

use super::Interpreter;
use super::data::text;
use super::variable::Variable;
use crate::ast::{Load, Scope, Slot};
use crate::error::Result;
use crate::value::Value;

/// Names a call and its variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Activation(usize);

/// The variables of one activation.
struct Frame<'r> {
    /// Empty while the activation is the current one.
    slots: Vec<Variable<'r>>,
    /// The activation around.
    parent: Option<Activation>,
    /// Something may still ask for it after the call has ended.
    is_held: bool,
}

/// All variables of a render.
pub(crate) struct Variables<'r> {
    /// Those of the current activation.
    slots: Vec<Variable<'r>>,
    current: Activation,
    frames: SmallVec<[Frame<'r>; 2]>,
    /// What was passed in, and the globals, by the index of their name in
    /// [`Program::outside`](crate::ast::Program::outside).
    given: Vec<Variable<'r>>,
    /// Frames that may be used again.
    free: SmallVec<[Activation; 2]>,
}

impl<'r> Variables<'r> {
    /// The variables of a template that was passed `given`.
    pub fn new(slots: usize, given: Vec<Variable<'r>>) -> Self {
        let root = Frame { slots: Vec::new(), parent: None, is_held: true };
        let (frames, free) = (smallvec![root], SmallVec::new());
        Self { slots: missing(slots), current: Activation(0), frames, given, free }
    }

    /// A new activation inside of `parent`.
    fn start(&mut self, slots: usize, parent: Option<Activation>) -> Activation {
        if let Some(activation) = self.free.pop()
            && let Some(frame) = self.frames.get_mut(activation.0)
        {
            frame.slots.extend((0..slots).map(|_| Variable::MISSING));
            frame.parent = parent;
            return activation;
        }
        self.frames.push(Frame { slots: missing(slots), parent, is_held: false });
        Activation(self.frames.len() - 1)
    }

    /// Ends an activation that is not the current one.
    fn end(&mut self, activation: Activation) {
        if let Some(frame) = self.frames.get_mut(activation.0)
            && !frame.is_held
        {
            frame.slots.clear();
            self.free.push(activation);
        }
    }

    /// Makes another activation the current one, and returns the one before.
    pub fn switch(&mut self, to: Activation) -> Activation {
        let from = self.current;
        if from != to {
            if let Some(frame) = self.frames.get_mut(from.0) {
                std::mem::swap(&mut frame.slots, &mut self.slots);
            }
            if let Some(frame) = self.frames.get_mut(to.0) {
                std::mem::swap(&mut frame.slots, &mut self.slots);
            }
            self.current = to;
        }
        from
    }

    #[inline]
    pub fn get(&self, slot: Slot) -> Option<&Variable<'r>> {
        match slot {
            Slot::Own(index) => self.slots.get(index),
            Slot::Given(index) => self.given.get(index),
            Slot::Around { hops, index } => self.around(hops, index),
        }
    }

    fn around(&self, hops: usize, index: usize) -> Option<&Variable<'r>> {
        self.frames.get(self.outwards(hops)?.0)?.slots.get(index)
    }

    /// What was passed in under a name, or is global; [`Value::Missing`] without either.
    pub fn given(&self, index: usize) -> Variable<'r> {
        self.given.get(index).cloned().unwrap_or(Variable::MISSING)
    }

    fn outwards(&self, hops: usize) -> Option<Activation> {
        (0..hops).try_fold(self.current, |activation, _| self.frames.get(activation.0)?.parent)
    }

    /// Sets a variable of the current activation.
    #[inline]
    pub fn set(&mut self, index: usize, value: Variable<'r>) {
        if let Some(variable) = self.slots.get_mut(index) {
            variable.set(value);
        }
    }

    fn set_around(&mut self, hops: usize, index: usize, value: Variable<'r>) {
        if let Some(activation) = self.outwards(hops)
            && let Some(frame) = self.frames.get_mut(activation.0)
            && let Some(place) = frame.slots.get_mut(index)
        {
            *place = value;
        }
    }

    fn set_given(&mut self, index: usize, value: Variable<'r>) {
        if let Some(place) = self.given.get_mut(index) {
            *place = value;
        }
    }

    pub fn is_missing(&self, index: usize) -> bool {
        self.slots.get(index).is_none_or(Variable::is_missing)
    }

    /// The variable's value if it is an integer.
    #[inline]
    pub fn integer(&self, slot: Slot) -> Option<i64> {
        match self.get(slot) {
            Some(Variable::Value(Value::Int(value))) => Some(*value),
            _ => None,
        }
    }
}

impl<'r> Interpreter<'r> {
    /// What is in `slot`.
    #[inline]
    pub(super) fn read(&self, slot: Slot) -> Variable<'r> {
        self.variables.get(slot).cloned().unwrap_or(Variable::MISSING)
    }

    /// The variable's value; [`Value::Missing`] if it has none.
    #[inline]
    pub(super) fn variable(&mut self, slot: Slot) -> Value {
        match self.variables.get(slot) {
            Some(Variable::Value(value)) => value.clone(),
            Some(Variable::Text(given)) => text(given),
            Some(Variable::Container(json)) => {
                let value = self.data.value(json);
                self.write(slot, Variable::Value(value.clone()));
                value
            }
            None => Value::Missing,
        }
    }

    pub(super) fn value_of(&mut self, variable: Variable) -> Value {
        match variable {
            Variable::Value(value) => value,
            Variable::Text(given) => text(given),
            Variable::Container(json) => self.data.value(json),
        }
    }

    #[inline]
    pub(super) fn write(&mut self, slot: Slot, value: Variable<'r>) {
        match slot {
            Slot::Own(index) => self.variables.set(index, value),
            Slot::Around { hops, index } => self.variables.set_around(hops, index, value),
            Slot::Given(index) => self.variables.set_given(index, value),
        }
    }

    /// Gives the variables of a scope their first values.
    #[inline]
    pub(super) fn enter_scope(&mut self, scope: &Scope) {
        for (index, outside) in &scope.fixed {
            let value = self.resolve(*outside);
            self.variables.set(*index, value);
        }
        self.reenter_scope(scope);
    }

    /// Does so again, before [`Interpreter::leave_scope`].
    #[inline]
    pub(super) fn reenter_scope(&mut self, scope: &Scope) {
        for (index, load) in &scope.loads {
            let value = match load {
                Load::Resolve(outside) => self.resolve(*outside),
                Load::Alias(slot) => self.read(*slot),
                Load::Missing => Variable::MISSING,
            };
            self.variables.set(*index, value);
        }
    }

    /// Takes the variables of a scope their values.
    #[inline]
    pub(super) fn leave_scope(&mut self, scope: &Scope) {
        for index in &scope.clears {
            self.variables.set(*index, Variable::MISSING);
        }
    }

    /// The current activation, for something that may outlive the call.
    pub(super) fn hold(&mut self) -> Result<Activation> {
        let Variables { slots, current, frames, .. } = &mut self.variables;
        if let Some(frame) = frames.get_mut(current.0)
            && !std::mem::replace(&mut frame.is_held, true)
        {
            self.meter.charge(size_of::<Frame>() + slots.len() * size_of::<Variable>())?;
        }
        Ok(*current)
    }

    /// Runs `body` in a new activation inside of `parent`.
    pub(super) fn activate<T>(
        &mut self,
        slots: usize,
        parent: Option<Activation>,
        body: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        let activation = self.variables.start(slots, parent);
        let outer = self.variables.switch(activation);
        let result = self.nested(body);
        self.variables.switch(outer);
        self.variables.end(activation);
        result
    }
}

/// So many variables without a value.
fn missing<'r>(count: usize) -> Vec<Variable<'r>> {
    (0..count).map(|_| Variable::MISSING).collect()
}
