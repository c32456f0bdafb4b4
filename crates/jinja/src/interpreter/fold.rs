//! What always gives the same text, computed when a template is parsed.

use std::sync::LazyLock;

use serde_json::{Map, Value as Json};

use super::Interpreter;
use crate::ast::{Escape, Expression, Program};
use crate::limits::{Limits, Meter};

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
        let mut run = match self.run.take() {
            Some(run) => run,
            None => Interpreter::new(&NOTHING.0, &NOTHING.1, self.meter.take()?, SEED),
        };
        // The result must not depend on what was computed before.
        run.random.seed(SEED);
        run.autoescape = escape == Escape::On;
        run.output.clear();
        let result = run.print(expression, escape);
        let text = result.is_ok().then(|| run.output.as_str().into());
        if result.is_ok() && !run.meter.is_used_up() {
            self.run = Some(run);
        } else {
            self.meter = Some(run.finish()).filter(|meter| !meter.is_used_up());
        }
        text
    }
}
