//! Files made to harm the service: each is answered, and soon.

use std::time::{Duration, Instant};

use jobbergate_file_checks::check;

/// The promise is a second; a busy machine that runs all tests at once gets some more.
const SOON: Duration = Duration::from_secs(3);

fn refused_soon(filename: &str, content: &str) {
    let start = Instant::now();
    let answer = check(filename, content.as_bytes());
    let beginning: String = content.chars().take(30).collect();
    assert!(start.elapsed() < SOON, "{beginning} took {:?}", start.elapsed());
    assert!(answer.is_err(), "{beginning}");
}

#[test]
fn deep_python_neither_crashes_nor_lingers() {
    let repeated = [
        "1+",
        "1-",
        "1*",
        "1**",
        "1|",
        "-",
        "~",
        "not ",
        "lambda: ",
        "1 if 1 else ",
        "a.",
        "a(",
        "a[",
        "(",
        "[",
        "{",
        "{1:",
        "f'{",
        "f'{1:",
        "f\"{f'{",
        "t'{",
        "await ",
        "async ",
        "yield ",
        "*",
        "**",
        "a:=",
        "(a:=",
        "@",
        "match (",
        "match [",
        "with (",
        "case ",
        "(lambda:",
        "\\\n",
    ];
    for unit in repeated {
        refused_soon("job.py", &unit.repeat(60_000));
    }
    refused_soon("job.py", &format!("x = {}1\n", "1+".repeat(300_000)));
    refused_soon("job.py", &format!("x = a{}\n", ".b".repeat(300_000)));
    refused_soon("job.py", &format!("x = a{}\n", "()".repeat(300_000)));
    refused_soon("job.py", &format!("if x: y\n{}", "elif x: y\n".repeat(300_000)));
    let blocks: String = (0..2_000).map(|depth| format!("{}if x:\n", " ".repeat(depth))).collect();
    refused_soon("job.py", &blocks);
}

#[test]
fn deep_yaml_neither_crashes_nor_lingers() {
    let repeated = [
        "[",
        "{",
        "{a: ",
        "- ",
        "? ",
        "[a: ",
        "[? ",
        "{? ",
        "[a:",
        "{a:[",
        "!!x ",
        "&a ",
        "*a ",
        "%TAG !a! b\n",
        "%a\n",
        "---\n",
        "\"\\x4",
    ];
    for unit in repeated {
        refused_soon("a.yaml", &unit.repeat(60_000));
    }
    let directives = (0..100_000).map(|n| format!("%TAG !{n}! x\n"));
    refused_soon("a.yaml", &directives.collect::<String>());
    refused_soon("a.yaml", &format!("{}{}", "[".repeat(480), "a, ".repeat(100_000)));
}

#[test]
fn deep_jinja_neither_crashes_nor_lingers() {
    for unit in ["{{ 1 + ", "{{ (", "{{ not ", "{% if x %}", "{{ x.", "{% for x in "] {
        refused_soon("job.j2", &unit.repeat(60_000));
    }
    let inside = ["1+", "(", "[", "not ", "-", "a if b else ", "x|", "f(", "x.y.", "1**"];
    for unit in inside {
        refused_soon("job.j2", &format!("{{{{ {} }}}}", unit.repeat(300_000)));
    }
}

#[test]
fn aliases_are_not_expanded() {
    let mut lists = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    let mut merges = "a0: &a0 {x: 1}\n".to_owned();
    for n in 1..40 {
        let alias = format!("*a{}", n - 1);
        let nine = [alias.as_str(); 9].join(", ");
        lists.push_str(&format!("a{n}: &a{n} [{nine}]\n"));
        merges.push_str(&format!("a{n}: &a{n} {{<<: [{nine}]}}\n"));
    }
    for bomb in [lists, merges] {
        let start = Instant::now();
        assert_eq!(check("a.yaml", bomb.as_bytes()), Ok(()));
        assert!(start.elapsed() < SOON);
    }
}

#[test]
fn the_largest_upload_is_answered_in_time() {
    const LARGEST: usize = 5 * 1024 * 1024;
    let units = [
        ("job.py", "x = [1, 2, 'abc']\n"),
        ("job.py", "#"),
        ("a.yaml", "- name: a\n  value: [1, 2]\n"),
        ("a.yaml", "a: b\n"),
        ("a.yaml", "#"),
    ];
    for (filename, unit) in units {
        let content = unit.repeat(LARGEST / unit.len());
        let start = Instant::now();
        let _ = check(filename, content.as_bytes());
        assert!(start.elapsed() < SOON, "{unit} took {:?}", start.elapsed());
    }
}

/// A file that the parser of YAML panics at.
const PANICS: &str = "[!x, a]";

#[test]
fn a_parser_that_panics_refuses_the_file() {
    assert!(check("a.yaml", PANICS.as_bytes()).is_err());
}

#[test]
fn a_parser_that_panics_does_so_quietly() {
    let program = std::env::current_exe().unwrap();
    let test = "hostile::a_parser_that_panics_refuses_the_file";
    let run = std::process::Command::new(program).args([test, "--exact", "--nocapture"]).output();
    let run = run.unwrap();
    let said = String::from_utf8_lossy(&run.stdout) + String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success() && said.contains("1 passed"), "{said}");
    assert!(!said.contains("panicked"), "{said}");
}
