//! Jinja templates, accepted and refused as the engine that renders them parses them.

use jobbergate_jinja::{Environment, Limits, Template};

use super::SyntaxProblem;

/// Checks that `content` is a template. Nothing is rendered.
pub(super) fn check(content: &[u8]) -> Result<(), SyntaxProblem> {
    parse(content).map(drop)
}

/// The variables that a template takes from what it is rendered with; none if they can't be told.
pub(super) fn variables(content: &[u8]) -> Result<Vec<String>, SyntaxProblem> {
    let template = parse(content)?;
    let names = template.undeclared().unwrap_or_default();
    Ok(names.into_iter().map(str::to_owned).collect())
}

fn parse(content: &[u8]) -> Result<Template, SyntaxProblem> {
    let source = str::from_utf8(content).map_err(|error| {
        let before = content.iter().take(error.valid_up_to());
        let line = 1 + before.filter(|&&byte| byte == b'\n').count();
        SyntaxProblem::new("the template is not UTF-8", Some(line))
    })?;
    // How large an upload may be was decided before.
    let limits = Limits { source: usize::MAX, ..Limits::default() };
    let parsed = Environment::new(limits).parse(source);
    parsed.map_err(|error| SyntaxProblem::new(error.message(), error.line()))
}
