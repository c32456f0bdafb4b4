//! What always gives the same text, computed when a template is parsed.

use serde_json::Map;

use super::Interpreter;
use crate::ast::{Escape, Expression, Program};
use crate::limits::{Limits, Meter};

/// What all the expressions of a template together may use when computed ahead.
const STEPS: u64 = 100_000;
const MEMORY: usize = 1 << 20;
/// Longest text that is kept, in bytes.
const TEXT: usize = 256;

/// Computes literals ahead, as long as that is cheap.
#[derive(Default)]
pub(crate) struct Folder {
    /// None once there has been too much to compute.
    meter: Option<Meter>,
}

impl Folder {
    /// A folder that keeps to `limits`, and to bounds of its own.
    pub fn new(limits: &Limits) -> Self {
        let limits = Limits {
            steps: limits.steps.min(STEPS),
            memory: limits.memory.min(MEMORY),
            output: limits.output.min(TEXT),
            ..limits.clone()
        };
        Self { meter: Some(Meter::new(limits)) }
    }

    /// The text of an expression made of literals only; what fails is left to the rendering.
    pub fn text(&mut self, expression: &Expression, escape: Escape) -> Option<String> {
        if escape == Escape::Dynamic {
            return None;
        }
        let (program, data) = (Program::default(), Map::new());
        let mut run = Interpreter::new(&program, &data, self.meter.take()?, 0);
        run.autoescape = escape == Escape::On;
        run.output = String::new();
        let result = run.print(expression, escape);
        let text = std::mem::take(&mut run.output);
        self.meter = Some(run.finish()).filter(|meter| !meter.is_used_up());
        result.ok().map(|()| text)
    }
}
