//! The `loop` variable.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use super::data::Data;
use super::{Activation, Interpreter};
use crate::ast::For;
use crate::error::{Error, Result};
use crate::sandbox::LoopAttribute;
use crate::value::{Iter, Undefined, Value, equal};

/// A loop that is under way, as its body sees it.
pub(crate) struct Loop {
    iterable: Value,
    items: RefCell<Items>,
    length: Cell<Option<usize>>,
    /// Iterations before the current one; `None` before the first.
    index: Cell<Option<usize>>,
    pub depth: usize,
    changed: RefCell<Option<Vec<Value>>>,
    /// For `loop(…)`: the loop and the variables around it.
    recursion: Option<(Arc<For>, Activation)>,
}

struct Items {
    rest: Iter,
    previous: Value,
    current: Value,
    /// The item after the current one, if looked at already.
    next: Option<Value>,
}

impl Loop {
    pub(super) fn new(
        iterable: Value,
        rest: Iter,
        depth: usize,
        recursion: Option<(Arc<For>, Activation)>,
    ) -> Self {
        let items = Items { rest, previous: Value::Missing, current: Value::Missing, next: None };
        Self {
            iterable,
            items: RefCell::new(items),
            length: Cell::new(None),
            index: Cell::new(None),
            depth,
            changed: RefCell::new(None),
            recursion,
        }
    }

    /// Advances to the next item.
    pub fn next_item(&self, run: &mut Interpreter) -> Result<Option<Value>> {
        let Ok(mut items) = self.items.try_borrow_mut() else { return already_running() };
        let item = match items.next.take() {
            Some(item) => Some(item),
            None => items.rest.next(run)?,
        };
        let Some(item) = item else { return Ok(None) };
        items.previous = std::mem::replace(&mut items.current, item.clone());
        self.index.set(Some(self.index.get().map_or(0, |index| index + 1)));
        Ok(Some(item))
    }

    /// Looks at the next item.
    fn peek<T>(&self, run: &mut Interpreter, look: impl FnOnce(Option<&Value>) -> T) -> Result<T> {
        let Ok(mut items) = self.items.try_borrow_mut() else { return already_running() };
        if items.next.is_none() {
            let next = items.rest.next(run)?;
            items.next = next;
        }
        Ok(look(items.next.as_ref()))
    }

    /// An attribute that takes no computing.
    #[inline]
    pub fn simple_attribute(&self, data: &Data, attribute: LoopAttribute) -> Option<Value> {
        Some(match attribute {
            LoopAttribute::Index0 => Value::from_usize(self.index()),
            LoopAttribute::Index => Value::from_usize(self.index() + 1),
            LoopAttribute::First => Value::Bool(self.index() == 0),
            LoopAttribute::Length => Value::from_usize(self.length_of_given(data)?),
            LoopAttribute::Previous => self.previous_of_given()?,
            LoopAttribute::Last => Value::Bool(self.is_last_of_list(data)?),
            _ => return None,
        })
    }

    /// The item before, if it was passed in.
    fn previous_of_given(&self) -> Option<Value> {
        match self.items.try_borrow().ok()?.previous {
            Value::Given(place) => Some(Value::Given(place)),
            _ => None,
        }
    }

    /// As [`Loop::length`], for a loop over a list that was passed in.
    fn length_of_given(&self, data: &Data) -> Option<usize> {
        if self.length.get().is_none()
            && let Value::Given(place) = self.iterable
        {
            self.length.set(data.at(place).and_then(|list| data.length(list)));
        }
        self.length.get()
    }

    /// As [`Loop::is_last`], for a loop over a list.
    fn is_last_of_list(&self, data: &Data) -> Option<bool> {
        let mut items = self.items.try_borrow_mut().ok()?;
        if items.next.is_none() {
            items.next = items.rest.next_of_list(data)?;
        }
        Some(items.next.is_none())
    }

    pub fn index(&self) -> usize {
        self.index.get().unwrap_or(0)
    }

    pub fn is_last(&self, run: &mut Interpreter) -> Result<bool> {
        self.peek(run, |next| next.is_none())
    }

    /// The number of items; a lazy sequence is computed to its end for it.
    pub fn length(&self, run: &mut Interpreter) -> Result<usize> {
        if let Some(length) = self.length.get() {
            return Ok(length);
        }
        let length = match &self.iterable {
            Value::Undefined(_) => None,
            Value::Given(place) => {
                let length = self.length_of_given(&run.data);
                length.or_else(|| run.data.value_at(*place).length())
            }
            iterable => iterable.length(),
        };
        let length = match length {
            Some(length) => length,
            None => self.exhaust(run)?,
        };
        self.length.set(Some(length));
        Ok(length)
    }

    fn exhaust(&self, run: &mut Interpreter) -> Result<usize> {
        let Ok(mut items) = self.items.try_borrow_mut() else { return already_running() };
        let mut rest = Vec::new();
        while let Some(item) = items.rest.next(run)? {
            rest.push(item);
            run.meter.items(1)?;
        }
        let seen = self.index.get().map_or(0, |index| index + 1);
        let length = rest.len() + seen + usize::from(items.next.is_some());
        items.rest = Iter::Items(rest.into_iter());
        Ok(length)
    }

    pub fn previous(&self, run: &mut Interpreter) -> Value {
        match &self.items.borrow().previous {
            Value::Missing => hint("there is no previous item"),
            item => run.brought_in(item.clone()),
        }
    }

    pub fn following(&self, run: &mut Interpreter) -> Result<Value> {
        let next = self.peek(run, |next| next.cloned())?;
        Ok(next.map_or_else(|| hint("there is no next item"), |item| run.brought_in(item)))
    }

    /// Whether the values differ from those of the last call.
    pub fn changed(&self, run: &mut Interpreter, values: Vec<Value>) -> Result<bool> {
        let last = self.changed.borrow().clone();
        if let Some(last) = last
            && equal(run, &Value::tuple(last), &Value::tuple(values.clone()))?
        {
            return Ok(false);
        }
        self.changed.replace(Some(values));
        Ok(true)
    }

    pub fn describe(&self, run: &mut Interpreter) -> Result<String> {
        Ok(format!("<LoopContext {}/{}>", self.index() + 1, self.length(run)?))
    }

    /// `loop(iterable)` in a recursive loop.
    pub fn recurse(&self, run: &mut Interpreter, iterable: &Value) -> Result<Value> {
        let Some((node, around)) = &self.recursion else {
            let message = "the loop must have the 'recursive' marker to be called recursively";
            return Err(Error::type_error(message));
        };
        run.recursive_loop(node, *around, iterable.clone(), self.depth + 1)
    }
}

fn hint(message: &str) -> Value {
    Value::undefined(Undefined::Hint(message.into()))
}

fn already_running<T>() -> Result<T> {
    Err(Error::value_error("generator already executing"))
}
