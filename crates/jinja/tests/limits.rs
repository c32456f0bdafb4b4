//! Nothing a template says can panic, overflow the stack, or outlast its limits.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use jobbergate_jinja::{Environment, Error, ErrorKind, Limits};
use serde_json::{Map, json};

fn render_within(limits: Limits, source: &str) -> Result<String, Error> {
    Environment::new(limits).parse(source)?.render(&Map::new())
}

/// Asserts that `source` stays within the default limits but not within `limits`.
fn assert_stopped(limits: Limits, source: &str) {
    let outcome = render_within(limits, source);
    assert_eq!(outcome.map_err(|error| error.kind()), Err(ErrorKind::Limit), "{source}");
    // A debug build on a busy machine may take long, which is no matter here.
    let ample = Limits { time: Duration::from_secs(600), ..Limits::default() };
    assert!(render_within(ample, source).is_ok(), "{source}");
}

/// Runs `test` with the stack that threads have by default.
fn on_a_small_stack(test: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(test);
    assert!(thread.is_ok_and(|thread| thread.join().is_ok()));
}

#[test]
fn steps_are_counted() {
    let limits = Limits { steps: 1000, ..Limits::default() };
    assert_stopped(limits, "{% for i in range(1000) %}{{ i }}{% endfor %}");
}

#[test]
fn a_list_that_grows_while_it_is_looped_over_ends() {
    let source = "{% set l = [1] %}{% for x in l %}{% set _ = l.append(x) %}{% endfor %}";
    let kind = render_within(Limits::default(), source).unwrap_err().kind();
    assert_eq!(kind, ErrorKind::Limit);
}

#[test]
fn output_is_bounded() {
    let limits = Limits { output: 100, ..Limits::default() };
    assert_stopped(limits.clone(), "{% for i in range(101) %}x{% endfor %}");
    assert_stopped(limits, "{{ range(100)|list }}");
}

#[test]
fn depth_of_calls_is_bounded() {
    let limits = Limits { depth: 10, ..Limits::default() };
    let source = "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(20) }}";
    assert_stopped(limits, source);
}

#[test]
fn ranges_are_bounded_as_in_the_sandbox() {
    let limits = Limits { range: 10, ..Limits::default() };
    let kind = render_within(limits, "{{ range(11) }}").unwrap_err().kind();
    assert_eq!(kind, ErrorKind::Other);
    assert!(render_within(Limits::default(), "{{ range(100000)|length }}").is_ok());
    assert!(render_within(Limits::default(), "{{ range(100001)|length }}").is_err());
}

#[test]
fn strings_are_bounded() {
    let limits = || Limits { string: 1000, ..Limits::default() };
    for source in [
        "{% set x = 'a' * 1001 %}",
        "{% set x = '%1001d' % 1 %}",
        "{% set x = '%.1001f' % 1 %}",
        "{% set x = '{:1001}'.format(1) %}",
        "{% set x = 'a'.center(1001) %}",
        "{% set x = 'a'|center(1001) %}",
        "{% set x = 'a'.ljust(1001) %}",
        "{% set x = '1'.zfill(1001) %}",
        "{% set x = '\t'.expandtabs(1001) %}",
        "{% set x = ('a' * 100).replace('a', 'b' * 20) %}",
        "{% set x = ('b' * 20).join('a' * 100) %}",
        "{% set x = ('a' * 100)|join('b' * 20) %}",
        "{% set x = 'a\nb'|indent(1000) %}",
        "{% set x = lipsum(n=5, min=200, max=201) %}",
        "{% set x = ('é' * 400)|urlencode %}",
        "{% set x = [1]|tojson(1001) %}",
    ] {
        assert_stopped(limits(), source);
    }
}

