//! Jinja templates, accepted and refused as the engine that renders them parses them.

use jobbergate_jinja::{Environment, Limits};

use super::SyntaxProblem;

/// Checks that `content` is a template. Nothing is rendered.
pub(super) fn check(content: &[u8]) -> Result<(), SyntaxProblem> {
    let source = str::from_utf8(content).map_err(|error| {
        let before = content.iter().take(error.valid_up_to());
        let line = 1 + before.filter(|&&byte| byte == b'\n').count();
        SyntaxProblem::new("the template is not UTF-8", Some(line))
    })?;
    // How large an upload may be was decided before.
    let limits = Limits { source: usize::MAX, ..Limits::default() };
    let parsed = Environment::new(limits).parse(source);
    parsed.map_err(|error| SyntaxProblem::new(error.message(), error.line()))?;
    Ok(())
}
