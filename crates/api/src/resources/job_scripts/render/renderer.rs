//! Renders and checks the files of one request within one allowance of time and memory.

use std::{
    str,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use axum::http::StatusCode;
use bytes::Bytes;
use jobbergate_file_checks::{self as file_checks, memory_to_check};
use jobbergate_jinja::{Environment, ErrorKind, Limits, Template, memory_to_parse};
use jobbergate_types::{FileType, job_scripts::RenderFromTemplateRequest};
use serde_json::{Map, Value};

use super::{MAX_SIZE, RenderedFile, SourceFile};
use crate::{
    compute::{RENDERING, Turn},
    error::{Error, InFile, Result},
    resources::{files::not_passed, job_scripts::injection::inject},
};

/// How long one request's files may take together.
const TIME: Duration = Duration::from_secs(5);
/// What one request's rendering may take beside the text that is just being written, in bytes.
const MEMORY: usize = 128 << 20;

/// Renders the files of one request.
pub(super) struct Renderer {
    jinja: Environment,
    arguments: Vec<String>,
    parameters: Map<String, Value>,
    stop: Arc<AtomicBool>,
    deadline: Instant,
    /// The memory that files take until the end: sources and what was rendered.
    kept: usize,
    /// The size of what was rendered.
    size: usize,
}

impl Renderer {
    pub(super) fn new(
        jinja: Environment,
        sources: &[SourceFile],
        request: RenderFromTemplateRequest,
        stop: Arc<AtomicBool>,
    ) -> Self {
        Self {
            jinja,
            arguments: request.sbatch_params.unwrap_or_default(),
            parameters: request.param_dict,
            stop,
            deadline: Instant::now() + TIME,
            kept: sources.iter().map(|source| source.content.len()).sum(),
            size: 0,
        }
    }

    /// Renders and checks all files. A check that doesn't end keeps the turn.
    pub(super) fn all(
        mut self,
        sources: Vec<SourceFile>,
        turn: &Arc<Turn>,
    ) -> Result<Vec<RenderedFile>> {
        let rendered: Result<Vec<_>> = sources.into_iter().map(|file| self.one(file)).collect();
        let rendered = rendered?;
        for file in &rendered {
            self.check(file, turn)?;
        }
        Ok(rendered)
    }

    fn one(&mut self, source: SourceFile) -> Result<RenderedFile> {
        let SourceFile { filename, output, file_type, content } = source;
        let content = match str::from_utf8(&content) {
            Ok(text) => self.text(&filename, file_type, text)?,
            Err(_) if file_type == FileType::Support && !is_template(&content) => content,
            Err(_) => return Err(unable(&filename, "it is not UTF-8 text")),
        };
        self.size += content.len();
        self.kept += content.len();
        if self.size > MAX_SIZE {
            return Err(Error::Unprocessable(format!(
                "The rendered files exceed {MAX_SIZE} bytes together"
            )));
        }
        Ok(RenderedFile { filename: output, file_type, content })
    }

    fn text(&mut self, filename: &str, file_type: FileType, source: &str) -> Result<Bytes> {
        let mut text = self.render(filename, source)?;
        if file_type == FileType::Entrypoint {
            text = inject(&text, &self.arguments);
        }
        text.shrink_to_fit();
        Ok(text.into())
    }

    /// Renders with the parameters at top level and, if one is not defined there, once more with
    /// all of them under `data`, as older templates have it.
    fn render(&mut self, filename: &str, source: &str) -> Result<String> {
        let tree = memory_to_parse(source.as_bytes());
        if self.kept.saturating_add(tree) > MEMORY {
            let words = format!("reading it may take more than {MEMORY} bytes of memory");
            return Err(unable(filename, words));
        }
        let template =
            self.jinja.parse(source).map_err(|error| at_fault(filename, source, &error))?;
        let first = match self.within(filename, &template, tree)?.render(&self.parameters) {
            Ok(text) => return Ok(text),
            Err(error) if error.kind() == ErrorKind::Undefined => error,
            Err(error) => return Err(self.failed(filename, source, &error)),
        };
        let template = self.within(filename, &template, tree)?;
        let parameters = Value::Object(std::mem::take(&mut self.parameters));
        let mut nested = Map::from_iter([("data".to_owned(), parameters)]);
        let rendered = template.render(&nested);
        if let Some(Value::Object(parameters)) = nested.remove("data") {
            self.parameters = parameters;
        }
        rendered.map_err(|second| {
            // A template that has its parameters under `data` lacks one of them, not `data`.
            let cause = if first.message().starts_with("'data'") { second } else { first };
            let words = format!(
                "Jinja can not render filename={filename}: {cause}; give the parameter in \
                 param_dict, or a default in the template"
            );
            let place = (cause.line(), source);
            InFile::new(StatusCode::UNPROCESSABLE_ENTITY, words, filename, place).into()
        })
    }

    /// The template within what is left of the allowance.
    fn within(&self, filename: &str, template: &Template, tree: usize) -> Result<Template> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(Error::Gone);
        }
        let time = self.deadline.saturating_duration_since(Instant::now());
        if time.is_zero() {
            return Err(unable(filename, too_long()));
        }
        let limits = Limits {
            time,
            memory: MEMORY.saturating_sub(self.kept).saturating_sub(tree),
            ..self.jinja.limits().clone()
        };
        Ok(template.clone().within(limits).stopped_by(Arc::clone(&self.stop)))
    }

    fn failed(&self, filename: &str, source: &str, error: &jobbergate_jinja::Error) -> Error {
        if error.kind() == ErrorKind::Limit && Instant::now() >= self.deadline {
            return unable(filename, too_long());
        }
        at_fault(filename, source, error)
    }

    fn check(&self, file: &RenderedFile, turn: &Arc<Turn>) -> Result<()> {
        if !file_checks::is_checked(&file.filename) {
            return Ok(());
        }
        if self.stop.load(Ordering::Relaxed) {
            return Err(Error::Gone);
        }
        if memory_to_check(&file.content).saturating_add(self.kept) > RENDERING {
            return Err(not_passed(&file.filename, "too complex to check"));
        }
        let time = self.deadline.saturating_duration_since(Instant::now());
        let checked =
            file_checks::check_within(&file.filename, &file.content, time, Arc::clone(turn));
        checked.map_err(|problem| {
            let error = not_passed(&file.filename, &problem);
            let content = String::from_utf8_lossy(&file.content);
            let place = (problem.line, &*content);
            InFile::new(error.status(), error.to_string(), &file.filename, place).into()
        })
    }
}

/// Whether something is to be put into a file that is no UTF-8 text. Data that a job reads is no
/// template, whatever its bytes look like.
fn is_template(content: &[u8]) -> bool {
    let has_mark = content.windows(2).any(|two| matches!(two, b"{{" | b"{%"));
    has_mark && !content.contains(&0)
}

fn too_long() -> String {
    format!("all files together take longer than {TIME:?}")
}

fn unable(filename: &str, cause: impl std::fmt::Display) -> Error {
    Error::Unprocessable(not_processed(filename, cause))
}

fn at_fault(filename: &str, source: &str, error: &jobbergate_jinja::Error) -> Error {
    let words = not_processed(filename, error);
    let place = (error.line(), source);
    InFile::new(StatusCode::UNPROCESSABLE_ENTITY, words, filename, place).into()
}

fn not_processed(filename: &str, cause: impl std::fmt::Display) -> String {
    format!("Unable to process jinja template filename={filename} -- {cause}")
}
