//! Whatever the source, the engine answers with a text or an error.

use std::time::Duration;

use jobbergate_jinja::{Environment, Limits};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Map, json};

const PIECES: &[&str] = &[
    "{{",
    "}}",
    "{%",
    "%}",
    "{#",
    "#}",
    "-",
    "+",
    "~",
    "*",
    "**",
    "//",
    "%",
    "|",
    ".",
    ",",
    ":",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "=",
    "==",
    "<",
    "if",
    "elif",
    "else",
    "endif",
    "for",
    "in",
    "endfor",
    "set",
    "endset",
    "macro",
    "endmacro",
    "call",
    "endcall",
    "filter",
    "endfilter",
    "block",
    "endblock",
    "with",
    "endwith",
    "raw",
    "endraw",
    "autoescape",
    "endautoescape",
    "recursive",
    "is",
    "not",
    "and",
    "or",
    "loop",
    "caller",
    "self",
    "namespace",
    "x",
    "y",
    "s",
    "l",
    "d",
    "1",
    "2.5",
    "99999999999999999999",
    "'a'",
    "'%s'",
    "'{}'",
    "\"é\"",
    "'\\",
    "true",
    "none",
    "upper",
    "join",
    "map",
    "sort",
    "length",
    "format",
    "append",
    "items",
    "center",
    "round",
    "tojson",
    "range",
    "cycler",
    " ",
    "\n",
    "\\",
    "é",
    "\u{301}",
    "\0",
];

fn render(source: &str) {
    let limits = Limits { time: Duration::from_millis(200), ..Limits::default() };
    let data = json!({"x": 1, "y": -2.5, "s": "Zażółć", "l": [1, "a", null], "d": {"a": {"b": 2}}});
    let empty = Map::new();
    if let Ok(template) = Environment::new(limits).parse(source) {
        drop(template.render(data.as_object().unwrap_or(&empty)));
    }
}

fn pieces(most: usize) -> impl Strategy<Value = String> {
    vec(prop::sample::select(PIECES), 0..most).prop_map(|pieces| pieces.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..Default::default() })]

    #[test]
    fn the_lexer_survives_any_text(source in any::<String>()) {
        render(&source);
        render(&format!("{{{{ {source} }}}}"));
    }

    #[test]
    fn the_parser_survives_any_tokens(source in pieces(40)) {
        render(&source);
        render(&format!("{{% {source} %}}"));
    }

    #[test]
    fn the_interpreter_survives_any_expression(
        subject in prop::sample::select(&["s", "l", "d", "x", "y", "'%5.3s%d'", "none", "u"][..]),
        call in prop::sample::select(PIECES),
        arguments in vec(prop::sample::select(&["s", "l", "d", "-1", "9999999999", "1e300", "u"][..]), 0..4),
    ) {
        let arguments = arguments.join(", ");
        render(&format!("{{{{ {subject}.{call}({arguments}) }}}}"));
        render(&format!("{{{{ {subject}|{call}({arguments}) }}}}"));
        render(&format!("{{{{ {subject} % ({arguments},) ~ {subject}[{arguments}:] }}}}"));
    }
}
