//! The variables: slots of one call of a macro, block, recursive loop, or of the template itself.

use super::context::missing;
use super::data::{Data, absent};
use super::{Interpreter, Place};
use crate::ast::{Expression, ExpressionKind, Load, Scope, Slot};
use crate::error::Result;
use crate::sandbox::{self, AttributeName};
use crate::value::{Object, Value};

/// Names a call and its variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Activation(usize);

/// The variables of one activation.
struct Frame {
    /// Empty while the activation is the current one.
    slots: Vec<Value>,
    /// The activation around.
    parent: Option<Activation>,
    /// Something may still ask for it after the call has ended.
    is_held: bool,
}

/// All variables of a render.
pub(crate) struct Variables {
    /// Those of the current activation.
    slots: Vec<Value>,
    current: Activation,
    frames: Vec<Frame>,
    /// Frames that may be used again.
    free: Vec<Activation>,
}

impl Variables {
    /// The variables of a template.
    pub fn new(slots: usize) -> Self {
        let root = Frame { slots: Vec::new(), parent: None, is_held: true };
        let (frames, free) = (vec![root], Vec::new());
        Self { slots: missing(slots), current: Activation(0), frames, free }
    }

    /// A new activation inside of `parent`.
    fn start(&mut self, slots: usize, parent: Option<Activation>) -> Activation {
        if let Some(activation) = self.free.pop()
            && let Some(frame) = self.frames.get_mut(activation.0)
        {
            frame.slots.extend((0..slots).map(|_| Value::Missing));
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
    pub fn get(&self, slot: Slot) -> Option<&Value> {
        if slot.hops == 0 { self.slots.get(slot.index) } else { self.outside(slot) }
    }

    fn outside(&self, slot: Slot) -> Option<&Value> {
        self.frames.get(self.outwards(slot.hops)?.0)?.slots.get(slot.index)
    }

    fn outwards(&self, hops: usize) -> Option<Activation> {
        (0..hops).try_fold(self.current, |activation, _| self.frames.get(activation.0)?.parent)
    }

    /// Sets a variable of the current activation.
    #[inline]
    pub fn set(&mut self, index: usize, value: Value) {
        match self.slots.get_mut(index) {
            Some(slot) => std::mem::replace(slot, value).discard(),
            None => value.discard(),
        }
    }

    fn set_outside(&mut self, slot: Slot, value: Value) {
        if let Some(activation) = self.outwards(slot.hops)
            && let Some(frame) = self.frames.get_mut(activation.0)
            && let Some(place) = frame.slots.get_mut(slot.index)
        {
            *place = value;
        }
    }

    pub fn is_missing(&self, index: usize) -> bool {
        matches!(self.slots.get(index), None | Some(Value::Missing))
    }

    /// Writes a variable of this call that is a text; whether it is one.
    #[inline]
    pub fn write_text(&self, slot: Slot, output: &mut String) -> bool {
        match self.slots.get(slot.index) {
            Some(Value::Str(text)) if slot.hops == 0 => output.push_str(text),
            _ => return false,
        }
        true
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
            ExpressionKind::Name { slot, .. } => match self.get(*slot)? {
                Value::Given(_) => None,
                value => Some(look(value)),
            },
            ExpressionKind::Attribute(subject, name)
                if let ExpressionKind::Name { slot, .. } = &subject.kind =>
            {
                match self.get(*slot)? {
                    Value::Dict(dict) if name.is_dict_item() => {
                        let entries = dict.entries.borrow();
                        Some(look(entries.get_text(&name.text).unwrap_or(&Value::Missing)))
                    }
                    Value::Given(place) => match data.attribute(*place, name)? {
                        Value::Given(_) => None,
                        value => Some(look(&value)),
                    },
                    Value::Object(object) => Some(look(&simple_attribute(data, object, name)?)),
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
        match self.get(slot)? {
            subject @ Value::Dict(dict) if name.is_dict_item() => {
                Some(sandbox::dict_item(subject, dict, name))
            }
            Value::Given(place) => match data.attribute(*place, name)? {
                Value::Missing => Some(absent(name)),
                value => Some(value),
            },
            Value::Object(object) => simple_attribute(data, object, name),
            _ => None,
        }
    }

    /// The variable's value if it is an integer.
    #[inline]
    pub fn integer(&self, slot: Slot) -> Option<i64> {
        match self.get(slot) {
            Some(Value::Int(value)) => Some(*value),
            _ => None,
        }
    }
}

/// An attribute of `loop` or of a namespace that takes no computing.
pub(super) fn simple_attribute(
    data: &mut Data,
    object: &Object,
    name: &AttributeName,
) -> Option<Value> {
    match (object, name.of_loop) {
        (Object::Loop(state), Some(attribute)) => state.simple_attribute(data, attribute),
        (Object::Namespace(dict), _) if name.is_public() => dict.get_text(&name.text),
        _ => None,
    }
}

impl Interpreter<'_> {
    /// The value in `slot`, [`Value::Missing`] or [`Value::Given`].
    #[inline]
    pub(super) fn read(&self, slot: Slot) -> Value {
        self.variables.get(slot).cloned().unwrap_or(Value::Missing)
    }

    /// The value in `slot`, which is [`Value::Given`], as templates may see it.
    #[cold]
    pub(super) fn bring_in(&mut self, slot: Slot, place: Place) -> Value {
        let value = self.data.bring_in(place);
        self.write(slot, value.clone());
        value
    }

    #[inline]
    pub(super) fn write(&mut self, slot: Slot, value: Value) {
        if slot.hops == 0 {
            self.variables.set(slot.index, value);
        } else {
            self.variables.set_outside(slot, value);
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
                Load::Missing => Value::Missing,
            };
            self.variables.set(*index, value);
        }
    }

    /// Takes the variables of a scope their values.
    #[inline]
    pub(super) fn leave_scope(&mut self, scope: &Scope) {
        for index in &scope.clears {
            self.variables.set(*index, Value::Missing);
        }
    }

    /// The current activation, for something that may outlive the call.
    pub(super) fn hold(&mut self) -> Result<Activation> {
        let Variables { slots, current, frames, .. } = &mut self.variables;
        if let Some(frame) = frames.get_mut(current.0)
            && !std::mem::replace(&mut frame.is_held, true)
        {
            self.meter.charge(size_of::<Frame>() + slots.len() * size_of::<Value>())?;
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
