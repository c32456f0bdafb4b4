//! `for`.

use std::rc::Rc;
use std::sync::Arc;

use serde_json::Value as Json;

use super::data::text;
use super::variable::Variable;
use super::{Activation, Interpreter, Loop};
use crate::ast::{Expression, ExpressionKind, For, Slot, Target};
use crate::error::Result;
use crate::value::{Iter, Object, Str, Value, ViewKind, iterate, over_dict};

impl<'r> Interpreter<'r> {
    pub(super) fn for_loop(&mut self, node: &Arc<For>) -> Result<()> {
        if self.simple_loop(node)? {
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

    /// Runs a loop over a list or dict that was passed in, or over a view of a dict, that needs
    /// neither a `loop` variable nor a value of what it goes over; whether it is one.
    fn simple_loop(&mut self, node: &For) -> Result<bool> {
        if node.recursive || node.loop_slot.is_some() || node.filter.is_some() {
            return Ok(false);
        }
        let (place, view) = match view(node) {
            Some((dict, kind)) => (dict, Some(kind)),
            None => (&node.iterable, None),
        };
        let iterated = match (self.variables.find(&self.data, place), view) {
            (Some(Variable::Container(json)), _) if self.data.dict(json).is_some() => {
                self.meter.tick(node.iterable.size)?;
                self.iterate_dict(node, json, view.unwrap_or(ViewKind::Keys))?
            }
            (Some(Variable::Value(Value::Dict(dict))), Some(view)) => {
                self.meter.tick(node.iterable.size)?;
                self.iterate_plain(node, over_dict(&dict, view, false))?
            }
            (Some(Variable::Container(json)), None) if self.data.list(json).is_some() => {
                self.meter.tick(node.iterable.size)?;
                self.iterate_list(node, json)?
            }
            _ => return Ok(false),
        };
        self.otherwise(node, iterated)?;
        Ok(true)
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

    /// What the loop goes over: [`Value::Given`] if it is a list that was passed in.
    fn iterable(&mut self, node: &For) -> Result<Value> {
        if !node.recursive
            && let Some(Variable::Container(json)) = self.variables.find(&self.data, &node.iterable)
            && self.data.list(json).is_some()
        {
            self.meter.tick(node.iterable.size)?;
            return Ok(self.data.keep(json));
        }
        self.evaluate(&node.iterable)
    }

    /// Goes through the items of a dict that may become a value on the way.
    fn iterate_dict(&mut self, node: &For, json: &'r Json, kind: ViewKind) -> Result<bool> {
        let Some(map) = json.as_object() else { return Ok(false) };
        let mut entries = map.iter();
        for next in 0.. {
            if self.data.dict(json).is_none() {
                let Value::Dict(dict) = self.data.value(json) else { return Ok(true) };
                let length = map.len();
                let rest = Iter::Dict { dict, kind, next, length, reversed: false };
                return self.iterate_plain(node, rest).map(|_| true);
            }
            self.meter.tick(1)?;
            let Some((key, value)) = entries.next() else { break };
            match (kind, pair(&node.target)) {
                (ViewKind::Keys, _) => self.assign_item(&node.target, Variable::Text(key))?,
                (ViewKind::Values, _) => self.assign_item(&node.target, Variable::of(value))?,
                (ViewKind::Items, Some((first, second))) => {
                    self.assign_item(first, Variable::Text(key))?;
                    self.assign_item(second, Variable::of(value))?;
                }
                (ViewKind::Items, None) => {
                    let items = vec![text(key), self.value_of(Variable::of(value))];
                    self.assign_item(&node.target, Variable::Value(Value::tuple(items)))?;
                }
            }
            self.loop_body(node, next == 0)?;
        }
        Ok(!map.is_empty())
    }

    fn iterate_plain(&mut self, node: &For, mut iter: Iter) -> Result<bool> {
        let mut iterated = false;
        if let Some((first, second)) = pair(&node.target)
            && iter.has_entries()
        {
            while let Some((key, value)) = iter.next_entry(self)? {
                self.assign_item(first, Variable::Value(key))?;
                self.assign_item(second, Variable::Value(value))?;
                self.loop_body(node, !iterated)?;
                iterated = true;
            }
            return Ok(iterated);
        }
        while let Some(item) = iter.next(self)? {
            let item = self.data.held(item);
            self.assign_item(&node.target, item)?;
            self.loop_body(node, !iterated)?;
            iterated = true;
        }
        Ok(iterated)
    }

    /// Goes through the items of a list that may become a value on the way.
    fn iterate_list(&mut self, node: &For, json: &'r Json) -> Result<bool> {
        let mut next = 0;
        while let Some(items) = self.data.list(json) {
            self.meter.tick(1)?;
            let Some(item) = items.get(next) else { return Ok(next > 0) };
            self.assign_item(&node.target, Variable::of(item))?;
            self.loop_body(node, next == 0)?;
            next += 1;
        }
        let Value::List(list) = self.data.value(json) else { return Ok(true) };
        self.iterate_plain(node, Iter::List { list, next }).map(|_| true)
    }

    fn iterate_with_loop(&mut self, node: &For, slot: usize, state: Rc<Object>) -> Result<bool> {
        let Object::Loop(items) = &*state else { return Ok(false) };
        let mut iterated = false;
        while let Some(item) = items.next_item(self)? {
            if !iterated {
                self.variables.set(slot, Variable::Value(Value::Object(state.clone())));
            }
            let item = self.data.held(item);
            self.assign_item(&node.target, item)?;
            self.loop_body(node, !iterated)?;
            iterated = true;
        }
        Ok(iterated)
    }

    #[inline]
    fn assign_item(&mut self, target: &Target, item: Variable<'r>) -> Result<()> {
        match target {
            Target::Name { slot: Slot::Own(index), .. } => {
                self.variables.set(*index, item);
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
                    let held = run.data.held(item.clone());
                    run.assign(target, held)?;
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

/// The dict and what of it a loop goes over, if that is written as a call without arguments.
fn view(node: &For) -> Option<(&Expression, ViewKind)> {
    let ExpressionKind::Call(call) = &node.iterable.kind else { return None };
    let ExpressionKind::Attribute(subject, name) = &call.0.kind else { return None };
    let kind = match &*name.text {
        "items" => ViewKind::Items,
        "keys" => ViewKind::Keys,
        "values" => ViewKind::Values,
        _ => return None,
    };
    (call.1.positional.is_empty() && call.1.is_plain()).then_some((subject, kind))
}

/// Both targets, if there are two.
fn pair(target: &Target) -> Option<(&Target, &Target)> {
    match target {
        Target::Tuple(targets) => match targets.as_slice() {
            [first, second] => Some((first, second)),
            _ => None,
        },
        _ => None,
    }
}
