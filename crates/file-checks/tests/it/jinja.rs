use crate::{accepts, refusal};

#[test]
fn templates_are_parsed_but_not_rendered() {
    let template =
        "#!/bin/bash\n#SBATCH -n {{ data.nodes }}\n{% if undefined() %}{{ 1 / 0 }}{% endif %}\n";
    for filename in ["job.j2", "job.sh.jinja2"] {
        assert!(accepts(filename, template));
        assert!(!accepts(filename, "{% if x %}"));
        assert!(!accepts(filename, "{{ x | }}"));
    }
    assert!(accepts("job.jinja", "{% if x %}"));
}

#[test]
fn a_problem_is_named_with_its_line() {
    let message = refusal("job.j2", "a\n{{ x \n");
    assert_eq!(message.matches("line ").count(), 1, "{message}");
    assert!(message.starts_with("job.j2, line "), "{message}");
    let message = refusal("job.j2", b"a\n\xe9\n");
    assert_eq!(message, "job.j2, line 2: the template is not UTF-8");
}
