use jobbergate_file_checks::check;

use crate::{accepts, refusal};

#[test]
fn only_registered_suffixes_are_checked() {
    let broken = "if x: [\n";
    for unchecked in ["job.sh", "job.PY", "job.yml", "job.YAML", "py", "job", "job.py.bak", ""] {
        assert!(accepts(unchecked, broken), "{unchecked}");
    }
    assert!(!accepts("job.py", broken));
    assert!(!accepts("settings.yaml", broken));
}

#[test]
fn the_message_names_file_line_and_cause() {
    let python = check("job.py", b"x = 1\ny = = 2\n").unwrap_err();
    assert_eq!(python.line, Some(2));
    assert_eq!(python.message, "job.py, line 2: Expected an expression");

    let yaml = check("conf/a.yaml", b"a: 1\nb: *c\n").unwrap_err();
    assert_eq!(yaml.line, Some(2));
    assert_eq!(yaml.to_string(), "conf/a.yaml, line 2: undefined alias \"c\"");

    assert_eq!(
        refusal("a.py", b"\nx = '\0'\n"),
        "a.py, line 2: source code cannot contain null bytes"
    );
}
