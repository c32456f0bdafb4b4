//! Whatever a file consists of, there is an answer, and no parser gives up on it by a panic.

use jobbergate_file_checks::check;
use proptest::{collection::vec, prelude::*, sample::select};

/// What the answer is when a parser panicked.
const PANICKED: &str = "cannot be parsed";

const PYTHON: &[&str] = &[
    "def",
    "class",
    "f",
    "x",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ":",
    ",",
    ".",
    "...",
    "=",
    ":=",
    "->",
    "lambda",
    "async",
    "await",
    "yield",
    "from",
    "import",
    "as",
    "match",
    "case",
    "_",
    "type",
    "*",
    "**",
    "@",
    "if",
    "else",
    "elif",
    "for",
    "in",
    "not",
    "is",
    "and",
    "or",
    "try",
    "except",
    "except*",
    "finally",
    "raise",
    "with",
    "while",
    "return",
    "global",
    "nonlocal",
    "del",
    "pass",
    "1",
    "1_0",
    "0x",
    "1e",
    "1j",
    "9999999999",
    "'a'",
    "\"b\"",
    "'''",
    "\"\"\"",
    "f'{x}'",
    "f'{",
    "f\"{x!r:>{w}}\"",
    "t'{x}'",
    "rb'\\x'",
    "b'é'",
    "'\\N{DASH}'",
    "'\\x'",
    "\\\n",
    "\n",
    "\n    ",
    "\n\t",
    "\r",
    "\u{c}",
    "# -*- coding: latin-1 -*-\n",
    "#",
    "é",
    "\u{feff}",
    "\0",
    "$",
    "?",
];

const YAML: &[&str] = &[
    "a",
    "b: ",
    "? ",
    ": ",
    "- ",
    "-\n",
    "[",
    "]",
    "{",
    "}",
    ", ",
    "&x ",
    "*x",
    "<<: ",
    "!",
    "!!str ",
    "!!binary ",
    "!!timestamp ",
    "!!python/none ",
    "!<a> ",
    "|",
    ">",
    "|2-\n",
    ">+\n",
    "'",
    "''",
    "\"",
    "\"\\x4\"",
    "\"\\u263a\"",
    "#",
    " #",
    "---\n",
    "...\n",
    "%YAML 1.1\n",
    "%TAG ! tag:a,1:\n",
    "~",
    "null",
    "yes",
    "1",
    "0o7",
    "1_0:30",
    ".inf",
    "-.nan",
    "2001-12-14t21:59:43.10-05:00",
    "2001-02-30",
    "=",
    "@",
    "`",
    " ",
    "\n",
    "\n  ",
    "\n    ",
    "\t",
    "é",
    "\u{85}",
    "\u{2028}",
    "\u{feff}",
    "\0",
];

fn text(pieces: &'static [&'static str]) -> impl Strategy<Value = String> {
    (vec(select(pieces), 0..40), select(&["", " "][..]))
        .prop_map(|(pieces, between)| pieces.join(between))
}

/// The answer to `content`, which must have been found by the check itself.
fn answer(filename: &str, content: &[u8]) -> Option<String> {
    let message = check(filename, content).err()?.message;
    assert!(!message.contains("too complex"), "{content:?}: {message}");
    Some(message)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..Default::default() })]

    #[test]
    fn python_is_accepted_or_refused(source in text(PYTHON)) {
        let message = answer("a.py", source.as_bytes());
        prop_assert!(message.is_none_or(|message| !message.contains(PANICKED)));
    }

    #[test]
    fn yaml_is_accepted_or_refused(source in text(YAML)) {
        let message = answer("a.yaml", source.as_bytes());
        prop_assert!(message.is_none_or(|message| !message.contains(PANICKED)));
    }

    #[test]
    fn so_are_any_bytes(content in vec(any::<u8>(), 0..200), suffix in select(&["py", "yaml"][..])) {
        let message = answer(&format!("a.{suffix}"), &content);
        prop_assert!(message.is_none_or(|message| !message.contains(PANICKED)));
    }
}
