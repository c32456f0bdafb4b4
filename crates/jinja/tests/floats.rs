//! Floats keep every digit on their way in and out.

use jobbergate_jinja::{Environment, Error, Limits};
use serde_json::{Map, Value as Json};

/// How a float is written, Python's `repr` of it, and what Python's Jinja2 renders.
fn recorded() -> Vec<[String; 3]> {
    serde_json::from_str(include_str!("data/floats.json")).unwrap_or_default()
}

fn render(written: &str, passed_in: Json) -> Result<String, Error> {
    let source =
        format!("{{{{ {written} }}}}|{{{{ x }}}}|{{{{ [x] }}}}|{{{{ x + 0 }}}}|{{{{ x|tojson }}}}");
    let template = Environment::new(Limits::default()).parse(&source)?;
    template.render(&Map::from_iter([("x".to_string(), passed_in)]))
}

/// The numbers are read by Rust's own parser, so that no fault of a JSON library hides here.
#[test]
fn floats_render_as_in_python() {
    let recorded = recorded();
    assert!(recorded.len() > 200);
    for [written, repr, rendered] in recorded {
        let number: f64 = written.parse().unwrap();
        assert_eq!(number.to_bits(), repr.parse::<f64>().unwrap().to_bits(), "{written}");
        assert_eq!(render(&written, Json::from(number)).unwrap(), rendered, "{written}");
    }
}

#[test]
fn floats_in_json_are_read_to_the_last_digit() {
    let recorded = recorded();
    assert!(recorded.len() > 200);
    for [written, _, rendered] in recorded {
        let json: Json = serde_json::from_str(&written).unwrap();
        let number: f64 = written.parse().unwrap();
        assert_eq!(json.as_f64().map(f64::to_bits), Some(number.to_bits()), "{written}");
        assert_eq!(render(&written, json).unwrap(), rendered, "{written}");
    }
}
