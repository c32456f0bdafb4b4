//! Lists and dicts of the caller behave as one Python object each, however they are reached.
//!
//! Each text is what Python's Jinja2 gives.

use jobbergate_jinja::{Environment, Limits};
use serde_json::json;

fn render(template: &str) -> String {
    let context = json!({
        "rows": [{"n": 1, "tags": ["a"], "kind": {"x": "y"}}, {"n": 2, "tags": [], "kind": {}}],
        "pairs": [[1, "one"], [2, "two"]],
        "names": ["b", "a", "c"],
        "sizes": {"s": 1, "m": {"deep": [1, 2]}},
        "tree": [{"v": 1, "sub": [{"v": 2, "sub": []}]}],
        "empty": [],
    });
    let context = context.as_object().cloned().unwrap_or_default();
    let template = Environment::new(Limits::default()).parse(template);
    template
        .and_then(|template| template.render(&context))
        .unwrap_or_else(|error| error.to_string())
}

#[test]
fn changes_are_seen_on_every_way() {
    for (template, text) in [
        ("{% set _ = rows[0].tags.append('b') %}{{ rows[0].tags }}", "['a', 'b']"),
        ("{% for r in rows %}{% set _ = r.update(n=9) %}{% endfor %}{{ rows[1].n }}", "9"),
        (
            "{% for r in rows %}{% set _ = r.tags.append(r.n) %}{% endfor %}{{ rows|map(attribute='tags')|list }}",
            "[['a', 1], [2]]",
        ),
        ("{% for r in rows %}{% set _ = rows[1].update(n=7) %}{{ r.n }}{% endfor %}", "17"),
        (
            "{% for r in rows %}{% set _ = r.kind.update(x=5) %}{{ r.kind.x }}{{ rows[loop.index0].kind }}{% endfor %}",
            "5{'x': 5}5{'x': 5}",
        ),
        (
            "{% for n in names %}{% if loop.first %}{% set _ = names.append('z') %}{% endif %}{{ n }}{% endfor %}",
            "bacz",
        ),
        ("{% for n in names %}{{ n }}{% set _ = names.pop() %}{% endfor %}", "ba"),
        (
            "{% for n in names %}{% set _ = names.sort() %}{{ n }}{% endfor %}{{ names }}",
            "bbc['a', 'b', 'c']",
        ),
        (
            "{% for k, v in sizes.items() %}{% set _ = sizes.update(m=3) %}{{ k }}{{ v }} {% endfor %}",
            "s1 m3 ",
        ),
        (
            "{% for k, v in sizes.items() %}{% set _ = sizes.update(t=3) %}{{ k }}{% endfor %}",
            "line 1: dictionary changed size during iteration",
        ),
        (
            "{% for k, v in sizes.items() %}{{ k }}{% if loop.last %}{{ v.deep }}{% endif %}{% endfor %}",
            "sm[1, 2]",
        ),
        (
            "{% if not empty %}{% set _ = empty.append(1) %}{% endif %}{% if empty %}{{ empty }}{% endif %}",
            "[1]",
        ),
        (
            "{% macro m(x) %}{% set _ = x.append(0) %}{% endmacro %}{% for r in rows %}{{ m(r.tags) }}{% endfor %}{{ rows[1].tags }}",
            "[0]",
        ),
        ("{% block b scoped %}{% set _ = names.append(1) %}{% endblock %}{{ names|length }}", "4"),
    ] {
        assert_eq!(render(template), text, "{template}");
    }
}

#[test]
fn what_is_one_object_stays_one() {
    for (template, text) in [
        ("{{ rows is sameas rows }}{{ rows[0] is sameas(rows|first) }}", "TrueTrue"),
        ("{% for r in rows %}{{ r is sameas rows[loop.index0] }}{% endfor %}", "TrueTrue"),
        ("{% for n in names %}{{ n is sameas names[loop.index0] }}{% endfor %}", "TrueTrueTrue"),
        (
            "{% for r in rows %}{{ r.kind.x is sameas r.kind.x }}{{ r.kind is sameas r['kind'] }}{% endfor %}",
            "TrueTrueFalseTrue",
        ),
        (
            "{% set a = sizes.m %}{{ a is sameas sizes.m }}{{ a.deep is sameas sizes['m'].deep }}",
            "TrueTrue",
        ),
        ("{% for k, v in sizes.items() %}{{ v is sameas sizes[k] }}{% endfor %}", "TrueTrue"),
    ] {
        assert_eq!(render(template), text, "{template}");
    }
}

#[test]
fn loops_know_their_items() {
    for (template, text) in [
        (
            "{% for r in rows %}{{ loop.previtem }}{{ loop.nextitem }};{% endfor %}",
            "{'n': 2, 'tags': [], 'kind': {}};{'n': 1, 'tags': ['a'], 'kind': {'x': 'y'}};",
        ),
        (
            "{% for r in rows %}{{ loop.length }}{{ loop.revindex }}{{ loop.last }}{{ r.n }} {% endfor %}",
            "22False1 21True2 ",
        ),
        ("{% for r in rows %}{{ loop|map('first')|map(attribute='n')|list }}{% endfor %}", "[2]"),
        (
            "{% for a, b in pairs %}{{ a }}{{ b }}{{ loop.changed(a) }}{% endfor %}",
            "1oneTrue2twoTrue",
        ),
        ("{% for r in rows if r.tags %}{{ r.n }}{{ loop.length }}{% else %}none{% endfor %}", "11"),
        ("{% for r in rows if r.n > 5 %}{{ r.n }}{% else %}none{% endfor %}", "none"),
        ("{% for r in tree recursive %}{{ r.v }}{{ loop(r.sub) }}{% endfor %}", "12"),
        (
            "{% for r in rows %}{% for t in r.tags %}{{ t }}{% else %}-{% endfor %}{% endfor %}",
            "a-",
        ),
        (
            "{% for k in sizes %}{{ k }}{% endfor %}{% for k, v in sizes.m.items() %}{{ k }}{{ v }}{% endfor %}",
            "smdeep[1, 2]",
        ),
        (
            "{% for a in pairs %}{{ a }}{{ a[1] }}{{ a|length }}{% endfor %}",
            "[1, 'one']one2[2, 'two']two2",
        ),
        (
            "{% for n in names %}{% for m in names %}{{ n ~ m }}{% endfor %}{% endfor %}",
            "bbbabcabaaaccbcacc",
        ),
        (
            "{{ rows[0].gone is defined }}{% for r in rows %}{{ r.gone is defined }}{{ r.gone|default('d') }}{% endfor %}",
            "FalseFalsedFalsed",
        ),
        (
            "{% for r in rows %}{{ r.gone.more }}{% endfor %}",
            "line 1: 'dict object' has no attribute 'gone'",
        ),
        (
            "{% for r in rows %}{{ r.keys()|list }}{{ r.items|string|length > 5 }}{% endfor %}",
            "['n', 'tags', 'kind']True['n', 'tags', 'kind']True",
        ),
    ] {
        assert_eq!(render(template), text, "{template}");
    }
}
