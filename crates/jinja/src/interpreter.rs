//! Walks the tree and writes the text.

mod apart;
mod assign;
mod call;
mod context;
mod data;
mod direct;
mod evaluate;
mod fold;
mod look;
mod loop_variable;
mod loops;
mod macros;
mod output;
mod statement;
mod variable;
mod variables;

use serde_json::{Map, Value as Json};

pub(crate) use context::Context;
pub(crate) use data::{Data, Place};
pub(crate) use fold::Folder;
pub(crate) use loop_variable::Loop;
pub(crate) use variable::Seen;
pub(crate) use variables::Activation;

use variable::Variable;
use variables::Variables;

use crate::ast::{Block, Program};
use crate::error::{Error, Result};
use crate::limits::Meter;
use crate::value::{BlockReference, Object, Undefined, Value};

/// The state of one render.
pub(crate) struct Interpreter<'r> {
    pub meter: Meter,
    pub random: fastrand::Rng,
    pub autoescape: bool,
    /// What has been written in the innermost body that is rendered aside, or in all.
    pub output: String,
    variables: Variables<'r>,
    context: Context,
    program: &'r Program,
    pub data: Data<'r>,
    /// Values that may be part of a cycle, emptied at the end.
    noted: Vec<Value>,
    /// The text of the filter block being filtered.
    captured: Value,
    /// Nested bodies and expressions.
    level: usize,
}

/// How many levels pass between two looks at the stack.
const STACK_INTERVAL: usize = 4;
/// What these levels need at most, in bytes.
const STACK_NEEDED: usize = 256 << 10;
const STACK_GROWTH: usize = 1 << 20;

/// Renders `program` with the variables in `data`.
pub(crate) fn render(
    program: &Program,
    data: &Map<String, Json>,
    meter: Meter,
    seed: u64,
) -> Result<String> {
    if let Some(error) = &program.compile_error {
        return Err(error.clone());
    }
    let mut run = Interpreter::new(program, data, meter, seed);
    let result = run.root();
    let output = std::mem::take(&mut run.output);
    run.finish();
    result.map(|()| output)
}

impl<'r> Interpreter<'r> {
    fn new(program: &'r Program, data: &'r Map<String, Json>, meter: Meter, seed: u64) -> Self {
        let data = Data::new(data);
        let given = data.variables(program);
        let context =
            if program.blocks.is_empty() { Context::default() } else { Context::for_blocks() };
        Self {
            meter,
            random: fastrand::Rng::with_seed(seed),
            autoescape: false,
            output: String::with_capacity(4 << 10),
            variables: Variables::new(program.slots, given),
            context,
            program,
            data,
            noted: Vec::new(),
            captured: Value::None,
            level: 0,
        }
    }
}

impl<'r> Interpreter<'r> {
    fn root(&mut self) -> Result<()> {
        let program = self.program;
        if let Some(slot) = program.self_slot {
            let template = Value::object(Object::Template(self.context.clone()));
            self.variables.set(slot, Variable::Value(template));
        }
        self.enter_scope(&program.scope);
        self.statements(&program.body)
    }

    /// Breaks all cycles.
    fn finish(mut self) -> Meter {
        drop(self.variables);
        for value in self.noted.drain(..) {
            match value {
                Value::List(list) => drop(list.items.take()),
                Value::Dict(dict) => drop(dict.entries.take()),
                _ => {}
            }
        }
        self.context.clear();
        self.meter
    }

    /// Notes that `item` was put into `container`, which may have closed a cycle.
    pub fn note_insertion(&mut self, container: &Value, item: &Value) {
        let may_hold_others =
            matches!(item, Value::List(_) | Value::Tuple(_) | Value::Dict(_) | Value::Object(_));
        let noted = match container {
            Value::List(list) => &list.noted,
            Value::Dict(dict) => &dict.noted,
            _ => return,
        };
        if may_hold_others && !noted.replace(true) {
            self.noted.push(container.clone());
        }
    }

    /// Runs `call` one call deeper, on more stack if the thread's runs out.
    pub fn nested<T>(&mut self, call: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.meter.enter()?;
        let result = self.deeper(call);
        self.meter.leave();
        result
    }

    /// As [`Interpreter::nested`], for the step of a lazy sequence, which counts as two calls.
    pub fn nested_lazily<T>(&mut self, call: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.meter.enter()?;
        let result = self.nested(call);
        self.meter.leave();
        result
    }

    /// Runs `call` on more stack if the thread's runs out, which every few levels is looked at.
    #[inline]
    pub fn deeper<T>(&mut self, call: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.level += 1;
        let result = match self.level % STACK_INTERVAL {
            0 => stacker::maybe_grow(STACK_NEEDED, STACK_GROWTH, || call(self)),
            _ => call(self),
        };
        self.level -= 1;
        result
    }

    /// Renders what `body` writes into a string of its own.
    pub fn aside(&mut self, body: impl FnOnce(&mut Self) -> Result<()>) -> Result<String> {
        let outer = std::mem::take(&mut self.output);
        let result = body(self);
        let text = std::mem::replace(&mut self.output, outer);
        result.map(|()| text)
    }

    /// Fails once the output is too large.
    #[inline]
    fn check_output(&self) -> Result<()> {
        if self.output.len() <= self.meter.limits.output { Ok(()) } else { self.too_large() }
    }

    #[cold]
    fn too_large(&self) -> Result<()> {
        let limit = self.meter.limits.output;
        Err(Error::limit(format!("output would be larger than {limit} bytes")))
    }

    /// The value of a name that no scope sets.
    fn resolve(&self, outside: usize) -> Variable<'r> {
        match self.context.resolve(outside) {
            Value::Missing => self.variables.given(outside),
            value => Variable::Value(value),
        }
    }

    /// The block `name`, bound to `context`.
    pub fn block_reference(&self, name: &str, context: &Context) -> Option<Value> {
        let block = self.program.blocks.iter().find(|block| &*block.name == name)?.clone();
        Some(Value::object(Object::Block(BlockReference { block, context: context.clone() })))
    }

    /// Renders a block in `context`.
    pub fn block(&mut self, block: &Block, context: Context) -> Result<()> {
        if block.required {
            return Err(Error::runtime(format!("required block '{}' not found", block.name)));
        }
        let template = Value::object(Object::Template(context.clone()));
        let outer = std::mem::replace(&mut self.context, context);
        let result = self.activate(block.slots, None, |run| {
            if let Some(slot) = block.self_slot {
                run.variables.set(slot, Variable::Value(template));
            }
            if let Some(slot) = block.super_slot {
                let message = format!("there is no parent block called '{}'", block.name);
                let hint = Value::undefined(Undefined::Hint(message));
                run.variables.set(slot, Variable::Value(hint));
            }
            run.enter_scope(&block.scope);
            run.statements(&block.body)
        });
        self.context = outer;
        result
    }
}
