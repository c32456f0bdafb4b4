//! What always gives the same, computed when a template is parsed.

use std::rc::Rc;

use super::apart::is_written_as_literal;
use super::context::Context;
use super::frame::Frame;
use super::state::{Interpreter, Rendering, Surroundings};
use crate::ast::{Escape, Expression};
use crate::error::Result;
use crate::limits::{Limits, Meter};
use crate::operator::Comparison;
use crate::run::Run;
use crate::value::Value;

/// What all the expressions of a template together may use when computed ahead.
const STEPS: u64 = 100_000;
const MEMORY: usize = 1 << 20;
const SEED: u64 = 0;
/// Longest text that is kept, in bytes.
const TEXT: usize = 256;

/// Computes literals ahead, as long as that is cheap.
pub(crate) struct Folder {
    run: Run,
    nothing: Surroundings,
}

impl Folder {
    /// A folder that keeps to `limits`, and to bounds of its own.
    pub fn new(limits: &Limits) -> Self {
        let limits = Limits {
            steps: limits.steps.min(STEPS),
            memory: limits.memory.min(MEMORY),
            output: limits.output.min(TEXT),
            string: limits.string.min(MEMORY),
            ..limits.clone()
        };
        let rendering = Rc::new(Rendering { program: Default::default(), given: Vec::new() });
        let nothing =
            Surroundings { rendering, context: Context::default(), frame: Frame::new(0, None) };
        Self { run: Run::new(Meter::new(limits), SEED), nothing }
    }

    /// The text of an expression made of literals only; what fails is left to the rendering.
    pub fn text(&mut self, expression: &Expression, escape: Escape) -> Option<String> {
        if escape == Escape::Dynamic {
            return None;
        }
        self.compute(escape, |interpreter| {
            interpreter.print(expression, escape)?;
            Ok(interpreter.run.output.as_str().into())
        })
    }

    /// The value of an expression of which all that is reached is known.
    pub fn value(&mut self, expression: &Expression, escape: Escape) -> Option<Value> {
        self.compute(escape, |interpreter| interpreter.operand(expression))
    }

    /// Whether such an expression has a value that Python writes into its code.
    pub fn is_literal(&mut self, expression: &Expression, escape: Escape) -> bool {
        self.value(expression, escape).is_some_and(|value| is_written_as_literal(&value))
    }

    /// What such a comparison gives.
    pub fn comparison(
        &mut self,
        first: &Expression,
        rest: &[(Comparison, Expression)],
        escape: Escape,
    ) -> Option<bool> {
        self.compute(escape, |interpreter| interpreter.comparison(first, rest))
    }

    fn compute<T>(
        &mut self,
        escape: Escape,
        compute: impl FnOnce(&mut Interpreter) -> Result<T>,
    ) -> Option<T> {
        if self.run.meter.is_used_up() {
            return None;
        }
        // The result must not depend on what was computed before.
        self.run.random.seed(SEED);
        self.run.autoescape = escape == Escape::On;
        self.run.output.clear();
        compute(&mut Interpreter::new(&mut self.run, self.nothing.clone())).ok()
    }
}
