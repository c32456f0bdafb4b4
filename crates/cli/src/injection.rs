//! `sbatch` arguments as lines of a script.

/// The comment above what is put in when a script is rendered.
pub const AT_RENDERING: &str = "Sbatch params injected at rendering time";
/// The comment above what is put in when it is submitted.
pub const AT_SUBMISSION: &str = "Injected at submission time by Jobbergate CLI";

/// The script with a `#SBATCH` line for each argument, before the first line that is neither empty
/// nor begins with `#`: Slurm reads no `#SBATCH` line after it.
pub fn inject(script: &str, comment: &str, arguments: &[String]) -> String {
    if arguments.is_empty() {
        return script.to_owned();
    }
    let lines: String = arguments.iter().map(|argument| format!("#SBATCH {argument}\n")).collect();
    let block = format!("# {comment}\n{lines}");
    let mut at = 0;
    for line in script.split_inclusive('\n') {
        if !matches!(line.chars().next(), Some('#' | '\n')) {
            let (head, commands) = script.split_at(at);
            return format!("{head}{block}\n{commands}");
        }
        at += line.len();
    }
    let end = if script.is_empty() || script.ends_with('\n') { "" } else { "\n" };
    format!("{script}{end}{block}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn injected(script: &str) -> String {
        inject(script, AT_RENDERING, &["--mem=4G".to_owned()])
    }

    #[test]
    fn lines_come_before_the_first_command() {
        let block = "# Sbatch params injected at rendering time\n#SBATCH --mem=4G\n";
        assert_eq!(
            injected("#!/bin/bash\n#SBATCH -n 1\n\nsrun x\n"),
            format!("#!/bin/bash\n#SBATCH -n 1\n\n{block}\nsrun x\n")
        );
        assert_eq!(
            injected("#!/bin/bash\n#SBATCH -x"),
            format!("#!/bin/bash\n#SBATCH -x\n{block}")
        );
        assert_eq!(injected("#!/bin/bash\n"), format!("#!/bin/bash\n{block}"));
        assert_eq!(inject("x", AT_RENDERING, &[]), "x");
    }
}
