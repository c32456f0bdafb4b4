//! Syntax checks of uploaded files, chosen by the suffix of the file name.

use std::{fmt, time::Duration};

use jobbergate_types::questions::Question;

mod bounded;
mod jinja;
mod python;
mod yaml;

/// How much stack a byte of source takes at most, in bytes: it may begin a nested expression.
const STACK_PER_BYTE: usize = 2048;
/// How much stack the deepest source takes that the checks let through, in bytes.
const MAX_STACK: usize = 24 << 20;

/// A check of one language: the whole file in, the first problem out.
type Check = fn(&[u8]) -> Result<(), SyntaxProblem>;

/// Every suffix that is checked, compared as written. A new language is one line here.
const CHECKS: &[(&str, Check)] = &[
    (".py", python::check),
    (".yaml", yaml::check),
    (".j2", jinja::check),
    (".jinja2", jinja::check),
];

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxProblem {
    /// What is wrong, for the person who uploaded the file.
    pub message: String,
    /// The line, counted from 1, where that is known.
    pub line: Option<usize>,
    /// Whether the check was given up, so that nothing is known to be wrong.
    pub is_unchecked: bool,
}

impl SyntaxProblem {
    fn new(message: impl Into<String>, line: Option<usize>) -> Self {
        let message = message.into();
        Self { message, line, is_unchecked: false }
    }

    fn unchecked(message: impl Into<String>) -> Self {
        Self { is_unchecked: true, ..Self::new(message, None) }
    }

    fn too_complex() -> Self {
        Self::unchecked("too complex to check")
    }

    fn in_file(self, filename: &str) -> Self {
        let place = self.line.map(|line| format!(", line {line}"));
        let message = format!("{filename}{}: {}", place.unwrap_or_default(), self.message);
        Self { message, ..self }
    }
}

impl fmt::Display for SyntaxProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for SyntaxProblem {}

/// Checks the syntax of an uploaded file.
///
/// A file whose suffix no check is registered for passes. The answer comes within about a second,
/// whatever the content; the call blocks and belongs on a thread that may.
pub fn check(filename: &str, content: &[u8]) -> Result<(), SyntaxProblem> {
    check_within(filename, content, Duration::MAX, ())
}

/// As [`check`], for as long as `time` and not longer than that takes. `held` is kept until the work
/// ends, which may be after the answer.
pub fn check_within(
    filename: &str,
    content: &[u8],
    time: Duration,
    held: impl Send + 'static,
) -> Result<(), SyntaxProblem> {
    let Some(check) = registered(filename) else { return Ok(()) };
    bounded::run(check, content, time, held).map_err(|problem| problem.in_file(filename))
}

/// The questions of a workflow file, if they stand there as plain calls; read as carefully as
/// [`check_within`] does.
pub fn questions_of_workflow(content: &[u8], held: impl Send + 'static) -> Option<Vec<Question>> {
    bounded::run(python::questions, content, Duration::MAX, held).ok().flatten()
}

/// The variables that a Jinja template takes from what it is rendered with, each once; read as
/// carefully as [`check_within`] does. None if it is no template.
pub fn variables_of_template(content: &[u8], held: impl Send + 'static) -> Vec<String> {
    bounded::run(jinja::variables, content, Duration::MAX, held).unwrap_or_default()
}

/// How much memory a check of `content` takes at most, in bytes.
pub fn memory_to_check(content: &[u8]) -> usize {
    let stack = content.len().saturating_mul(STACK_PER_BYTE).min(MAX_STACK);
    jobbergate_jinja::memory_to_parse(content).saturating_add(stack)
}

/// Whether a check is registered for the file's suffix.
pub fn is_checked(filename: &str) -> bool {
    registered(filename).is_some()
}

fn registered(filename: &str) -> Option<Check> {
    CHECKS.iter().find(|(suffix, _)| filename.ends_with(suffix)).map(|&(_, check)| check)
}
