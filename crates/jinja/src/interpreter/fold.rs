//! What always gives the same text, computed when a template is parsed.

use std::sync::LazyLock;

use serde_json::{Map, Value as Json};

use super::Interpreter;
use super::apart::is_written_as_literal;
use crate::ast::{Comparison, Escape, Expression, Program};
use crate::error::Result;
use crate::limits::{Limits, Meter};
use crate::value::Value;

/// What all the expressions of a template together may use when computed ahead.
const STEPS: u64 = 100_000;
const MEMORY: usize = 1 << 20;
const SEED: u64 = 0;
/// Longest text that is kept, in bytes.
const TEXT: usize = 256;

/// A literal is computed without variables.
static NOTHING: LazyLock<(Program, Map<String, Json>)> = LazyLock::new(Default::default);

/// Computes literals ahead, as long as that is cheap.
#[derive(Default)]
pub(crate) struct Folder {
    /// None once there has been too much to compute.
    meter: Option<Meter>,
    /// What the last literal was computed with, with the meter.
    run: Option<Interpreter<'static>>,
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
        Self { meter: Some(Meter::new(limits)), run: None }
    }

    /// The text of an expression made of literals only; what fails is left to the rendering.
    pub fn text(&mut self, expression: &Expression, escape: Escape) -> Option<String> {
        if escape == Escape::Dynamic {
            return None;
        }
        self.compute(escape, |run| {
            run.print(expression, escape)?;
            Ok(run.output.as_str().into())
        })
    }

    /// The value of an expression of which all that is reached is known.
    pub fn value(&mut self, expression: &Expression, escape: Escape) -> Option<Value> {
        self.compute(escape, |run| run.operand(expression))
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
        self.compute(escape, |run| run.comparison(first, rest))
    }

    fn compute<T>(
        &mut self,
        escape: Escape,
        compute: impl FnOnce(&mut Interpreter) -> Result<T>,
    ) -> Option<T> {
        let mut run = match self.run.take() {
            Some(run) => run,
            None => Interpreter::new(&NOTHING.0, &NOTHING.1, self.meter.take()?, SEED),
        };
        // The result must not depend on what was computed before.
        run.random.seed(SEED);
        run.autoescape = escape == Escape::On;
        run.output.clear();
        let result = compute(&mut run);
        if result.is_ok() && !run.meter.is_used_up() {
            self.run = Some(run);
        } else {
            self.meter = Some(run.finish()).filter(|meter| !meter.is_used_up());
        }
        result.ok()
    }
}
