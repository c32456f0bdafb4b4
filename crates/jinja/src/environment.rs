//! The entrance: parse a template, render it.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};

use foldhash::quality::RandomState;
use serde_json::{Map, Value as Json};

use crate::ast::Program;
use crate::attributes;
use crate::error::{Error, ErrorKind, Result};
use crate::interpreter;
use crate::limits::{Limits, Meter};
use crate::parser;
use crate::scope;

/// How many parsed templates are kept.
const CACHE_TEMPLATES: usize = 256;
/// How much memory the kept templates may take together, in bytes.
const CACHE_BYTES: usize = 24 << 20;
/// What a tree takes at most for each word and each sign of its source, in bytes.
const TREE: usize = 192;

/// Parses and renders templates within [`Limits`]. Cheap to clone; clones share the cache of
/// parsed templates.
///
/// ```
/// use jobbergate_jinja::{Environment, Limits};
///
/// let environment = Environment::new(Limits::default());
/// let context = serde_json::Map::from_iter([("name".to_string(), "lbm".into())]);
/// assert_eq!(environment.parse("{{ name|upper }}")?.render(&context)?, "LBM");
/// # Ok::<(), jobbergate_jinja::Error>(())
/// ```
#[derive(Clone)]
pub struct Environment {
    limits: Limits,
    seed: Option<u64>,
    cache: Arc<Mutex<Cache>>,
}

impl Environment {
    /// An environment whose `random` filter and `lipsum` differ from render to render.
    pub fn new(limits: Limits) -> Self {
        Self { limits, seed: None, cache: Arc::default() }
    }

    /// Makes `random` and `lipsum` give the same in every render.
    #[must_use]
    pub fn with_seed(self, seed: u64) -> Self {
        Self { seed: Some(seed), ..self }
    }

    /// What its templates are rendered within.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Checks the syntax of a template and prepares it for rendering.
    ///
    /// As in Python's Jinja2, unknown filters and tests, and a few other mistakes, are found only
    /// when the template is rendered.
    ///
    /// # Errors
    /// [`ErrorKind::Syntax`] with the line;
    /// [`ErrorKind::Limit`] for sources too large or nested too deep.
    pub fn parse(&self, source: &str) -> Result<Template> {
        self.check_size(source)?;
        if let Some(program) = self.cache().get(source) {
            return Ok(self.template(program));
        }
        let (mut program, names) = parser::parse(source)?;
        scope::bind(&mut program, names, &self.limits)?;
        let program = Arc::new(program);
        self.cache().insert(source, program.clone());
        Ok(self.template(program))
    }

    pub(crate) fn check_size(&self, source: &str) -> Result<()> {
        let limit = self.limits.source;
        if source.len() <= limit {
            return Ok(());
        }
        Err(Error::limit(format!("template is larger than {limit} bytes")))
    }

    pub(crate) fn template(&self, program: Arc<Program>) -> Template {
        Template { program, limits: self.limits.clone(), seed: self.seed, stop: Arc::default() }
    }

