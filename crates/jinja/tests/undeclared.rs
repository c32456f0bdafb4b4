//! What templates take from outside, as Python's `jinja2.meta.find_undeclared_variables` finds it.

use jobbergate_jinja::{Environment, Limits};
use serde_json::Value as Json;

fn found(template: &str) -> Json {
    let environment = Environment::new(Limits::default());
    let Ok(template) = environment.parse(template) else { return Json::Null };
    let Ok(mut names) = template.undeclared() else { return Json::Null };
    names.sort_unstable();
    names.into()
}

fn compare<'a>(pairs: impl Iterator<Item = (&'a str, &'a Json)>) -> usize {
    // Where Python fails without saying that the template is wrong, there is nothing to compare.
    let comparable: Vec<_> = pairs.filter(|(_, expected)| !expected.is_string()).collect();
    let differing: Vec<_> = comparable
        .iter()
        .filter(|(template, expected)| found(template) != **expected)
        .map(|(template, expected)| format!("{template:?}: {} and not {expected}", found(template)))
        .collect();
    assert!(differing.is_empty(), "{differing:#?}");
    comparable.len()
}

#[test]
fn the_variables_of_every_recorded_template_are_found_as_in_python() {
    let recorded: Json = serde_json::from_str(include_str!("data/undeclared.json")).unwrap();
    let cases: Json = serde_json::from_str(include_str!("data/cases.json")).unwrap();
    let mutants: Json = serde_json::from_str(include_str!("data/mutants.json")).unwrap();
    let themes: Json = serde_json::from_str(include_str!("data/themes.json")).unwrap();
    let mut compared = 0;
    for (name, templates) in
        [("cases", &cases), ("mutants", &mutants), ("themes", &themes["cases"])]
    {
        let templates = templates.as_array().unwrap().iter();
        let templates = templates.map(|case| case["template"].as_str().unwrap());
        compared += compare(templates.zip(recorded[name].as_array().unwrap()));
    }
    let more = recorded["more"].as_array().unwrap().iter();
    compared += compare(more.map(|pair| (pair[0].as_str().unwrap(), &pair[1])));
    assert!(compared > 2_500, "{compared}");
}

#[test]
fn what_a_branch_sets_in_some_cases_only_keeps_the_value_from_outside() {
    let source = "{% if c %}{% if q %}{% set x = 1 %}{% endif %}{% elif d %}{% set x = 2 %}\
        {% else %}{% set x = 3 %}{% endif %}{{ x }}";
    let template = Environment::new(Limits::default()).parse(source).unwrap();
    let context = serde_json::json!({"c": true, "x": "given"});
    assert_eq!(template.render(context.as_object().unwrap()).unwrap(), "given");
}

#[test]
fn attributes_of_a_variable_from_outside_are_found_everywhere() {
    let source = "{% if data.a %}{% for x in data.b if data.c %}{{ x.no }}{% else %}{{ data.d }}\
        {% endfor %}{% elif data.e %}{% endif %}{% macro m(p=data.f) %}{{ data.g }}{% endmacro %}\
        {% call m(data.h) %}{{ data.i }}{% endcall %}{% filter replace(data.j, 1) %}{{ data.k }}\
        {% endfilter %}{% set q = data.l %}{% set r | default(data.m) %}{{ data.n }}{% endset %}\
        {% with s = data.o %}{{ data['p'] }}{% endwith %}{% autoescape data.q %}{{ data.r }}\
        {% endautoescape %}{% block t %}{{ data.s.no }}{% endblock %}{{ other.no }}{{ data[no] }}\
        {{ data.a }}{% include data.t %}{{ data.items() }}{{ data.get('no') }}{{ data['items'] }}";
    let template = Environment::new(Limits::default()).parse(source).unwrap();
    let mut found = template.undeclared_attributes("data");
    found.sort_unstable();
    let letters: Vec<_> = ('a'..='t').map(String::from).collect();
    let mut expected: Vec<_> = letters.iter().map(String::as_str).chain(["items"]).collect();
    expected.sort_unstable();
    assert_eq!(found, expected);
}

#[test]
fn what_a_template_sets_itself_has_no_attributes_from_outside() {
    let environment = Environment::new(Limits::default());
    let template = environment.parse("{% for data in all %}{{ data.x }}{% endfor %}").unwrap();
    assert_eq!(template.undeclared_attributes("data"), [""; 0]);
}
