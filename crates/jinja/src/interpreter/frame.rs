//! The variables of one call of a macro, block, recursive loop, or of the template itself.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::value::Value;

/// Slots, and those of the function around.
pub(super) struct Frame {
    slots: RefCell<Vec<Value>>,
    parent: Option<Rc<Frame>>,
    /// Something may still ask for it after the call has ended.
    is_held: Cell<bool>,
}

impl Frame {
    pub fn new(slots: usize, parent: Option<Rc<Self>>) -> Rc<Self> {
        let slots = RefCell::new((0..slots).map(|_| Value::Missing).collect());
        Rc::new(Self { slots, parent, is_held: Cell::new(false) })
    }

    /// Looks at the value in a slot, or at [`Value::Missing`].
    #[inline]
    pub fn look<T>(&self, index: usize, look: impl FnOnce(&Value) -> T) -> T {
        look(self.slots.borrow().get(index).unwrap_or(&Value::Missing))
    }

    #[inline]
    pub fn set(&self, index: usize, value: Value) {
        let _old = match self.slots.borrow_mut().get_mut(index) {
            Some(slot) => std::mem::replace(slot, value),
            None => value,
        };
    }

    /// The frame so many functions outwards.
    pub fn outwards(&self, hops: usize) -> Option<&Self> {
        (0..hops).try_fold(self, |frame, _| frame.parent.as_deref())
    }

    /// Notes that something may hold the frame, with those around it; the ones that are new to it.
    pub fn hold(self: &Rc<Self>) -> Vec<Rc<Self>> {
        let mut held = Vec::new();
        let mut next = Some(self);
        while let Some(frame) = next.filter(|frame| !frame.is_held.replace(true)) {
            held.push(frame.clone());
            next = frame.parent.as_ref();
        }
        held
    }

    /// The memory it takes, in bytes.
    pub fn size(&self) -> usize {
        size_of::<Self>() + self.slots.borrow().len() * size_of::<Value>()
    }

    pub fn clear(&self) {
        drop(self.slots.take());
    }
}
