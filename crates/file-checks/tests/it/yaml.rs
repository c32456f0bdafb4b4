use crate::{accepts, refusal};

#[test]
fn a_configuration_is_accepted() {
    let source = "# Settings\ndefaults: &defaults {nodes: 1, time: 01:00:00}\njob:\n  <<: *defaults\n  \
                  modules: [gcc/9, openmpi]\n  run: |\n    echo\tok\n\n  at: 2024-02-29 12:00:00 +02:00\n";
    assert!(accepts("jobbergate.yaml", source));
    assert!(accepts("jobbergate.yaml", ""));
}

#[test]
fn only_plain_data_is_accepted() {
    let tag = "a.yaml, line 1: the tag \"tag:yaml.org,2002:python/name:os.system\" is not allowed";
    assert_eq!(refusal("a.yaml", "!!python/name:os.system\n"), tag);
    assert!(!accepts("a.yaml", "a: !vault x\n"));
    assert!(!accepts("a.yaml", "a: 1\n---\nb: 2\n"));
}

#[test]
fn scalars_must_be_what_their_tags_say() {
    let valid = [
        "!!int '0x_f'",
        "!!int 017",
        "!!int 1:30",
        "!!float '1'",
        "!!float -.INF",
        "!!bool oN",
        "!!binary aGk=",
        "!!binary 'a G k ='",
        "!!timestamp 2001-1-2",
        "!!null x",
        "089",
        "0b",
        "2001-1-1",
        "! 12",
        "!!str {=: x}",
    ];
    for source in valid {
        assert!(accepts("a.yaml", source), "{source}");
    }
    let invalid = [
        "!!int 089",
        "!!int ''",
        "!!int 1.5",
        "!!int 1::2",
        "!!float x",
        "!!bool 1",
        "0b_",
        "!!binary a",
        "!!binary é",
        "!!timestamp now",
        "2001-02-29",
        "0000-01-01",
        "2001-01-01 24:00:00",
        "2001-01-01 00:00:00 +24:00",
        "! '2001-13-01'",
        "=",
        "<<",
    ];
    for source in invalid {
        assert!(!accepts("a.yaml", source), "{source}");
    }
}

#[test]
fn collections_must_have_the_shape_their_tags_say() {
    let valid = [
        "!!set {a, b}",
        "!!omap [a: 1, b: 2]",
        "!!pairs [[a]: 1]",
        "{<<: {a: 1}}",
        "{<<: [{a: 1}, {b: 2}]}",
        "{=: 1}",
        "&a [*a]",
        "&a {b: *a}",
        "&a {<<: *a}",
        "<<: !any {a: 1}",
    ];
    for source in valid {
        assert!(accepts("a.yaml", source), "{source}");
    }
    let invalid = [
        "!!set [a]",
        "!!omap {a: 1}",
        "!!omap [{a: 1, b: 2}]",
        "!!pairs [a]",
        "{<<: a}",
        "{<<: [a]}",
        "{[a]: 1}",
        "? {a: 1}",
        "? !!omap []",
        "&a {*a : 1}",
        "!!map [a]",
        "!!seq {}",
        "!!str [a]",
        "&a !!str {=: *a}",
        "{<<: {a: !no b}}",
        "{!!value [a]: 1}",
    ];
    for source in invalid {
        assert!(!accepts("a.yaml", source), "{source}");
    }
}

#[test]
fn tabs_separate_nothing() {
    for valid in ["'a\tb'", "\"a\tb\"", "a: |\n  x\ty\n", "a # b\tc\n", "a: 'b' # \t\n"] {
        assert!(accepts("a.yaml", valid), "{valid:?}");
    }
    let invalid =
        ["a:\tb", "a: b\tc", "a: b\t# c", "[a,\tb]", "a: |\t\n  x\n", "'a'\t", "a: |# c\n  x\n"];
    for source in invalid {
        assert!(!accepts("a.yaml", source), "{source:?}");
    }
    assert_eq!(
        refusal("a.yaml", "a: 1\nb:\t2\n"),
        "a.yaml, line 2: a tab stands where only spaces may"
    );
}

#[test]
fn directives_and_flow_colons_are_read_as_pyyaml_reads_them() {
    for valid in ["%FOO bar\n---\na", "%YAML 1.9\n---\na", "[a:]", "{a:[1], b:{c:}}", "[é:]"] {
        assert!(accepts("a.yaml", valid), "{valid:?}");
    }
    for invalid in ["%FOO bar\na", "%YAML 2.0\n---\na", "%YAML 1.1#\n---\na", "[a?b]", "[?]]"] {
        assert!(!accepts("a.yaml", invalid), "{invalid:?}");
    }
}

#[test]
fn bytes_must_be_printable_text() {
    let valid: [&[u8]; 4] = [b"\xef\xbb\xbfa: 1", b"\xfe\xff\0a", b"\xff\xfea\0", b"a: \xc2\x85"];
    for source in valid {
        assert!(accepts("a.yaml", source), "{}", source.escape_ascii());
    }
    let invalid: [&[u8]; 6] =
        [b"a: \0", b"a: \x07", b"a: \x7f", b"\xe9", b"\xfe\xff\0", b"a\n...\n\xef\xbf\xbe"];
    for source in invalid {
        assert!(!accepts("a.yaml", source), "{}", source.escape_ascii());
    }
    assert_eq!(
        refusal("a.yaml", b"a: 1\nb: \xe9\n"),
        "a.yaml, line 2: the file is not valid UTF-8"
    );
}

#[test]
fn collections_nest_as_deep_as_python_recurses() {
    let nested = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
    assert!(accepts("a.yaml", nested(490)));
    assert_eq!(refusal("a.yaml", nested(491)), "a.yaml, line 1: nested too deeply");
}
