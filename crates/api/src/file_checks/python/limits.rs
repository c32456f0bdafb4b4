//! The interpreter's limits on nesting, checked on the tokens before anything recursive sees them.

mod depth;

use ruff_python_ast::token::TokenKind;
use ruff_python_parser::Mode;
use ruff_python_parser::lexer::lex;

use crate::file_checks::SyntaxProblem;
use depth::Depth;

/// Refuses source that nests deeper than CPython allows, or than a syntax tree may safely be.
pub(super) fn check(source: &str) -> Result<(), SyntaxProblem> {
    let mut lexer = lex(source, Mode::Module);
    let mut depth = Depth::default();
    loop {
        let token = lexer.next_token();
        if token == TokenKind::EndOfFile {
            return Ok(());
        }
        let step = depth.step(token);
        step.map_err(|cause| SyntaxProblem::new(cause, None))?;
    }
}
