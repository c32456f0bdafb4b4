//! The whole template, and blocks.

use std::rc::Rc;
use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::context::Context;
use super::frame::Frame;
use super::state::{Interpreter, Rendering, Surroundings};
use crate::ast::{Block, Program};
use crate::error::{Error, Result};
use crate::globals;
use crate::limits::Meter;
use crate::run::Run;
use crate::value::{self, Object, Value, from_json};

/// Renders `program` with the variables in `data`.
pub(crate) fn render(
    program: &Arc<Program>,
    data: &Map<String, Json>,
    meter: Meter,
    seed: u64,
) -> Result<String> {
    if let Some(error) = &program.compile_error {
        return Err(error.clone());
    }
    let mut run = Run::new(meter, seed);
    let given = given(&mut run, program, data)?;
    let mut context = Context::default();
    if !program.blocks.is_empty() {
        context = Context::for_blocks();
        let context = context.clone();
        run.at_end(move || context.clear());
    }
    let frame = Frame::new(program.slots, None);
    let rendering = Rc::new(Rendering { program: program.clone(), given });
    let here = Surroundings { rendering, context, frame };
    let result = Interpreter::new(&mut run, here).root(program);
    let output = std::mem::take(&mut run.output);
    run.finish();
    result.map(|()| output)
}

/// What the names from outside stand for: variables passed in, or globals.
fn given(run: &mut Run, program: &Program, data: &Map<String, Json>) -> Result<Vec<Value>> {
    run.meter.list(program.outside.len())?;
    let mut values: Vec<_> = program.outside.iter().map(|_| Value::Missing).collect();
    for (name, json) in data {
        let index = program.outside_indices.get(name.as_str());
        if let Some(value) = index.and_then(|index| values.get_mut(*index)) {
            *value = from_json(run, json)?;
        }
    }
    for (value, name) in values.iter_mut().zip(&program.outside) {
        if let Value::Missing = value
            && let Some(global) = globals::find(name)
        {
            *value = Value::object(run, global)?;
        }
    }
    Ok(values)
}

impl Interpreter<'_> {
    fn root(&mut self, program: &Program) -> Result<()> {
        if let Some(slot) = program.self_slot {
            let template = self.template()?;
            self.here.frame.set(slot, template);
        }
        self.enter_scope(&program.scope);
        self.statements(&program.body)
    }

    /// The variable `self`, which finds blocks.
    fn template(&mut self) -> Result<Value> {
        let here = self.here.clone();
        let find = move |run: &mut Run, name: &str| {
            let blocks = &here.rendering.program.blocks;
            let Some(block) = blocks.iter().find(|block| &*block.name == name) else {
                return Ok(None);
            };
            let (name, block, here) = ((&*block.name).into(), block.clone(), here.clone());
            let write = move |run: &mut Run| Interpreter::new(run, here.clone()).block(&block);
            let block = value::BlockReference { name, write: Box::new(write) };
            Value::object(run, Object::BlockReference(block)).map(Some)
        };
        Value::object(self.run, Object::TemplateReference(Box::new(find)))
    }

    pub(super) fn block(&mut self, block: &Block) -> Result<()> {
        if block.required {
            return Err(Error::runtime(format!("required block '{}' not found", block.name)));
        }
        self.activate(block.slots, None, |interpreter| {
            if let Some(slot) = block.self_slot {
                let template = interpreter.template()?;
                interpreter.here.frame.set(slot, template);
            }
            if let Some(slot) = block.super_slot {
                let message = format!("there is no parent block called '{}'", block.name);
                let missing = Value::hint(interpreter.run, message)?;
                interpreter.here.frame.set(slot, missing);
            }
            interpreter.enter_scope(&block.scope);
            interpreter.statements(&block.body)
        })
    }
}
