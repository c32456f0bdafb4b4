//! Answers recorded from CPython 3.14 and PyYAML.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use crate::accepts;

#[derive(Deserialize)]
struct Case {
    b64: String,
    ok: bool,
}

/// The recorded cases on which we differ, as far as they are text.
fn disagreements(filename: &str, recorded: &str) -> (usize, Vec<String>) {
    let cases: Vec<Case> = serde_json::from_str(recorded).unwrap();
    let differs = |case: &&Case| {
        let content = STANDARD.decode(&case.b64).unwrap();
        accepts(filename, content) != case.ok
    };
    let text =
        |case: &Case| String::from_utf8_lossy(&STANDARD.decode(&case.b64).unwrap()).into_owned();
    (cases.len(), cases.iter().filter(differs).map(text).collect())
}

#[test]
fn python_is_judged_as_by_cpython() {
    let recorded = include_str!("../data/python_syntax_cases.json");
    // The interpreter of the Python server does not look at the bytes of comments; the patched one
    // that these answers are from does.
    let in_a_comment = "# \u{fffd}\n".to_owned();
    assert_eq!(disagreements("case.py", recorded), (245, vec![in_a_comment]));
}

#[test]
fn yaml_is_judged_as_by_pyyaml() {
    let recorded = include_str!("../data/yaml_cases.json");
    assert_eq!(disagreements("case.yaml", recorded), (247, vec![]));
}

/// Valid for the reference and refused here, because the parsers do not know it.
#[test]
fn the_known_disagreements_err_on_the_side_of_refusing() {
    let python = [
        "x; match; y",
        "match x:\n    case {f'': _}: pass\n",
        "from __future__ import barry_as_FLUFL\na <> b\n",
        "# coding: utf-7\nx = 1\n",
    ];
    for source in python {
        assert!(!accepts("case.py", source), "{source}");
    }
    let yaml = ["[? : a]", "[? ]", "|\n \ta\n", "!!int \u{661}\n"];
    for source in yaml {
        assert!(!accepts("case.yaml", source), "{source}");
    }
}
