//! Python source, accepted and refused as `ast.parse` of CPython 3.14 does.

mod encoding;
mod limits;
mod refusals;

use ruff_python_ast::PythonVersion;
use ruff_python_parser::{Mode, ParseError, ParseErrorType, ParseOptions, parse_unchecked};
use ruff_text_size::TextSize;

use super::SyntaxProblem;

/// Checks that `content` is a Python module.
pub(super) fn check(content: &[u8]) -> Result<(), SyntaxProblem> {
    let source = encoding::decode(content)?;
    limits::check(&source)?;
    match first_problem(&source) {
        Some((cause, offset)) => Err(SyntaxProblem::new(cause, Some(line_at(&source, offset)))),
        None => Ok(()),
    }
}

fn first_problem(source: &str) -> Option<(String, TextSize)> {
    let options = ParseOptions::from(Mode::Module).with_target_version(PythonVersion::PY314);
    let parsed = parse_unchecked(source, options).try_into_module()?;
    let mut errors = parsed.errors().iter();
    if let Some(error) = errors.find(|error| !is_bare_raise(source, error)) {
        return Some((error.error.to_string(), error.location.start()));
    }
    if let Some(error) = parsed.unsupported_syntax_errors().first() {
        return Some((error.to_string(), error.range.start()));
    }
    refusals::find(source, &parsed)
}

/// `raise;` is valid, though the parser misses an expression there.
fn is_bare_raise(source: &str, error: &ParseError) -> bool {
    let Some((before, after)) = source.split_at_checked(error.location.start().to_usize()) else {
        return false;
    };
    error.error == ParseErrorType::ExpectedExpression
        && before.trim_end().ends_with("raise")
        && after.trim_start().starts_with(';')
}

/// The line, counted from 1, in which the byte `offset` lies.
fn line_at(source: &str, offset: TextSize) -> usize {
    let before = source.as_bytes().iter().take(offset.to_usize());
    1 + before.filter(|&&byte| byte == b'\n').count()
}