    fn cache(&self) -> std::sync::MutexGuard<'_, Cache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A parsed template. May be shared between threads.
#[derive(Clone)]
pub struct Template {
    program: Arc<Program>,
    limits: Limits,
    seed: Option<u64>,
    stop: Arc<AtomicBool>,
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment").field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Template").field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl Template {
    /// The same within other limits than the environment's.
    #[must_use]
    pub fn within(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// The same, whose renders end soon after `stop` is set, as if a limit was reached.
    #[must_use]
    pub fn stopped_by(self, stop: Arc<AtomicBool>) -> Self {
        Self { stop, ..self }
    }

    /// Renders with the variables in `context`. Those that the template names are copied, and
    /// charged to [`Limits::memory`].
    ///
    /// # Errors
    /// Whatever the template does that Python would refuse, as the
    /// [`ErrorKind`] says, and with the line unless it fails before the first;
    /// [`ErrorKind::Limit`] once a limit is reached or it is
    /// [stopped](Template::stopped_by). The text written until then is lost.
    pub fn render(&self, context: &Map<String, Json>) -> Result<String> {
        let seed = self.seed.unwrap_or_else(|| fastrand::u64(..));
        let meter = Meter::new(self.limits.clone()).stopped_by(self.stop.clone());
        interpreter::render(&self.program, context, meter, seed)
    }

    /// The names of the variables that the template takes from its context, each once, as Python's
    /// `jinja2.meta.find_undeclared_variables` finds them: what is set before it is used is none
    /// of them, and neither are globals such as `range`. What is set in one branch of an `if` only
    /// is one, and so is what a `block` uses.
    ///
    /// # Errors
    /// For filters and tests that do not exist, and what else is found wrong beyond the syntax.
    ///
    /// ```
    /// use jobbergate_jinja::{Environment, Limits};
    ///
    /// let environment = Environment::new(Limits::default());
    /// let template = environment.parse("{% set n = nodes * 2 %}{{ n }} {{ range(n) | join(sep) }}")?;
    /// assert_eq!(template.undeclared()?, ["nodes", "sep"]);
    /// # Ok::<(), jobbergate_jinja::Error>(())
    /// ```
    pub fn undeclared(&self) -> Result<Vec<&str>> {
        match &self.program.compile_error {
            Some(error) if error.kind() == ErrorKind::Syntax => Err(error.clone()),
            _ => Ok(self.program.undeclared.iter().map(|name| &**name).collect()),
        }
    }

    /// The attributes and items that the template asks of an [undeclared](Template::undeclared)
    /// variable by name, each once: `{{ data.nodes }}` and `{{ data['nodes'] }}` ask `data` for
    /// `nodes`. Of a variable that the template sets somewhere, there are none.
    ///
    /// ```
    /// use jobbergate_jinja::{Environment, Limits};
    ///
    /// let environment = Environment::new(Limits::default());
    /// let template = environment.parse("{{ data.nodes }} {{ data['time'] }} {{ other.x }}")?;
    /// assert_eq!(template.undeclared_attributes("data"), ["nodes", "time"]);
    /// # Ok::<(), jobbergate_jinja::Error>(())
    /// ```
    pub fn undeclared_attributes(&self, variable: &str) -> Vec<&str> {
        attributes::asked_of(&self.program, variable)
    }
}

/// How much memory parsing `source` takes at most, in bytes. It is measured for templates, and is
/// as true for other languages of which each word and each sign makes a node or two.
pub fn memory_to_parse(source: &[u8]) -> usize {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80;
    let mut before = b' ';
    let mut parts: usize = 0;
    for &byte in source {
        let begins = is_word(byte) && !is_word(before);
        let is_sign = !is_word(byte) && !matches!(byte, b' ' | b'\t' | b'\r');
        parts += usize::from(begins || is_sign);
        before = byte;
    }
    parts.saturating_mul(TREE).saturating_add(source.len().saturating_mul(4))
}

/// Parsed templates by source, oldest dropped first.
#[derive(Default)]
struct Cache {
    programs: HashMap<Arc<str>, Arc<Program>, RandomState>,
    order: VecDeque<Arc<str>>,
    bytes: usize,
}

impl Cache {
    fn get(&self, source: &str) -> Option<Arc<Program>> {
        self.programs.get(source).cloned()
    }

    fn insert(&mut self, source: &str, program: Arc<Program>) {
        let bytes = memory_to_parse(source.as_bytes());
        if bytes > CACHE_BYTES / 4 {
            return;
        }
        let source: Arc<str> = source.into();
        if self.programs.insert(source.clone(), program).is_none() {
            self.bytes += bytes;
            self.order.push_back(source);
        }
        while self.bytes > CACHE_BYTES || self.order.len() > CACHE_TEMPLATES {
            let Some(oldest) = self.order.pop_front() else { return };
            self.bytes -= memory_to_parse(oldest.as_bytes());
            self.programs.remove(&oldest);
        }
    }
}
