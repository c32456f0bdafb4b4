//! YAML as PyYAML reads and writes it (YAML 1.1), between texts and values of JSON.
//!
//! What one writes at the command line and what one pastes into a page mean the same.

#![warn(missing_docs)]

mod plain;
mod read;
mod write;

pub use read::read;
pub use write::{write, write_as_it_is};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn scalars_mean_what_they_mean_in_python() {
        let text = "{a: yes, b: 1_000, c: 012, d: 1:30, e: 0x1f, f: 1e3, g: .5, h: ~, i: 'yes', \
                    j: 1.5e+3, k: 2026-01-02, l: Off, m: -3, n: '', o: }";
        let expected = json!({"a": true, "b": 1000, "c": 10, "d": 90, "e": 31, "f": "1e3", "g": 0.5,
            "h": null, "i": "yes", "j": 1500.0, "k": "2026-01-02", "l": false, "m": -3, "n": "",
            "o": null});
        assert_eq!(read(text).unwrap(), expected);
    }

    #[test]
    fn anchors_and_merges_are_resolved() {
        let text = "base: &b {x: 1, y: 2}\nmore:\n  <<: *b\n  y: 3\nlist: [*b]\n1: one\n";
        let read = read(text).unwrap();
        assert_eq!(read["more"], json!({"x": 1, "y": 3}));
        assert_eq!(read["list"], json!([{"x": 1, "y": 2}]));
        assert_eq!(read["1"], "one");
    }

    #[test]
    fn what_is_no_yaml_or_no_json_is_told_of_with_its_line() {
        for (text, expected) in [
            ("a: [1\nb: 2", "line 2"),
            ("a: 1\nb: *x", "line 2"),
            ("a: .inf", "line 1"),
            ("a: 99999999999999999999", "line 1"),
            ("a: !!python/object:os.system x", "line 1"),
            ("? [a]\n: b", "line 1"),
            ("a: 1\n---\nb: 2", "line 2"),
        ] {
            let problem = read(text).unwrap_err();
            assert!(problem.contains(expected), "{text}: {problem}");
        }
        assert_eq!(read("").unwrap(), json!(null));
    }

    #[test]
    fn an_alias_of_aliases_does_not_fill_the_memory() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for i in 1..12 {
            let above = format!("*a{}, ", i - 1).repeat(10);
            text.push_str(&format!("a{i}: &a{i} [{above}]\n"));
        }
        assert!(read(&text).unwrap_err().contains("too large"));
    }

    #[test]
    fn a_long_text_that_aliases_repeat_does_not_fill_the_memory() {
        let text = format!("a: &a {}\nb: [{}]\n", "x".repeat(100_000), "*a, ".repeat(1_500));
        assert!(read(&text).unwrap_err().contains("too large"));
        let text = format!("{}1{}", "&a [".repeat(90), "]".repeat(90));
        let wide = text.replace('1', &"1, ".repeat(10_000));
        assert!(read(&wide).unwrap_err().contains("too large"));
    }

    #[test]
    fn aliases_within_aliases_are_no_way_around_the_depth() {
        let deep = |inner: &str| format!("{}{inner}{}", "[".repeat(60), "]".repeat(60));
        let text = format!("a: &a {}\nb: &b {}\n", deep("1"), deep("*a"));
        assert_eq!(read(&text).unwrap_err(), "line 2: nested too deeply");
        assert!(read(&format!("a: &a {}\nb: *a\n", deep("1"))).is_ok());
    }

    #[test]
    fn what_is_written_is_read_as_the_same() {
        let value = json!({"b": {"z": 1, "list": [1, "a"], "empty": [], "none": {}},
            "a": "yes", "c": "1.5", "d": 1.0e-7, "e": 1e300, "f": "two\nlines", "g": "#x", "h": true,
            "i": "", "j": "ünï", "k": "null", "l": 2.0, "m": "12:30", "n": " x "});
        let text = write(&value).unwrap();
        assert!(text.starts_with("a: 'yes'\nb:\n  empty: []\n  list:\n  - 1\n  - a\n"), "{text}");
        assert_eq!(read(&text).unwrap(), value, "{text}");
    }
}
