//! The variables of one call of a macro, block, recursive loop, or of the template itself.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::context::missing;
use super::data::{Data, absent};
use super::{Interpreter, Place};
use crate::ast::{Expression, ExpressionKind, Load, Scope, Slot};
use crate::sandbox::{self, AttributeName};
use crate::value::{Object, Value};

/// Slots for variables, and the activation around.
pub(crate) struct Activation {
    slots: RefCell<Vec<Value>>,
    parent: Option<Rc<Activation>>,
    held: Cell<bool>,
}

impl Activation {
    pub fn new(slots: usize, parent: Option<Rc<Self>>) -> Rc<Self> {
        let slots = RefCell::new(missing(slots));
        Rc::new(Self { slots, parent, held: Cell::new(false) })
    }

    pub fn set(&self, index: usize, value: Value) {
        // The old value is dropped after the borrow ends.
        let old = match self.slots.borrow_mut().get_mut(index) {
            Some(slot) => std::mem::replace(slot, value),
            None => value,
        };
        old.discard();
    }

    #[inline]
    pub fn get(&self, index: usize) -> Value {
        match self.slots.borrow().get(index) {
            Some(value) => value.clone(),
            None => Value::Missing,
        }
    }

    /// Writes a variable of this function that is a text; whether it is one.
    #[inline]
    pub fn write_text(&self, slot: Slot, output: &mut String) -> bool {
        if slot.hops > 0 {
            return false;
        }
        match self.slots.borrow().get(slot.index) {
            Some(Value::Str(text)) => output.push_str(text),
            _ => return false,
        }
        true
    }

    /// Looks at a variable where it is.
    #[inline]
    pub fn with<T>(&self, slot: Slot, look: impl FnOnce(&Value) -> T) -> Option<T> {
        self.outwards(slot.hops)?.slots.borrow().get(slot.index).map(look)
    }

    pub fn is_missing(&self, index: usize) -> bool {
        matches!(self.slots.borrow().get(index), None | Some(Value::Missing))
    }

    /// Looks at a variable, or at an item of a dict that is named as an attribute, where it is;
    /// both may be [`Value::Missing`].
    #[inline]
    pub fn look<T>(
        &self,
        data: &mut Data,
        place: &Expression,
        look: impl FnOnce(&Value) -> T,
    ) -> Option<T> {
        match &place.kind {
            ExpressionKind::Name { slot, .. } => {
                match self.outwards(slot.hops)?.slots.borrow().get(slot.index)? {
                    Value::Given(_) => None,
                    value => Some(look(value)),
                }
            }
            ExpressionKind::Attribute(subject, name)
                if let ExpressionKind::Name { slot, .. } = &subject.kind =>
            {
                match self.outwards(slot.hops)?.slots.borrow().get(slot.index)? {
                    Value::Dict(dict) if name.is_dict_item() => {
                        let entries = dict.entries.borrow();
                        Some(look(entries.get_text(&name.text).unwrap_or(&Value::Missing)))
                    }
                    Value::Given(place) => match data.attribute(*place, name)? {
                        Value::Given(_) => None,
                        value => Some(look(&value)),
                    },
                    Value::Object(object) => Some(look(&Self::simple_attribute(object, name)?)),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// An attribute of a variable, if the variable is a dict or the attribute easily found; it
    /// may be [`Value::Given`].
    #[inline]
    pub fn attribute(&self, data: &mut Data, slot: Slot, name: &AttributeName) -> Option<Value> {
        match self.outwards(slot.hops)?.slots.borrow().get(slot.index)? {
            subject @ Value::Dict(dict) if name.is_dict_item() => {
                Some(sandbox::dict_item(subject, dict, name))
            }
            Value::Given(place) => match data.attribute(*place, name)? {
                Value::Missing => Some(absent(name)),
                value => Some(value),
            },
            Value::Object(object) => Self::simple_attribute(object, name),
            _ => None,
        }
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

    /// An attribute of `loop` that takes no computing.
    pub fn simple_attribute(object: &Object, name: &AttributeName) -> Option<Value> {
        match (object, name.of_loop) {
            (Object::Loop(state), Some(attribute)) => state.simple_attribute(attribute),
            _ => None,
        }
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
    /// The value in `slot`, [`Value::Missing`] or [`Value::Given`].
    #[inline]
    pub(super) fn read(&self, slot: Slot) -> Value {
        match self.frame.outwards(slot.hops) {
            Some(frame) => frame.get(slot.index),
            None => Value::Missing,
        }
    }

    /// The value in `slot`, which is [`Value::Given`], as templates may see it.
    #[cold]
    pub(super) fn bring_in(&mut self, slot: Slot, place: Place) -> Value {
        let value = self.data.bring_in(place);
        self.write(slot, value.clone());
        value
    }

    pub(super) fn write(&mut self, slot: Slot, value: Value) {
        if let Some(frame) = self.frame.outwards(slot.hops) {
            frame.set(slot.index, value);
        }
    }

    /// Gives the variables of a scope their first values.
    #[inline]
    pub(super) fn enter_scope(&mut self, scope: &Scope) {
        for (index, load) in &scope.loads {
            let value = match load {
                Load::Resolve(outside) => self.resolve(*outside),
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
