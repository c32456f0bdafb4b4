//! The `loop` variable.

use std::cell::{Cell, RefCell};

use super::{Iter, Value, equal};
use crate::error::{Error, Result};
use crate::run::Run;

/// What `loop(iterable)` does, one level deeper.
pub(crate) type Recursion = Box<dyn Fn(&mut Run, Value, usize) -> Result<Value>>;

/// A loop that is under way, as its body sees it.
pub(crate) struct Loop {
    iterable: Value,
    items: RefCell<Items>,
    length: Cell<Option<usize>>,
    /// Iterations before the current one; `None` before the first.
    index: Cell<Option<usize>>,
    pub depth: usize,
    changed: RefCell<Option<Vec<Value>>>,
    recursion: Option<Recursion>,
}

struct Items {
    rest: Iter,
    previous: Value,
    current: Value,
    /// The item after the current one, if looked at already.
    next: Option<Value>,
}

impl Loop {
    pub fn new(iterable: Value, rest: Iter, depth: usize, recursion: Option<Recursion>) -> Self {
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

    pub fn next_item(&self, run: &mut Run) -> Result<Option<Value>> {
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
    fn peek<T>(&self, run: &mut Run, look: impl FnOnce(Option<&Value>) -> T) -> Result<T> {
        let Ok(mut items) = self.items.try_borrow_mut() else { return already_running() };
        if items.next.is_none() {
            let next = items.rest.next(run)?;
            items.next = next;
        }
        Ok(look(items.next.as_ref()))
    }

    pub fn index(&self) -> usize {
        self.index.get().unwrap_or(0)
    }

    pub fn is_last(&self, run: &mut Run) -> Result<bool> {
        self.peek(run, |next| next.is_none())
    }

    /// The number of items; a lazy sequence is computed to its end for it.
    pub fn length(&self, run: &mut Run) -> Result<usize> {
        if let Some(length) = self.length.get() {
            return Ok(length);
        }
        let length = match &self.iterable {
            Value::Undefined(_) => None,
            iterable => iterable.length(),
        };
        let length = match length {
            Some(length) => length,
            None => self.exhaust(run)?,
        };
        self.length.set(Some(length));
        Ok(length)
    }

    fn exhaust(&self, run: &mut Run) -> Result<usize> {
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

    pub fn previous(&self, run: &mut Run) -> Result<Value> {
        match &self.items.borrow().previous {
            Value::Missing => Value::hint(run, "there is no previous item"),
            item => Ok(item.clone()),
        }
    }

    pub fn following(&self, run: &mut Run) -> Result<Value> {
        let next = self.peek(run, |next| next.cloned())?;
        next.map_or_else(|| Value::hint(run, "there is no next item"), Ok)
    }

    /// Whether the values differ from those of the last call.
    pub fn changed(&self, run: &mut Run, values: Vec<Value>) -> Result<bool> {
        let last = self.changed.borrow().clone();
        if let Some(last) = last
            && equal(run, &Value::tuple(last), &Value::tuple(values.clone()))?
        {
            return Ok(false);
        }
        self.changed.replace(Some(values));
        Ok(true)
    }

    pub fn describe(&self, run: &mut Run) -> Result<String> {
        Ok(format!("<LoopContext {}/{}>", self.index() + 1, self.length(run)?))
    }

    /// `loop(iterable)` in a recursive loop.
    pub fn recurse(&self, run: &mut Run, iterable: &Value) -> Result<Value> {
        let Some(recursion) = &self.recursion else {
            let message = "the loop must have the 'recursive' marker to be called recursively";
            return Err(Error::type_error(message));
        };
        recursion(run, iterable.clone(), self.depth + 1)
    }
}

fn already_running<T>() -> Result<T> {
    Err(Error::value_error("generator already executing"))
}
