//! `sbatch` arguments as lines of a script.

const HEADING: &str = "# Sbatch params injected at rendering time";

/// The script with a `#SBATCH` line for each argument, before the first line that is neither
/// empty nor begins with `#`: Slurm reads no `#SBATCH` line after it.
pub(super) fn inject(script: &str, arguments: &[String]) -> String {
    if arguments.is_empty() {
        return script.to_owned();
    }
    let arguments = arguments.iter().map(|argument| format!("#SBATCH {argument}\n"));
    let block = format!("{HEADING}\n{}", arguments.collect::<String>());
    let mut at = 0;
    for line in script.split('\n') {
        if !line.is_empty() && !line.starts_with('#') {
            let (head, commands) = script.split_at(at);
            return format!("{head}{block}\n{commands}");
        }
        at += line.len() + 1;
    }
    format!("{script}\n{block}")
}

#[cfg(test)]
mod tests {
    use super::inject;

    fn with(script: &str, arguments: &[&str]) -> String {
        inject(script, &arguments.iter().map(|a| (*a).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn arguments_come_before_the_first_command() {
        let script = "#!/bin/bash\n#SBATCH -J x\n\necho 1\n#SBATCH -N 2\n";
        let expected = "#!/bin/bash\n#SBATCH -J x\n\n\
                        # Sbatch params injected at rendering time\n#SBATCH --time=1\n#SBATCH -p x\n\n\
                        echo 1\n#SBATCH -N 2\n";
        assert_eq!(with(script, &["--time=1", "-p x"]), expected);
        assert_eq!(with(script, &[]), script);
    }

    #[test]
    fn a_script_of_comments_gets_them_at_its_end() {
        let expected = "#!/bin/sh\n# Sbatch params injected at rendering time\n#SBATCH -n 2\n";
        assert_eq!(with("#!/bin/sh", &["-n 2"]), expected);
    }
}
