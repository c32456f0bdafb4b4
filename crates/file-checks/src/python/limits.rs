//! The interpreter's limits on nesting, checked on the tokens before anything recursive sees them.

mod depth;

use ruff_python_ast::token::TokenKind;
use ruff_python_parser::Mode;
use ruff_python_parser::lexer::lex;

use crate::SyntaxProblem;
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

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn long_is_not_deep() {
        let long = [
            format!("x = [{}]\n", "-1, 'a', f'{x}', (2), ".repeat(20_000)),
            format!("x = ({})\n", "'text'\n".repeat(30_000)),
            format!("x = {}\n", vec!["a"; 30_000].join(" and ")),
            "if x: y = -1\nelif y: z = not 2\nelse: z = -1\n".repeat(20_000),
            format!("x = {}1\n", "1 + ".repeat(19_000)),
        ];
        for source in long {
            assert_eq!(check(&source), Ok(()), "{}", &source[..40]);
        }
    }

    #[test]
    fn deep_is_refused_before_it_is_parsed() {
        let deep = [
            format!("x = {}1\n", "1 + ".repeat(21_000)),
            format!("x = {}1\n", "-".repeat(6_000)),
            format!("x = {}1\n", "1 ** ".repeat(3_000)),
            format!("x = a{}\n", "()".repeat(21_000)),
            format!("if x: y\n{}", "elif x: y\n".repeat(6_000)),
            format!("{}1{}", "[1 + ".repeat(201), "]".repeat(201)),
        ];
        for source in deep {
            assert!(check(&source).is_err(), "{}", &source[..20]);
        }
    }
}
