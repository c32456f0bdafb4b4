//! The entrance: parse a template, render it.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use foldhash::quality::RandomState;
use serde_json::{Map, Value as Json};

use crate::ast::Program;
use crate::error::{Error, Result};
use crate::interpreter;
use crate::limits::Limits;
use crate::parser;
use crate::scope;

/// How many parsed templates are kept.
const CACHE_TEMPLATES: usize = 256;
/// How many bytes of source the kept templates may have together.
const CACHE_BYTES: usize = 8 << 20;

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

    /// Checks the syntax of a template and prepares it for rendering.
    ///
    /// As in Python's Jinja2, unknown filters and tests, and a few other mistakes, are found only
    /// when the template is rendered.
    ///
    /// # Errors
    /// [`ErrorKind::Syntax`](crate::ErrorKind::Syntax) with the line;
    /// [`ErrorKind::Limit`](crate::ErrorKind::Limit) for sources too large or nested too deep.
    pub fn parse(&self, source: &str) -> Result<Template> {
        if source.len() > self.limits.source {
            let limit = self.limits.source;
            return Err(Error::limit(format!("template is larger than {limit} bytes")));
        }
        if let Some(program) = self.cache().get(source) {
            return Ok(self.template(program));
        }
        let (mut program, names) = parser::parse(source)?;
        scope::bind(&mut program, names, &self.limits)?;
        let program = Arc::new(program);
        self.cache().insert(source, program.clone());
        Ok(self.template(program))
    }

    fn template(&self, program: Arc<Program>) -> Template {
        Template { program, limits: self.limits.clone(), seed: self.seed }
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
    /// Renders with the given variables.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind); the error names the line where known.
    pub fn render(&self, context: &Map<String, Json>) -> Result<String> {
        let seed = self.seed.unwrap_or_else(|| fastrand::u64(..));
        interpreter::render(&self.program, context, self.limits.clone(), seed)
    }
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
        if source.len() > CACHE_BYTES / 4 {
            return;
        }
        let source: Arc<str> = source.into();
        if self.programs.insert(source.clone(), program).is_none() {
            self.bytes += source.len();
            self.order.push_back(source);
        }
        while self.bytes > CACHE_BYTES || self.order.len() > CACHE_TEMPLATES {
            let Some(oldest) = self.order.pop_front() else { return };
            self.bytes -= oldest.len();
            self.programs.remove(&oldest);
        }
    }
}
