//! Work that hides in one filter or one call is counted, too.

use jobbergate_jinja::{Environment, ErrorKind, Limits};
use serde_json::Map;

fn outcome(source: &str, limits: Limits) -> Result<String, ErrorKind> {
    let template = Environment::new(limits).parse(source);
    template.and_then(|template| template.render(&Map::new())).map_err(|error| error.kind())
}

#[test]
fn lines_are_not_joined_by_more_than_a_string_may_have() {
    let limits = Limits { string: 100_000, ..Limits::default() };
    for (source, expected) in [
        ("{{ ('a' * 9)|wordwrap(1, true, 'x' * 10000)|length }}", Ok("80009".into())),
        ("{{ ('a' * 90000)|wordwrap(1, true, 'x' * 90000)|length }}", Err(ErrorKind::Limit)),
        ("{{ ('ä' * 40000)|wordwrap(1, true, 'x' * 90000)|length }}", Err(ErrorKind::Limit)),
        ("{{ ('a\n' * 40000)|wordwrap(1, true, 'x' * 90000)|length }}", Err(ErrorKind::Limit)),
    ] {
        assert_eq!(outcome(source, limits.clone()), expected, "{source}");
    }
}

#[test]
fn what_is_computed_while_parsing_is_small() {
    for source in [
        "{% if 0 %}{{ ('a' * 80000)|wordwrap(1, true, 'x' * 200000) }}{% endif %}",
        "{% if 0 %}{{ [1]|map(attribute='9' * 1000000)|list }}{% endif %}",
    ] {
        assert_eq!(outcome(source, Limits::default()), Ok(String::new()), "{source}");
    }
}

#[test]
fn each_part_of_a_path_is_a_step() {
    let limits = Limits { steps: 50_000, ..Limits::default() };
    for source in [
        "{{ range(100)|sort(attribute='real' ~ '.real' * 1000)|length }}",
        "{{ range(100)|list|sort(attribute='real' ~ ',real' * 1000)|length }}",
        "{{ range(100)|map(attribute='real' ~ '.real' * 1000)|list|length }}",
        "{{ range(100)|sum(attribute='real' ~ '.real' * 1000) }}",
    ] {
        assert_eq!(outcome(source, limits.clone()), Err(ErrorKind::Limit), "{source}");
    }
    let limits = Limits { memory: 1 << 20, ..Limits::default() };
    let keys = "{{ range(1000)|list|sort(attribute='real' ~ ',real' * 1000)|length }}";
    assert_eq!(outcome(keys, limits), Err(ErrorKind::Limit));
    let digits = "{{ [1]|map(attribute='9' * 5000)|list }}";
    assert_eq!(outcome(digits, Limits::default()), Err(ErrorKind::Other));
}

#[test]
fn keywords_are_looked_for_step_by_step() {
    let names: Vec<_> = (0..2000).map(|number| format!("a{number}=1")).collect();
    let names = names.join(",");
    let source = format!("{{% macro m({names}) %}}x{{% endmacro %}}{{{{ m({names}) }}}}");
    assert_eq!(outcome(&source, Limits::default()), Ok("x".into()));
    let limits = Limits { steps: 200_000, ..Limits::default() };
    assert_eq!(outcome(&source, limits), Err(ErrorKind::Limit));
}

#[test]
fn ranges_are_of_64_bits() {
    assert_eq!(
        outcome("{{ range(10**20, 10**20 + 3) }}", Limits::default()),
        Err(ErrorKind::Limit)
    );
}
