//! `for`.

use std::rc::Rc;
use std::sync::Arc;

use super::data::text;
use super::{Activation, Interpreter, Loop, Place};
use crate::ast::{ExpressionKind, For, Target};
use crate::error::Result;
use crate::value::{Iter, Object, Str, Value, ViewKind, iterate, over_dict};

impl Interpreter<'_> {
    pub(super) fn for_loop(&mut self, node: &Arc<For>) -> Result<()> {
        if let Some(dict) = self.plain_entries(node)? {
            let iterated = self.iterate_entries(node, dict)?;
            self.otherwise(node, iterated)?;
            self.leave_scope(&node.scope);
            return Ok(());
        }
        let iterable = self.iterable(node)?;
        if node.recursive {
            let around = self.hold()?;
            let text = self.recursive_loop(node, around, iterable, 0)?;
            if let Value::Str(text) = text {
                self.output.push_str(&text);
            }
            return self.check_output();
        }
        self.run_loop(node, iterable, 0, None)?;
        self.leave_scope(&node.scope);
        Ok(())
    }

    pub(super) fn recursive_loop(
        &mut self,
        node: &Arc<For>,
        around: Activation,
        iterable: Value,
        depth: usize,
    ) -> Result<Value> {
        let recursion = Some((node.clone(), around));
        let text = self.activate(node.slots, Some(around), |run| {
            run.aside(|run| run.run_loop(node, iterable, depth, recursion))
        })?;
        self.meter.string(text.len())?;
        Ok(Value::Str(Str::new(text, self.escapes(node.escape))))
    }

    fn run_loop(
        &mut self,
        node: &Arc<For>,
        iterable: Value,
        depth: usize,
        recursion: Option<(Arc<For>, Activation)>,
    ) -> Result<()> {
        let mut iter = iterate(self, &iterable)?;
        let mut iterable = iterable;
        if node.filter.is_some() {
            iterable = Value::None;
            iter = self.filter_loop(node, iter)?;
        }
        let iterated = match node.loop_slot {
            None => self.iterate_plain(node, iter)?,
            Some(slot) => {
                let state = Loop::new(iterable, iter, depth, recursion);
                self.iterate_with_loop(node, slot, Rc::new(Object::Loop(state)))?
            }
        };
        self.otherwise(node, iterated)
    }

    fn otherwise(&mut self, node: &For, iterated: bool) -> Result<()> {
        if !iterated && !node.otherwise.is_empty() {
            self.enter_scope(&node.otherwise_scope);
            self.statements(&node.otherwise)?;
            self.leave_scope(&node.otherwise_scope);
        }
        Ok(())
    }

    /// What the loop goes over: [`Value::Given`] if it is a list.
    fn iterable(&mut self, node: &For) -> Result<Value> {
        if !node.recursive
            && let Some(Value::Given(place)) = self.peek(&node.iterable)
            && self.data.list(place).is_some()
        {
            self.meter.tick(node.iterable.size)?;
            return Ok(Value::Given(place));
        }
        self.evaluate(&node.iterable)
    }

    /// The dict of a loop over `dict.items()` that needs no view of them.
    fn plain_entries(&mut self, node: &For) -> Result<Option<Value>> {
        let is_plain = !node.recursive && node.loop_slot.is_none() && node.filter.is_none();
        if let ExpressionKind::Call(call) = &node.iterable.kind
            && is_plain
            && call.1.positional.is_empty()
            && call.1.is_plain()
            && let ExpressionKind::Attribute(subject, name) = &call.0.kind
            && &*name.text == "items"
            && let Target::Tuple(targets) = &node.target
            && targets.len() == 2
            && let Some(dict) = self.peek(subject)
        {
            let is_dict = match &dict {
                Value::Dict(_) => true,
                Value::Given(place) => self.data.dict(*place).is_some(),
                _ => false,
            };
            if is_dict {
                self.meter.tick(node.iterable.size)?;
                return Ok(Some(dict));
            }
        }
        Ok(None)
    }

    fn iterate_entries(&mut self, node: &For, dict: Value) -> Result<bool> {
        match dict {
            Value::Dict(dict) => self.iterate_plain(node, over_dict(&dict, ViewKind::Items, false)),
            Value::Given(place) => self.iterate_given(node, place),
            _ => Ok(false),
        }
    }

    /// Goes through the items of a dict that may become a value on the way.
    fn iterate_given(&mut self, node: &For, place: Place) -> Result<bool> {
        let Target::Tuple(targets) = &node.target else { return Ok(false) };
        let [first, second] = targets.as_slice() else { return Ok(false) };
        let Some(entries) = self.data.dict(place) else { return Ok(false) };
        for (next, (key, value)) in entries.iter().enumerate() {
            if self.data.dict(place).is_none() {
                let Value::Dict(dict) = self.data.bring_in(place) else { return Ok(true) };
                let (kind, length) = (ViewKind::Items, entries.len());
                let rest = Iter::Dict { dict, kind, next, length, reversed: false };
                return self.iterate_plain(node, rest).map(|_| true);
            }
            self.meter.tick(1)?;
            let value = self.data.refer(value);
            self.assign_item(first, text(key))?;
            self.assign_item(second, value)?;
            self.loop_body(node, next == 0)?;
        }
        self.meter.tick(1)?;
        Ok(!entries.is_empty())
    }

    fn iterate_plain(&mut self, node: &For, mut iter: Iter) -> Result<bool> {
        let mut iterated = false;
        if let Target::Tuple(targets) = &node.target
            && let [first, second] = targets.as_slice()
            && iter.has_entries()
        {
            while let Some((key, value)) = iter.next_entry(self)? {
                self.assign_item(first, key)?;
                self.assign_item(second, value)?;
                self.loop_body(node, !iterated)?;
                iterated = true;
            }
            return Ok(iterated);
        }
        if let Iter::Given { place, next } = &mut iter {
            iterated = self.iterate_list(node, *place, next)?;
        }
        while let Some(item) = iter.next(self)? {
            self.assign_item(&node.target, item)?;
            self.loop_body(node, !iterated)?;
            iterated = true;
        }
        Ok(iterated)
    }

    /// Goes through the items of a list until it becomes a value.
    fn iterate_list(&mut self, node: &For, place: Place, next: &mut usize) -> Result<bool> {
        while let Some(item) = self.data.list(place).and_then(|items| items.get(*next)) {
            self.meter.tick(1)?;
            let item = self.data.refer(item);
            self.assign_item(&node.target, item)?;
            self.loop_body(node, *next == 0)?;
            *next += 1;
        }
        Ok(*next > 0)
    }

    fn iterate_with_loop(&mut self, node: &For, slot: usize, state: Rc<Object>) -> Result<bool> {
        let Object::Loop(items) = &*state else { return Ok(false) };
        let mut iterated = false;
        while let Some(item) = items.next_item(self)? {
            if !iterated {
                self.variables.set(slot, Value::Object(state.clone()));
            }
            self.assign_item(&node.target, item)?;
            self.loop_body(node, !iterated)?;
            iterated = true;
        }
        Ok(iterated)
    }

    #[inline]
    fn assign_item(&mut self, target: &Target, item: Value) -> Result<()> {
        match target {
            Target::Name { slot, .. } => {
                self.write(*slot, item);
                Ok(())
            }
            target => self.assign(target, item),
        }
    }

    #[inline]
    fn loop_body(&mut self, node: &For, is_first: bool) -> Result<()> {
        match is_first {
            true => self.enter_scope(&node.scope),
            false => self.reenter_scope(&node.scope),
        }
        self.statements(&node.body)
    }

    /// Drops the items that the loop's `if` refuses, as they are asked for.
    fn filter_loop(&mut self, node: &Arc<For>, mut iter: Iter) -> Result<Iter> {
        let node = node.clone();
        let around = self.hold()?;
        let mut entered = false;
        Ok(Iter::Generator(Box::new(move |run| {
            let Some((condition, scope, target)) = &node.filter else { return Ok(None) };
            let outer = run.variables.switch(around);
            if !std::mem::replace(&mut entered, true) {
                run.enter_scope(scope);
            }
            let mut search = || {
                while let Some(item) = iter.next(run)? {
                    run.assign(target, item.clone())?;
                    if run.evaluate(condition)?.is_true() {
                        return Ok(Some(item));
                    }
                }
                Ok(None)
            };
            let found = search();
            run.variables.switch(outer);
            found
        })))
    }
}
