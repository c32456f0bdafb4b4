//! What Python's Jinja2 gave for recorded templates, this engine gives.

use jobbergate_jinja::{Environment, ErrorKind, Limits};
use serde_json::{Map, Value as Json};

fn agrees(environment: &Environment, case: &Json) -> bool {
    let empty = Map::new();
    let context = case["context"].as_object().unwrap_or(&empty);
    let parsed = environment.parse(case["template"].as_str().unwrap_or_default());
    if parsed.is_ok() != (case["parse_ok"] == true) {
        return false;
    }
    let outcome = parsed.and_then(|template| template.render(context));
    if case["nondeterministic"] == true {
        return outcome.is_ok();
    }
    match (outcome, case["error_class"].as_str()) {
        (Ok(text), None) => case["expected"] == text.as_str(),
        (Err(error), Some(class)) => {
            class
                == match error.kind() {
                    ErrorKind::Syntax => "syntax",
                    ErrorKind::Undefined => "undefined",
                    ErrorKind::Security => "security",
                    _ => "other",
                }
        }
        _ => false,
    }
}

fn differing(file: &str) -> (Vec<String>, usize) {
    let cases: Vec<Json> = serde_json::from_str(file).unwrap_or_default();
    let environment = Environment::new(Limits::default());
    let differs = |case: &&Json| !agrees(&environment, case);
    let templates = cases.iter().filter(differs).map(|case| case["template"].to_string());
    (templates.collect(), cases.len())
}

#[test]
fn all_hand_written_templates_render_as_in_python() {
    let (differing, total) = differing(include_str!("data/cases.json"));
    assert_eq!((differing, total), (Vec::new(), 419));
}

#[test]
fn mutated_templates_render_as_in_python() {
    let (differing, total) = differing(include_str!("data/mutants.json"));
    assert_eq!(total, 1200);
    assert!(differing.len() * 200 <= total, "{} of {total}: {differing:#?}", differing.len());
}

/// Templates on each theme of the language, and what comparing at random brought up.
#[test]
fn every_theme_renders_as_in_python() {
    let mut themes: Json = serde_json::from_str(include_str!("data/themes.json")).unwrap();
    let context = themes["context"].take();
    let environment = Environment::new(Limits::default());
    let cases = themes["cases"].as_array_mut().unwrap();
    assert!(cases.len() > 800);
    for case in cases {
        case["context"] = context.clone();
        assert!(agrees(&environment, case), "{}", case["template"]);
    }
}

/// Python looks filters and tests up when it compiles a use, or when an item reaches a name.
#[test]
fn unknown_filters_and_tests_fail_where_they_fail_in_python() {
    let (differing, total) = differing(include_str!("data/unknown_names.json"));
    assert!(total > 150);
    assert_eq!(differing, Vec::<String>::new());
}
