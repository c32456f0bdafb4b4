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

#[test]
fn looks_see_what_is_there() {
    for (template, text) in [
        (
            "{% for k in sizes %}{% set _ = sizes.update(s=k) %}{{ k }}{{ sizes.s }}{% endfor %}",
            "ssmm",
        ),
        ("{% for k in sizes.keys() %}{{ k }}{{ sizes[k] }}{% endfor %}", "s1m{'deep': [1, 2]}"),
        (
            "{% for v in sizes.values() %}{% set _ = sizes.update(m=3) %}{{ v }};{% endfor %}",
            "1;3;",
        ),
        (
            "{% for v in sizes.values() %}{% set _ = sizes.update(t=3) %}{{ v }};{% endfor %}",
            "line 1: dictionary changed size during iteration",
        ),
        (
            "{% for k in sizes %}{% if k == 'm' %}{% set _ = sizes.update(t=3) %}{% endif %}{{ k }}{% endfor %}",
            "line 1: dictionary changed size during iteration",
        ),
        (
            "{% for p in sizes.items() %}{{ p }}{{ p[0] }}{% endfor %}",
            "('s', 1)s('m', {'deep': [1, 2]})m",
        ),
        (
            "{{ 'a' in names }}{{ 's' in sizes }}{% set _ = names.remove('a') %}{% set _ = sizes.pop('s') %}{{ 'a' in names }}{{ 's' in sizes }}",
            "TrueTrueFalseFalse",
        ),
        (
            "{{ 'a' not in names }}{{ 1 in pairs[0] }}{{ 'one' in pairs[0] }}{{ 'x' in names[0] }}",
            "FalseTrueTrueFalse",
        ),
        (
            "{{ names|length }}{% set _ = names.append('d') %}{{ names|length }}{{ sizes|count }}{{ pairs[0]|length + sizes.m.deep|length }}",
            "3424",
        ),
        (
            "{{ rows[0].kind.x }}{{ rows[1]['n'] }}{{ rows[0]['kind'] }}{{ sizes['m'].deep[1] }}{{ pairs[1][1] }}{{ names[-1] }}{{ names[7] }}",
            "y2{'x': 'y'}2twoc",
        ),
        (
            "{{ sizes['items'] is callable }}{{ sizes.items is callable }}{{ rows[0].tags is mapping }}{{ rows[0].tags is iterable }}{{ sizes is mapping }}{{ sizes.s is integer }}{{ names[0] is string }}{{ sizes.none is none }}{{ nobody is none }}{{ nobody is defined }}{{ rows[0].n is undefined }}",
            "TrueTrueFalseTrueTrueTrueTrueFalseFalseFalseFalse",
        ),
        (
            "{% macro m(list, more=sizes) %}{% set _ = list.append('m') %}{{ list }}{{ more.s }}{% endmacro %}{{ m(names) }}{{ m(rows[0].tags) }}{{ names }}{{ rows[0].tags }}",
            "['b', 'a', 'c', 'm']1['a', 'm']1['b', 'a', 'c', 'm']['a', 'm']",
        ),
        (
            "{% macro m(a, b='B') %}{{ a }}{{ b }}{% endmacro %}{{ m(nobody) }}{{ m(names[0], empty) }}{{ m() }}{{ m(b=rows|length) }}",
            "Bb[]B2",
        ),
        (
            "{% for r in rows %}{{ loop.previtem.n }}{{ loop.nextitem.n if not loop.last }}{{ loop.previtem is defined }};{% endfor %}",
            "line 1: there is no previous item",
        ),
        (
            "{% for r in rows %}{% set _ = rows.append(1) if loop.first %}{{ loop.index }}/{{ loop.length }} {% endfor %}",
            "1/3 2/3 3/3 ",
        ),
        (
            "{% for r in rows %}{{ loop.length }}{% set _ = rows.append(1) if loop.first %}{{ loop.index }}/{{ loop.length }} {% endfor %}",
            "21/2 22/2 23/2 ",
        ),
        (
            "{% set names = names %}{{ names }}{% for n in names %}{% set names = [n] %}{{ names }}{% endfor %}{{ names }}",
            "['b', 'a', 'c']['b']['a']['c']['b', 'a', 'c']",
        ),
        (
            "{% if empty %}{% set names = 1 %}{% endif %}{{ names }}{% if rows %}{% set names = 2 %}{% endif %}{{ names }}",
            "['b', 'a', 'c']2",
        ),
        (
            "{% block one %}{{ names|length }}{% set names = 1 %}{% endblock %}{{ names|length }}{% set names = 7 %}{% block two %}{{ names }}{% endblock %}",
            "337",
        ),
        (
            "{% for (a, b), c in [[pairs[0], pairs[1]]] %}{{ a }}{{ b }}{{ c }}{% endfor %}",
            "1one[2, 'two']",
        ),
        (
            "{% for a, b in pairs %}{% set _ = pairs[1].append(3) %}{{ a }}{{ b }}{% endfor %}",
            "line 1: too many values to unpack (expected 2)",
        ),
        (
            "{{ '%s and %s' % (names[0], rows[0].kind.x) }}{{ '%s' % sizes.s }}{{ '%d' % rows[1].n }}{{ '%s' % names }}",
            "b and y12['b', 'a', 'c']",
        ),
        (
            "{{ names[0]|upper }}{{ rows[0].kind.x|default('z') }}{{ rows[1].kind.x|default('z') }}{{ pairs[0][1]|replace('o', '0') }}{{ pairs[0][1].split('n')|last }}",
            "Byz0nee",
        ),
    ] {
        assert_eq!(render(template), text, "{template}");
    }
}
