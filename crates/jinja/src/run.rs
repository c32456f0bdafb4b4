//! The state of one render that values and built-ins share.

use crate::error::{Error, Result};
use crate::limits::Meter;

/// What a render has used and written.
pub(crate) struct Run {
    pub meter: Meter,
    pub random: fastrand::Rng,
    pub autoescape: bool,
    /// What has been written in the innermost body that is rendered aside, or in all.
    pub output: String,
    /// Breaks cycles of values.
    at_end: Vec<Box<dyn FnOnce()>>,
    /// Nested bodies and expressions.
    level: usize,
}

/// How many levels pass between two looks at the stack.
const STACK_INTERVAL: usize = 4;
/// What these levels need at most, in bytes.
const STACK_NEEDED: usize = 256 << 10;
const STACK_GROWTH: usize = 1 << 20;

/// Something that runs, and has the state of it.
pub(crate) trait Running {
    fn run(&mut self) -> &mut Run;

    /// Runs `call` one call deeper, on more stack if the thread's runs out.
    fn nested<T>(&mut self, call: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.run().meter.enter()?;
        let result = self.deeper(call);
        self.run().meter.leave();
        result
    }

    /// Runs `call` on more stack if the thread's runs out, which every few levels is looked at.
    #[inline]
    fn deeper<T>(&mut self, call: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.run().level += 1;
        let result = match self.run().level % STACK_INTERVAL {
            0 => stacker::maybe_grow(STACK_NEEDED, STACK_GROWTH, || call(self)),
            _ => call(self),
        };
        self.run().level -= 1;
        result
    }

    /// Renders what `body` writes into a string of its own.
    fn aside(&mut self, body: impl FnOnce(&mut Self) -> Result<()>) -> Result<String> {
        let outer = std::mem::take(&mut self.run().output);
        let result = body(self);
        let text = std::mem::replace(&mut self.run().output, outer);
        result.map(|()| text)
    }
}

impl Running for Run {
    #[inline]
    fn run(&mut self) -> &mut Run {
        self
    }
}

impl Run {
    pub fn new(meter: Meter, seed: u64) -> Self {
        Self {
            meter,
            random: fastrand::Rng::with_seed(seed),
            autoescape: false,
            output: String::with_capacity(4 << 10),
            at_end: Vec::new(),
            level: 0,
        }
    }

    /// Has `free` called when the render ends.
    pub fn at_end(&mut self, free: impl FnOnce() + 'static) {
        self.at_end.push(Box::new(free));
    }

    /// Breaks all cycles.
    pub fn finish(mut self) -> Meter {
        self.at_end.drain(..).for_each(|free| free());
        self.meter
    }

    /// Fails once the output is too large.
    #[inline]
    pub fn check_output(&self) -> Result<()> {
        if self.output.len() <= self.meter.limits.output { Ok(()) } else { self.too_large() }
    }

    #[cold]
    fn too_large(&self) -> Result<()> {
        let limit = self.meter.limits.output;
        Err(Error::limit(format!("output would be larger than {limit} bytes")))
    }
}