#[test]
fn lists_are_bounded() {
    let limits = || Limits { list: 100, ..Limits::default() };
    for source in [
        "{% set x = [1] * 101 %}",
        "{% set x = (1,) * 101 %}",
        "{% set x = range(101)|list %}",
        "{% set x = [1] * 99 + [2, 3] %}",
        "{% set l = [] %}{% for i in range(101) %}{% set _ = l.append(i) %}{% endfor %}",
        "{% set d = {} %}{% for i in range(101) %}{% set _ = d.update({i: i}) %}{% endfor %}",
        "{% set x = [1]|batch(101, 0)|list %}",
        "{% set x = [1]|slice(101)|list %}",
        "{% set x = ('a ' * 101).split() %}",
    ] {
        assert_stopped(limits(), source);
    }
}

#[test]
fn integers_are_bounded() {
    let limits = || Limits { integer_bits: 1000, ..Limits::default() };
    assert_stopped(limits(), "{% set x = 2 ** 1001 %}");
    assert_stopped(limits(), "{% set x = (2 ** 600) * (2 ** 600) %}");
    for source in ["{{ 2 ** (10 ** 30) }}", "{{ (10 ** 20000) ** 20000 }}"] {
        assert!(render_within(Limits::default(), source).is_err());
    }
}

#[test]
fn memory_is_bounded_over_the_whole_render() {
    let limits = Limits { memory: 1 << 20, ..Limits::default() };
    assert_stopped(limits, "{% for i in range(2000) %}{% set x = 'a' * 1000 %}{% endfor %}");
}

/// Repeats `body` with a dict, a list and a text of some size at hand.
fn repeated(times: usize, body: &str) -> String {
    format!(
        "{{% set l = range(1000)|map('string')|list %}}{{% set d = dict.fromkeys(l, 1) %}}\
         {{% set text = 'é' * 100000 %}}{{% set same = 'é' * 100000 %}}{{% set kept = [] %}}\
         {{% macro m() %}}{{% set x = kwargs %}}{{% endmacro %}}\
         {{% macro v() %}}{{% set x = varargs %}}{{% endmacro %}}\
         {{% for i in range({times}) %}}{body}{{% endfor %}}"
    )
}

#[test]
fn unpacked_arguments_are_counted() {
    let limits = || Limits { steps: 50_000, ..Limits::default() };
    for body in [
        "{% set x = dict(**d) %}",
        "{% set x = namespace(**d) %}",
        "{% set x = '{x}'.format(x=1, **d) %}",
        "{% set x = '{}'.format(*l) %}",
        "{% set x = m(**d) %}",
        "{% set x = v(*l) %}",
    ] {
        assert_stopped(limits(), &repeated(100, body));
    }
}

#[test]
fn walks_over_texts_are_counted() {
    let limits = || Limits { steps: 50_000, ..Limits::default() };
    for body in [
        "{% set x = text|int %}",
        "{% set x = text|float %}",
        "{% set x = ('1' * 100000)|int %}",
        "{% set x = text.isidentifier() %}",
        "{% set x = text.isalpha() %}",
        "{% set x = text.isascii() %}",
        "{% set x = text[5] %}",
        "{% set x = text[5:6] %}",
        "{% set x = text|random %}",
        "{% set x = text == same %}",
        "{% set x = text < same %}",
        "{% set x = text in [same] %}",
        "{% set x = [text] == [text] %}",
        "{% set x = text.startswith((same, same)) %}",
        "{% set x = {text: 1} %}",
        "{% set x = {(text, text): 1} %}",
        "{% set x = 'a'.translate(text) %}",
    ] {
        assert_stopped(limits(), &repeated(100, body));
    }
}

#[test]
fn a_key_of_a_long_text_many_times_is_refused() {
    let source = "{% set t = ('a' * 16000000,) * 10000 %}{% set x = {t: 1} %}";
    let kind = render_within(Limits::default(), source).unwrap_err().kind();
    assert_eq!(kind, ErrorKind::Limit);
}

