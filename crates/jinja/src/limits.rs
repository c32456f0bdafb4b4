//! The bounds of one render, and the meter that enforces them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::error::{Error, Result};

/// Bounds on what one template may use. Every field may be set freely.
///
/// ```
/// use jobbergate_jinja::{Environment, ErrorKind, Limits};
///
/// let limits = Limits { output: 10, ..Limits::default() };
/// let template = Environment::new(limits).parse("{{ 'a' * 11 }}").unwrap();
/// let error = template.render(&serde_json::Map::new()).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Limit);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// Size of a template's source, in bytes.
    pub source: usize,
    /// Evaluation steps: expressions, statements, items and characters looked at in bulk.
    pub steps: u64,
    /// Size of the rendered text, in bytes.
    pub output: usize,
    /// Nested calls of macros, blocks, recursive loops and lazy filters.
    pub depth: usize,
    /// Length of a `range`, in items.
    pub range: usize,
    /// Size of one string, in bytes.
    pub string: usize,
    /// Length of one list, tuple or dict, in items.
    pub list: usize,
    /// Size of one integer, in bits.
    pub integer_bits: u64,
    /// Memory handed out over the whole render, in bytes, whether or not freed again; the
    /// variables that the template names are part of it.
    pub memory: usize,
    /// Wall-clock time of one render. Parsing is bounded by the size of the source, and by small
    /// bounds of its own for what it computes ahead.
    pub time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            source: 4 << 20,
            steps: 20_000_000,
            output: 16 << 20,
            depth: 200,
            range: 100_000,
            string: 16 << 20,
            list: 1_000_000,
            integer_bits: 100_000,
            memory: 512 << 20,
            time: Duration::from_secs(5),
        }
    }
}

/// How many steps pass between two looks at the clock.
const CLOCK_INTERVAL: u64 = 1024;
/// A render of less time looks at the clock at once.
const SHORT: Duration = Duration::from_millis(1);

/// Bytes that a list, tuple, dict or other object takes besides its items.
const CONTAINER: usize = 64;
/// Bytes that an item of a list takes.
pub(crate) const ITEM: usize = 24;
/// Bytes that an entry of a dict takes, with its hash and its place in the table.
const ENTRY: usize = 2 * ITEM + 24;

/// Items that the shortest list has room for.
const LEAST_ITEMS: usize = 4;
/// Bytes that a string or a large integer takes besides its content.
const STRING: usize = 32;
/// Bytes that a dict or set takes besides its entries and what any container takes.
const DICT: usize = 192;

/// Counts what a render has used.
pub(crate) struct Meter {
    pub limits: Limits,
    deadline: Instant,
    steps: u64,
    next_look: u64,
    memory: usize,
    depth: usize,
    stop: Option<Arc<AtomicBool>>,
}

impl Meter {
    pub fn new(limits: Limits) -> Self {
        let now = Instant::now();
        let deadline = now.checked_add(limits.time).unwrap_or(now + Duration::from_secs(86_400));
        let first_look = if limits.time < SHORT { 1 } else { CLOCK_INTERVAL };
        let next_look = first_look.min(limits.steps);
        Self { limits, deadline, steps: 0, next_look, memory: 0, depth: 0, stop: None }
    }

    /// The same, which is used up as soon as `stop` is set.
    pub fn stopped_by(self, stop: Arc<AtomicBool>) -> Self {
        Self { stop: Some(stop), ..self }
    }

    /// Counts `steps` and looks at the clock from time to time.
    #[inline]
    pub fn tick(&mut self, steps: usize) -> Result<()> {
        self.steps = self.steps.saturating_add(steps as u64);
        if self.steps < self.next_look { Ok(()) } else { self.look() }
    }

    #[cold]
    fn look(&mut self) -> Result<()> {
        self.next_look = self.steps.saturating_add(CLOCK_INTERVAL).min(self.limits.steps);
        if self.steps >= self.limits.steps {
            let message = format!("template takes more than {} steps", self.limits.steps);
            return Err(Error::limit(message));
        }
        if self.stop.as_ref().is_some_and(|stop| stop.load(Ordering::Relaxed)) {
            return Err(Error::limit("nobody waits for it any more"));
        }
        if Instant::now() < self.deadline {
            return Ok(());
        }
        Err(Error::limit(format!("template takes longer than {:?}", self.limits.time)))
    }

