//! `for`.

use std::rc::Rc;
use std::sync::Arc;

use super::state::{Interpreter, Surroundings};
use crate::ast::{For, Target};
use crate::error::Result;
use crate::run::Running;
use crate::value::{Iter, Loop, Object, Recursion, Str, Value, iterate};

impl Interpreter<'_> {
    pub(super) fn for_loop(&mut self, node: &Arc<For>) -> Result<()> {
        let iterable = self.evaluate(&node.iterable)?;
        if node.recursive {
            let around = self.hold()?;
            if let Value::Str(text) = self.recursive_loop(node, around, iterable, 0)? {
                self.run.output.push_str(&text);
            }
            return self.run.check_output();
        }
        self.run_loop(node, iterable, 0, None)?;
        self.leave_scope(&node.scope);
        Ok(())
    }

    /// Runs a loop inside of what is around it, which its recursion starts from, too.
    fn recursive_loop(
        &mut self,
        node: &Arc<For>,
        around: Surroundings,
        iterable: Value,
        depth: usize,
    ) -> Result<Value> {
        let parent = around.frame.clone();
        let inner = node.clone();
        let recursion: Recursion = Box::new(move |run, iterable, depth| {
            let around = around.clone();
            Interpreter::new(run, around.clone()).recursive_loop(&inner, around, iterable, depth)
        });
        let text = self.activate(node.slots, Some(parent), |interpreter| {
            interpreter
                .aside(|interpreter| interpreter.run_loop(node, iterable, depth, Some(recursion)))
        })?;
        self.run.meter.string(text.len())?;
        Ok(Value::Str(Str::new(text, self.escapes(node.escape))))
    }

    fn run_loop(
        &mut self,
        node: &Arc<For>,
        iterable: Value,
        depth: usize,
        recursion: Option<Recursion>,
    ) -> Result<()> {
        let mut iter = iterate(self.run, &iterable)?;
        let mut iterable = iterable;
        if node.filter.is_some() {
            iterable = Value::None;
            iter = self.filter_loop(node, iter)?;
        }
        let mut iterated = false;
        if let Some(slot) = node.loop_slot {
            let state = Rc::new(Object::Loop(Loop::new(iterable, iter, depth, recursion)));
            let Object::Loop(items) = &*state else { return Ok(()) };
            while let Some(item) = items.next_item(self.run)? {
                if !iterated {
                    self.here.frame.set(slot, Value::Object(state.clone()));
                }
                iterated = true;
                self.assign(&node.target, item)?;
                self.enter_scope(&node.scope);
                self.statements(&node.body)?;
            }
        } else {
            while self.assign_next(&node.target, &mut iter)? {
                iterated = true;
                self.enter_scope(&node.scope);
                self.statements(&node.body)?;
            }
        }
        if !iterated && !node.otherwise.is_empty() {
            self.enter_scope(&node.otherwise_scope);
            self.statements(&node.otherwise)?;
            self.leave_scope(&node.otherwise_scope);
        }
        Ok(())
    }

    /// Assigns the next item, if there is one.
    fn assign_next(&mut self, target: &Target, iter: &mut Iter) -> Result<bool> {
        if let Target::Tuple(targets) = target
            && let [first, second] = targets.as_slice()
            && let Some(entry) = iter.next_entry(self.run)
        {
            let Some((key, value)) = entry? else { return Ok(false) };
            self.assign(first, key)?;
            self.assign(second, value)?;
            return Ok(true);
        }
        let Some(item) = iter.next(self.run)? else { return Ok(false) };
        self.assign(target, item)?;
        Ok(true)
    }

    /// Drops the items that the loop's `if` refuses, as they are asked for.
    fn filter_loop(&mut self, node: &Arc<For>, mut iter: Iter) -> Result<Iter> {
        let node = node.clone();
        let around = self.hold()?;
        let mut entered = false;
        Ok(Iter::Generator(Box::new(move |run| {
            let Some((condition, scope, target)) = &node.filter else { return Ok(None) };
            let mut interpreter = Interpreter::new(run, around.clone());
            if !std::mem::replace(&mut entered, true) {
                interpreter.enter_scope(scope);
            }
            while let Some(item) = iter.next(interpreter.run)? {
                interpreter.assign(target, item.clone())?;
                if interpreter.evaluate(condition)?.is_true() {
                    return Ok(Some(item));
                }
            }
            Ok(None)
        })))
    }
}