#[test]
fn containers_are_charged_what_they_take() {
    let limits = || Limits { memory: 2 << 20, ..Limits::default() };
    for (times, body) in [
        (80, "{% set x = [1] * 1000 %}"),
        (80, "{% set x = l.copy() %}"),
        (25, "{% set x = d.copy() %}"),
        (25, "{% set x = dict(d) %}"),
        (25, "{% set x = dict(**d) %}"),
        (25, "{% set x = dict.fromkeys(l) %}"),
        (25, "{% set x = {}.update(d) %}"),
        (25, "{% set x = l|unique|list %}"),
        (15, "{% set x = d.items()|list %}"),
        (15, "{% set x = d.items()|groupby(0)|list %}"),
        (40_000, "{% set x = [] %}"),
        (40_000, "{% set x = {} %}"),
    ] {
        assert_stopped(limits(), &repeated(times, body));
    }
}

#[test]
fn lazy_sequences_are_charged_what_they_take() {
    let limits = || Limits { memory: 2 << 20, ..Limits::default() };
    for sequence in [
        "l|map('string')",
        "l|select",
        "l|unique",
        "l|batch(2)",
        "l|slice(2)",
        "l|reverse",
        "d|items",
        "d.keys()",
        "range(3)",
    ] {
        let body = format!("{{% set _ = kept.append({sequence}) %}}");
        assert_stopped(limits(), &repeated(9000, &body));
    }
}

#[test]
fn small_objects_are_charged_what_they_take() {
    let limits = || Limits { memory: 2 << 20, ..Limits::default() };
    for object in [
        "cycler(1)",
        "joiner()",
        "namespace()",
        "dict.fromkeys([])",
        "nobody",
        "d.nothing",
        "d[0]",
        "(1 if false)",
        "[]|first",
        "''.upper",
        "(1).as_integer_ratio()",
        "(0.5).as_integer_ratio()",
        "((-1) ** 0.5)",
        "range(9)[1:]",
        "m.arguments",
        "[]|last",
        "{1: 2}.popitem()",
        "loop",
    ] {
        let body = format!("{{% set _ = kept.append({object}) %}}");
        if object == "loop" {
            let nested = "{% for j in [1] %}{% set _ = kept.append(loop) %}{% endfor %}";
            assert_stopped(limits(), &repeated(20_000, nested));
        } else {
            assert_stopped(limits(), &repeated(20_000, &body));
        }
    }
}

#[test]
fn what_is_passed_in_is_charged_where_it_is_named() {
    let context = json!({
        "texts": vec!["a".repeat(1000); 100],
        "small": vec![1; 10_000],
        "dicts": vec![json!({}); 2000],
        "entries": Map::from_iter((0..2000).map(|n| (n.to_string(), json!(n)))),
        "one": "a".repeat(100_000),
    });
    let context = context.as_object().cloned().unwrap_or_default();
    let limits = Limits { memory: 80_000, ..Limits::default() };
    let environment = Environment::new(limits);
    let render = |source: &str| environment.parse(source).unwrap().render(&context);
    assert_eq!(render("{{ other is defined }}").unwrap(), "False");
    for name in context.keys() {
        let error = render(&format!("{{{{ {name} is defined }}}}")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Limit, "{name}");
        assert_eq!(error.message(), "template uses more than 80000 bytes", "{name}");
    }
}

#[test]
fn items_taken_from_the_front_are_counted() {
    let limits = || Limits { steps: 60_000, ..Limits::default() };
    let source = |take: &str| {
        format!("{{% set l = range(50000)|list %}}{{% for i in range(50) %}}{take}{{% endfor %}}")
    };
    for take in [
        "{% set _ = l.pop(0) %}",
        "{% set _ = l.insert(0, 1) %}",
        "{% set _ = l.remove(i) %}",
        "{% set _ = l.index(40000) %}",
        "{% set _ = l.count(1) %}",
    ] {
        assert_stopped(limits(), &source(take));
    }
    let pop = "{% set d = dict.fromkeys(range(10000)) %}\
               {% for i in range(500) %}{% set _ = d.pop(i) %}{% endfor %}";
    assert_stopped(limits(), pop);
}

