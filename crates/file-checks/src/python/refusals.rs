//! What CPython refuses and the parser lets through.

use ruff_python_ast::token::TokenKind;
use ruff_python_ast::{ModModule, Stmt, StmtImportFrom};
use ruff_python_parser::Parsed;
use ruff_text_size::{Ranged, TextSize};

/// CPython's default for `sys.set_int_max_str_digits`.
const MAX_INT_DIGITS: usize = 4_300;

const FUTURE_FEATURES: &[&str] = &[
    "absolute_import",
    "annotations",
    "barry_as_FLUFL",
    "division",
    "generator_stop",
    "generators",
    "nested_scopes",
    "print_function",
    "unicode_literals",
    "with_statement",
];

/// The first such place, with its cause.
pub(super) fn find(source: &str, parsed: &Parsed<ModModule>) -> Option<(String, TextSize)> {
    let future = unknown_future(parsed.syntax());
    future.or_else(|| refused_token(source, parsed))
}

/// `from __future__ import` counts before any other statement but the docstring.
fn unknown_future(module: &ModModule) -> Option<(String, TextSize)> {
    let is_docstring =
        |stmt: &Stmt| matches!(stmt, Stmt::Expr(e) if e.value.is_string_literal_expr());
    let skipped = usize::from(module.body.first().is_some_and(is_docstring));
    let imports = module.body.iter().skip(skipped).map_while(|stmt| match stmt {
        Stmt::ImportFrom(import) if is_future(import) => Some(import),
        _ => None,
    });
    let mut names = imports.flat_map(|import| &import.names);
    let unknown = names.find(|alias| !FUTURE_FEATURES.contains(&alias.name.as_str()))?;
    let cause = format!("future feature {} is not defined", unknown.name);
    Some((cause, unknown.start()))
}

fn is_future(import: &StmtImportFrom) -> bool {
    import.level == 0 && import.module.as_ref().is_some_and(|name| name.as_str() == "__future__")
}

fn refused_token(source: &str, parsed: &Parsed<ModModule>) -> Option<(String, TextSize)> {
    let mut after_yield = false;
    for token in parsed.tokens() {
        let kind = token.kind();
        if kind == TokenKind::Int && has_too_many_digits(source.get(token.range().to_std_range())?)
        {
            let cause = format!("an integer has more than {MAX_INT_DIGITS} decimal digits");
            return Some((cause, token.start()));
        }
        if after_yield && needs_left_operand(kind) {
            return Some(("invalid syntax after yield".to_owned(), token.start()));
        }
        after_yield = kind == TokenKind::Yield;
    }
    None
}

fn has_too_many_digits(literal: &str) -> bool {
    let decimal = literal.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    let zero = literal.bytes().all(|byte| matches!(byte, b'0' | b'_'));
    decimal && !zero && literal.len() - literal.matches('_').count() > MAX_INT_DIGITS
}

/// Whether the token cannot begin what is yielded.
fn needs_left_operand(kind: TokenKind) -> bool {
    use TokenKind::{
        Amper, And, At, CircumFlex, Comma, Dot, DoubleSlash, DoubleStar, EqEqual, For, Greater,
        GreaterEqual, If, In, Is, LeftShift, Less, LessEqual, NotEqual, Or, Percent, RightShift,
        Slash, Vbar,
    };
    let compared = matches!(kind, EqEqual | NotEqual | Less | LessEqual | Greater | GreaterEqual);
    let word = matches!(kind, And | Or | In | Is | If | For);
    let bits = matches!(kind, Amper | Vbar | CircumFlex | LeftShift | RightShift);
    let arithmetic = matches!(kind, At | Slash | DoubleSlash | Percent | DoubleStar);
    compared || word || bits || arithmetic || matches!(kind, Comma | Dot)
}
