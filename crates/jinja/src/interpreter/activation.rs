//! The variables of one call of a macro, block, recursive loop, or of the template itself.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::Interpreter;
use crate::ast::{Load, Scope, Slot};
use crate::value::Value;

/// Slots for variables, and the activation around.
pub(crate) struct Activation {
    slots: RefCell<Vec<Value>>,
    parent: Option<Rc<Activation>>,
    held: Cell<bool>,
}

impl Activation {
    pub fn new(slots: usize, parent: Option<Rc<Self>>) -> Rc<Self> {
        let slots = RefCell::new(vec![Value::Missing; slots]);
        Rc::new(Self { slots, parent, held: Cell::new(false) })
    }

    pub fn set(&self, index: usize, value: Value) {
        // The old value is dropped after the borrow ends.
        let _old = match self.slots.borrow_mut().get_mut(index) {
            Some(slot) => std::mem::replace(slot, value),
            None => value,
        };
    }

    #[inline]
    pub fn get(&self, index: usize) -> Value {
        self.slots.borrow().get(index).cloned().unwrap_or(Value::Missing)
    }

    /// Appends the text of a variable that is a str or int; whether it is.
    #[inline]
    pub fn write_plain(&self, slot: Slot, out: &mut String) -> bool {
        let Some(activation) = self.outwards(slot.hops) else { return false };
        match activation.slots.borrow().get(slot.index) {
            Some(Value::Str(text)) => out.push_str(text),
            Some(Value::Int(value)) => out.push_str(itoa::Buffer::new().format(*value)),
            _ => return false,
        }
        true
    }

    /// The variable's value if it is an integer.
    pub fn integer(&self, slot: Slot) -> Option<i64> {
        match self.outwards(slot.hops)?.slots.borrow().get(slot.index) {
            Some(Value::Int(value)) => Some(*value),
            _ => None,
        }
    }

    pub fn clear(&self) {
        drop(self.slots.take());
    }

    #[inline]
    fn outwards(&self, hops: usize) -> Option<&Self> {
        if hops == 0 {
            return Some(self);
        }
        (0..hops).try_fold(self, |activation, _| activation.parent.as_deref())
    }
}

impl Interpreter<'_> {
    /// The value in `slot`, or [`Value::Missing`].
    #[inline]
    pub(super) fn read(&self, slot: Slot) -> Value {
        self.frame.outwards(slot.hops).map_or(Value::Missing, |frame| frame.get(slot.index))
    }

    pub(super) fn write(&mut self, slot: Slot, value: Value) {
        if let Some(frame) = self.frame.outwards(slot.hops) {
            frame.set(slot.index, value);
        }
    }

    /// Gives the variables of a scope their first values.
    pub(super) fn enter_scope(&mut self, scope: &Scope) {
        for (index, load) in &scope.loads {
            let value = match load {
                Load::Resolve(outside) => self.resolve(outside),
                Load::Alias(slot) => self.read(*slot),
                Load::Missing => Value::Missing,
            };
            self.frame.set(*index, value);
        }
    }

    /// Takes the variables of a scope their values.
    pub(super) fn leave_scope(&mut self, scope: &Scope) {
        for index in &scope.clears {
            self.frame.set(*index, Value::Missing);
        }
    }

    /// The current activation, for a macro that outlives it.
    pub(super) fn hold_frame(&mut self) -> Rc<Activation> {
        if !self.frame.held.replace(true) {
            self.held.push(self.frame.clone());
        }
        self.frame.clone()
    }
}