#[test]
fn joined_texts_are_bounded_while_they_are_joined() {
    let source = format!("{{% set s = 'a' * 1001 %}}{{% set x = s{} %}}", " ~ s".repeat(10_000));
    let limits = Limits { string: 1 << 20, ..Limits::default() };
    assert_eq!(render_within(limits, &source).unwrap_err().kind(), ErrorKind::Limit);
}

#[test]
fn sources_are_bounded() {
    let limits = Limits { source: 10, ..Limits::default() };
    assert_stopped(limits, "0123456789a");
}

#[test]
fn time_is_bounded_wherever_it_goes() {
    let unbounded = Limits {
        steps: u64::MAX,
        memory: usize::MAX,
        time: Duration::from_millis(50),
        ..Limits::default()
    };
    let many = "{% for a in range(100000) %}{% for b in range(100000) %}";
    for body in [
        "{% set x = 1 %}",
        "{% set x = 'a' * 100000 %}",
        "{% set x = ('a' * 100000).replace('a', 'b') %}",
        "{% set x = range(100000)|sort|list %}",
        "{% set x = range(100000)|join %}",
        "{% set x = '%100000d' % 1 %}",
        "{% set x = 'a'.center(100000) %}",
        "{% set x = 3 ** 50000 %}",
        "{% set x = 7 ** 30000 // 3 ** 10000 %}",
        "{% set x = ('a b' * 10000)|wordwrap(3) %}",
        "{% set x = lipsum(n=100) %}",
        "{% set x = ('a ' * 10000)|urlize %}",
        "{% set x = range(100000)|map('string')|list %}",
        "{% set x = 'x' in 'a' * 100000 %}",
    ] {
        let start = Instant::now();
        let source = format!("{many}{body}{{% endfor %}}{{% endfor %}}");
        let kind = render_within(unbounded.clone(), &source).unwrap_err().kind();
        assert_eq!(kind, ErrorKind::Limit, "{body}");
        assert!(start.elapsed() < Duration::from_secs(2), "{body}: {:?}", start.elapsed());
    }
}

#[test]
fn deep_sources_are_refused_or_rendered() {
    on_a_small_stack(|| {
        let chain = |open: &str, middle: &str, close: &str| {
            format!("{}{middle}{}", open.repeat(50_000), close.repeat(50_000))
        };
        for source in [
            chain("{{ (", "1", ") }}"),
            format!("{{{{ {}1{} }}}}", "(".repeat(50_000), ")".repeat(50_000)),
            format!("{{{{ {}1{} }}}}", "[".repeat(50_000), "]".repeat(50_000)),
            format!("{{{{ 1{} }}}}", " + 1".repeat(50_000)),
            format!("{{{{ 1{} }}}}", " ~ 1".repeat(50_000)),
            format!("{{{{ 1{} }}}}", " < 2".repeat(50_000)),
            format!("{{{{ 'a'{} }}}}", "|upper".repeat(50_000)),
            format!("{{{{ a{} }}}}", ".b".repeat(50_000)),
            format!("{{{{ a{} }}}}", "[0]".repeat(50_000)),
            format!("{{{{ a{} }}}}", "()".repeat(50_000)),
            format!("{{{{ {}1 }}}}", "not ".repeat(50_000)),
            format!("{{{{ {}1 }}}}", "- ".repeat(50_000)),
            format!("{{{{ 1{} }}}}", " if 1 else 1".repeat(50_000)),
            format!("{{{{ 1{} }}}}", " if 1".repeat(50_000)),
            "{% if 1 %}".repeat(50_000),
            "{% for a in b %}".repeat(50_000),
            format!("{{% set {}a = 1 %}}", "(".repeat(50_000)),
            format!("{{% if 1 %}}{}{{% endif %}}", "{% elif 1 %}".repeat(50_000)),
        ] {
            let outcome = Environment::new(Limits::default()).parse(&source);
            drop(outcome.map(|template| template.render(&Map::new())));
        }
    });
}

