//! Renders recorded cases and compares with what Python's Jinja2 gave.
//!
//! `cargo run --release -p jobbergate-jinja --example cases -- FILE.json…` prints each difference
//! and ends with `identical N of M`.

use std::error::Error;
use std::process::ExitCode;

use jobbergate_jinja::{Environment, ErrorKind, Limits};
use serde_json::{Map, Value as Json};

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let (mut identical, mut total) = (0, 0);
    for path in std::env::args().skip(1) {
        let cases: Vec<Json> = serde_json::from_str(&std::fs::read_to_string(&path)?)?;
        let environment = Environment::new(Limits::default());
        for case in &cases {
            total += 1;
            match difference(&environment, case) {
                None => identical += 1,
                Some(difference) => println!("{path}: {}\n{difference}\n", case["template"]),
            }
        }
    }
    println!("identical {identical} of {total}");
    Ok(if identical == total { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// How the outcome differs from the recorded one, if it does.
fn difference(environment: &Environment, case: &Json) -> Option<String> {
    let source = case["template"].as_str().unwrap_or_default();
    let empty = Map::new();
    let context = case["context"].as_object().unwrap_or(&empty);
    let parsed = environment.parse(source);
    let expected_parse = case["parse_ok"].as_bool().unwrap_or(true);
    if parsed.is_ok() != expected_parse {
        return Some(format!("  parse: expected {expected_parse}, got {:?}", parsed.err()));
    }
    let outcome = parsed.and_then(|template| template.render(context));
    if case["nondeterministic"] == true {
        return outcome.err().map(|error| format!("  got {error:?}"));
    }
    let expected = match case["error_class"].as_str() {
        Some(class) => Err(class),
        None => Ok(case["expected"].as_str().unwrap_or_default()),
    };
    let got = outcome.as_deref().map_err(|error| class(error.kind()));
    (got != expected).then(|| format!("  expected {expected:?}\n  got      {outcome:?}"))
}

fn class(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Syntax => "syntax",
        ErrorKind::Undefined => "undefined",
        ErrorKind::Security => "security",
        ErrorKind::Limit | ErrorKind::Other => "other",
    }
}