    /// Allows a string of `bytes` to be built.
    #[inline]
    pub fn string(&mut self, bytes: usize) -> Result<()> {
        if bytes > self.limits.string {
            return self.exceeded("string would be larger than", self.limits.string, "bytes");
        }
        self.charge(bytes.saturating_add(STRING))?;
        self.tick(bytes / 256)
    }

    /// The size of the largest string that would be allowed.
    pub fn room(&self) -> usize {
        self.limits.string.min(self.limits.memory.saturating_sub(self.memory))
    }

    /// Allows a text of `bytes` to be looked at and written anew, at most thrice as long.
    #[inline]
    pub fn change(&mut self, bytes: usize) -> Result<()> {
        if bytes < 64 && bytes.saturating_mul(3) <= self.limits.string {
            return self.charge(bytes.saturating_mul(3));
        }
        self.string(bytes.saturating_mul(3))?;
        self.tick(bytes / 64)
    }

    /// Allows a list, tuple or dict to have `length` items.
    #[inline]
    pub fn length(&self, length: usize) -> Result<()> {
        if length <= self.limits.list {
            return Ok(());
        }
        self.exceeded("list would be longer than", self.limits.list, "items")
    }

    /// Allows a list or tuple of `items` to be built.
    #[inline]
    pub fn list(&mut self, items: usize) -> Result<()> {
        self.length(items)?;
        self.object(0)?;
        self.items(items.max(LEAST_ITEMS))
    }

    /// Counts `more` items of a list.
    #[inline]
    pub fn items(&mut self, more: usize) -> Result<()> {
        self.charge(more.saturating_mul(ITEM))?;
        self.tick(more / 16)
    }

    /// Allows a dict or set of `entries` to be built.
    #[inline]
    pub fn dict(&mut self, entries: usize) -> Result<()> {
        self.length(entries)?;
        self.object(DICT)?;
        self.entries(entries)
    }

    /// Counts `more` entries of a dict or set.
    #[inline]
    pub fn entries(&mut self, more: usize) -> Result<()> {
        self.charge(more.saturating_mul(ENTRY))?;
        self.tick(more / 8)
    }

    /// Counts an object that holds `bytes` more than any object.
    #[inline]
    pub fn object(&mut self, bytes: usize) -> Result<()> {
        self.charge(bytes.saturating_add(CONTAINER))
    }

    /// Allows an integer of `bits` to be built.
    pub fn integer(&mut self, bits: u64) -> Result<()> {
        if bits > self.limits.integer_bits {
            let limit = self.limits.integer_bits;
            return Err(Error::limit(format!("integer would be larger than {limit} bits")));
        }
        let words = usize::try_from(bits / 64).unwrap_or(usize::MAX);
        self.charge(words.saturating_mul(8).saturating_add(STRING))?;
        self.tick(words)
    }

    /// Counts memory handed out.
    #[inline]
    pub fn charge(&mut self, bytes: usize) -> Result<()> {
        self.memory = self.memory.saturating_add(bytes);
        if self.memory <= self.limits.memory {
            return Ok(());
        }
        self.exceeded("template uses more than", self.limits.memory, "bytes")
    }

    #[cold]
    fn exceeded(&self, problem: &str, limit: usize, unit: &str) -> Result<()> {
        Err(Error::limit(format!("{problem} {limit} {unit}")))
    }

    /// Whether nothing more may be computed.
    pub fn is_used_up(&self) -> bool {
        self.steps >= self.limits.steps || self.memory >= self.limits.memory
    }

    /// Enters a nested call; [`Meter::leave`] must follow.
    pub fn enter(&mut self) -> Result<()> {
        if self.depth >= self.limits.depth {
            let limit = self.limits.depth;
            return Err(Error::limit(format!("calls nested deeper than {limit}")));
        }
        self.depth += 1;
        Ok(())
    }

    pub fn leave(&mut self) {
        self.depth -= 1;
    }
}