#[test]
fn deep_and_cyclic_values_are_freed() {
    on_a_small_stack(|| {
        let wrap = |item: &str| {
            format!(
                "{{% set ns = namespace(x=1) %}}\
                 {{% for i in range(30000) %}}{{% set ns.x = {item} %}}{{% endfor %}}"
            )
        };
        for item in ["[ns.x]", "(ns.x,)", "{'a': ns.x}", "[ns.x]|map('list')", "[ns.x].append"] {
            assert_eq!(render_within(Limits::default(), &wrap(item)).unwrap(), "", "{item}");
            for then in ["{{ ns.x }}", "{{ ns.x == ns.x }}", "{{ {ns.x: 1} }}", "{{ ns.x|tojson }}"]
            {
                // Whether it fails or not: it returns.
                drop(render_within(Limits::default(), &(wrap(item) + then)));
            }
        }
        let cyclic = "{% set l = [] %}{% set _ = l.append(l) %}{% set m = [] %}\
                      {% set _ = m.append(m) %}";
        let printed = render_within(Limits::default(), &format!("{cyclic}{{{{ l }}}}"));
        assert_eq!(printed.unwrap(), "[[...]]");
        for then in ["{{ l == m }}", "{{ l < m }}", "{{ l|tojson }}", "{{ l|pprint }}"] {
            assert!(render_within(Limits::default(), &format!("{cyclic}{then}")).is_err());
        }
    });
}

#[test]
fn values_shared_a_billion_times_are_not_walked() {
    let double = "{% set ns = namespace(a=(1,), b=(1,)) %}{% for i in range(60) %}\
                  {% set ns.a = (ns.a, ns.a) %}{% set ns.b = (ns.b, ns.b) %}{% endfor %}";
    for then in ["{{ ns.a }}", "{{ ns.a == ns.b }}", "{{ {ns.a: 1} }}", "{{ ns.a|pprint }}"] {
        let limits = Limits { steps: 1_000_000, ..Limits::default() };
        let kind = render_within(limits, &format!("{double}{then}")).unwrap_err().kind();
        assert_eq!(kind, ErrorKind::Limit, "{then}");
    }
}

#[test]
fn endless_recursion_ends_on_a_small_stack() {
    on_a_small_stack(|| {
        for source in [
            "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
            "{% block a %}{{ self.a() }}{% endblock %}",
            "{% for i in [1] recursive %}{{ loop([1]) }}{% endfor %}",
            "{% macro m() %}{{ caller() }}{% call m() %}{{ caller() }}{% endcall %}{% endmacro %}\
             {% call m() %}{% endcall %}",
        ] {
            let kind = render_within(Limits::default(), source).unwrap_err().kind();
            assert!(matches!(kind, ErrorKind::Limit | ErrorKind::Undefined), "{source}");
        }
    });
}

#[test]
fn a_render_that_nobody_waits_for_ends() {
    let stop = Arc::new(AtomicBool::new(true));
    let endless =
        "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}";
    let template = Environment::new(Limits::default()).parse(endless).unwrap();
    let error = template.stopped_by(stop).render(&Map::new()).unwrap_err();
    assert_eq!(error.message(), "nobody waits for it any more");
}

#[test]
fn a_template_may_have_limits_of_its_own() {
    let template = Environment::new(Limits::default()).parse("{{ 'a' * 11 }}").unwrap();
    assert!(template.render(&Map::new()).is_ok());
    let short = template.within(Limits { output: 10, ..Limits::default() });
    assert_eq!(short.render(&Map::new()).unwrap_err().kind(), ErrorKind::Limit);
}

#[test]
fn chance_can_be_fixed() {
    let environment = Environment::new(Limits::default()).with_seed(7);
    let template = environment.parse("{{ range(1000)|random }} {{ lipsum(n=1) }}").unwrap();
    let render = || template.render(&Map::new()).unwrap();
    assert_eq!(render(), render());
}
