//! Python source, accepted and refused as `ast.parse` of CPython 3.14 does, but for comments, whose
//! bytes the Python server does not look at.

mod comments;
mod encoding;
mod limits;
mod refusals;

use encoding::Decoded;
use jobbergate_questions::derive::from_workflow;
use jobbergate_types::questions::Question;
use ruff_python_ast::{ModModule, PythonVersion};
use ruff_python_parser::{Mode, ParseError, ParseErrorType, ParseOptions, Parsed, parse_unchecked};
use ruff_text_size::TextSize;

use super::SyntaxProblem;

pub(super) fn check(content: &[u8]) -> Result<(), SyntaxProblem> {
    let Decoded { text, undecodable } = encoding::decode(content)?;
    limits::check(&text)?;
    let options = ParseOptions::from(Mode::Module).with_target_version(PythonVersion::PY314);
    let Some(parsed) = parse_unchecked(&text, options).try_into_module() else { return Ok(()) };
    if let Some(place) = comments::first_outside(parsed.tokens(), &undecodable) {
        return Err(encoding::not_utf8(Some(line_at(&text, place))));
    }
    match first_problem(&text, &parsed) {
        Some((cause, place)) => Err(SyntaxProblem::new(cause, Some(line_at(&text, place)))),
        None => Ok(()),
    }
}

/// The questions of a workflow, if they stand there.
pub(super) fn questions(content: &[u8]) -> Result<Option<Vec<Question>>, SyntaxProblem> {
    let Decoded { text, .. } = encoding::decode(content)?;
    limits::check(&text)?;
    Ok(from_workflow(&text))
}

fn first_problem(source: &str, parsed: &Parsed<ModModule>) -> Option<(String, TextSize)> {
    let mut errors = parsed.errors().iter();
    if let Some(error) = errors.find(|error| !is_bare_raise(source, error)) {
        return Some((error.error.to_string(), error.location.start()));
    }
    if let Some(error) = parsed.unsupported_syntax_errors().first() {
        return Some((error.to_string(), error.range.start()));
    }
    refusals::find(source, parsed)
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
