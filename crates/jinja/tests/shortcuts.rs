//! What is written without going through a value, or computed ahead, comes out all the same.

use jobbergate_jinja::{Environment, Error, ErrorKind, Limits, Template};
use serde_json::{Map, Value as Json, json};

fn context() -> Map<String, Json> {
    let context = json!({
        "values": [
            "", " ", "a", " spaced\t\n", "a_b__c", "/data/mesh/c.msh", "aaa", "aXaXa", "ends/", "/",
            "grüße_an_ßtraße", "日本/語_", "x".repeat(40), format!("{}_y", "x".repeat(5000)),
            0, -7, 1e-6, 2.5, 1e16, 123_456_789_012_345_678_901_f64, true, null,
            ["a_b", " c "], {"a": "b_c"}
        ],
        "user": {"name": " Ada_L ", "age": 36, "items": 1, "_private": "x"},
    });
    context.as_object().cloned().unwrap_or_default()
}

fn parse(source: &str) -> Result<Template, Error> {
    Environment::new(Limits::default()).parse(source)
}

fn render(source: &str) -> Result<String, ErrorKind> {
    parse(source).and_then(|template| template.render(&context())).map_err(|error| error.kind())
}

#[test]
fn filters_write_what_they_give() {
    let filters = [
        "trim",
        "upper",
        "lower",
        "capitalize",
        "title",
        "default",
        "default('-')",
        "default(1)",
        "default(none)",
        "replace('_', '-')",
        "replace('a', '')",
        "replace('aX', 'ß')",
        "replace('', '.')",
        "replace('_', '-', 1)",
        "string",
        "first",
        "last",
        "join",
        "join('-')",
    ];
    let formats = [
        "'%d' % x",
        "'%05d|%s' % (x, x)",
        "'%s' % x",
        "'a%3d%%' % (x,)",
        "'%02d' % (x % 7)",
        "'%s-%d'|format(x, 1)",
        "'%d%d' % x",
        "x ~ '/' ~ x",
        "(x + 1) * 2 > 3",
        "x == 0",
        "x % 2 == 1 and x < 5",
    ];
    let parts = ["split('/')", "split('aa')", "split('aX')", "split('/', 1)", "split()", "strip()"];
    let values = context()["values"].as_array().map_or(0, Vec::len);
    for index in 0..values {
        let filtered = filters.iter().map(|filter| format!("x|{filter}"));
        let split = parts
            .iter()
            .flat_map(|part| ["first", "last"].map(|end| format!("x.{part}|{end}")).into_iter());
        let formatted = formats.iter().map(|format| (*format).to_string());
        for expression in filtered.chain(split).chain(formatted) {
            let set = format!("{{% set x = values[{index}] %}}");
            let written = render(&format!("{set}{{{{ {expression} }}}}"));
            let kept = render(&format!("{set}{{% set y = {expression} %}}{{{{ y }}}}"));
            assert_eq!(written, kept, "{expression} of item {index}");
        }
    }
}

#[test]
fn attributes_and_conditions_are_those_of_values() {
    for attribute in ["name", "age", "items", "_private", "missing", "name.missing", "age.real"] {
        let written = render(&format!("{{{{ user.{attribute} }}}}"));
        let kept = render(&format!("{{% set y = user.{attribute} %}}{{{{ y }}}}"));
        assert_eq!(written, kept, "{attribute}");
        let chosen = render(&format!("{{% if user.{attribute} %}}1{{% else %}}0{{% endif %}}"));
        let valued = render(&format!("{{{{ 1 if user.{attribute} else 0 }}}}"));
        assert_eq!(chosen, valued, "{attribute}");
    }
    assert_eq!(render("{{ missing|default('x') }}{{ user.missing|d(3) }}"), Ok("x3".into()));
    assert_eq!(render("{{ missing|trim }}|{{ missing|replace('a', 'b') }}"), Ok("|".into()));
    assert_eq!(render("{{ missing.name|default('x') }}"), Err(ErrorKind::Undefined));
}

#[test]
fn safe_text_stays_safe() {
    let source = "{% autoescape true %}{% set x = '<b> '|safe %}{{ x|trim }}{{ x|upper }}\
                  {{ '<i>'|default('') }}{{ x|replace('<', '>') }}{% endautoescape %}";
    assert_eq!(render(source), Ok("<b><B> &lt;i&gt;&gt;b> ".into()));
}

#[test]
fn literals_computed_ahead_fail_only_where_they_are_reached() {
    assert_eq!(render("{% if false %}{{ 1 // 0 }}{% endif %}ok"), Ok("ok".into()));
    assert_eq!(render("{{ 1 // 0 }}"), Err(ErrorKind::Other));
    assert_eq!(render("{{ 'a' * 1000 }}"), Ok("a".repeat(1000)));
    let short = Limits { string: 10, ..Limits::default() };
    let template = Environment::new(short).parse("{{ 'a' * 11 }}").unwrap();
    assert_eq!(template.render(&Map::new()).unwrap_err().kind(), ErrorKind::Limit);
}

#[test]
fn computing_ahead_is_bounded_over_a_whole_template() {
    let source = "{{ 'a' * 200 }}{{ (7 ** 9000)|string|length }}".repeat(5000);
    let begun = std::time::Instant::now();
    assert!(parse(&source).is_ok());
    assert!(begun.elapsed().as_secs() < 10, "{:?}", begun.elapsed());
}

#[test]
fn dicts_keep_order_and_equality_of_keys_at_any_size() {
    let source = "{% set d = {1: 'int', 'a': 0} %}{% set _ = d.update({true: 'bool', 1.0: 'float'}) %}\
                  {{ d }}{{ d|length }};{% for i in range(2, 30) %}{% set _ = d.update({i: i}) %}\
                  {% endfor %}{% set _ = d.update({true: 'bool', 2.0: 'two'}) %}{{ d[1] }} {{ d[2] }} \
                  {{ d|length }} {{ d.pop('a') }} {{ d.pop(7) }} {{ d.popitem() }} {{ 'a' in d }} \
                  {{ d|list|join('.') }}";
    let keys: Vec<String> = (1..29).filter(|key| *key != 7).map(|key| key.to_string()).collect();
    let expected =
        format!("{{1: 'float', 'a': 0}}2;bool two 30 0 7 (29, 29) False {}", keys.join("."));
    assert_eq!(render(source), Ok(expected));
}

#[test]
fn integers_are_formatted_as_in_python() {
    for (format, number, text) in [
        ("%d", "0", "0"),
        ("a%%%db", "-7", "a%-7b"),
        ("%03d", "7", "007"),
        ("%03d", "-7", "-07"),
        ("%020d", "-9223372036854775808", "-9223372036854775808"),
        ("%022d", "9223372036854775807", "0009223372036854775807"),
        ("%5d", "100000", "100000"),
        ("%00d", "5", "5"),
    ] {
        let source = format!("{{% set n = {number} %}}{{{{ '{format}' % n }}}}");
        assert_eq!(render(&source).as_deref(), Ok(text), "{format}");
    }
}
