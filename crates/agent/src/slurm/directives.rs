//! The `#SBATCH` lines of a script, as far as the agent has to know them.

use super::{arguments, options, words};

/// The comment that a script gives itself; the last one counts, as for `sbatch`.
pub fn comment(script: &[u8]) -> Option<String> {
    let script = String::from_utf8_lossy(script);
    let mut comment = None;
    for words in lines(&script) {
        // `#SBATCH hetjob` begins the options of the job's next component.
        if words.first().is_some_and(|word| word == "hetjob" || word == "packjob") {
            break;
        }
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let read = options::read(word);
            let next = if read.wants_next() { words.next() } else { None };
            if let options::Word::Long { value, .. } = &read
                && read.is("comment")
            {
                comment = value.map(str::to_owned).or_else(|| next.cloned());
            }
        }
    }
    comment
}

/// Why a script can't be submitted, if a line of it keeps `sbatch` from making a job here.
pub fn refusal(script: &[u8]) -> Option<String> {
    let script = String::from_utf8_lossy(script);
    for words in lines(&script) {
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let read = options::read(word);
            if let Some(why) = arguments::refused_in_script(&read) {
                return Some(format!(
                    "The option {word:?} in a #SBATCH line of the script is not allowed: {why}. \
                     Remove it."
                ));
            }
            if read.wants_next() {
                words.next();
            }
        }
    }
    None
}

/// The words of each line that carries options; those that can't be read are left to `sbatch`.
fn lines(script: &str) -> impl Iterator<Item = Vec<String>> {
    let head = script.lines().take_while(|line| is_in_head(line));
    head.filter_map(directive).filter_map(|line| words::split(line).ok())
}

/// Whether options may still follow: they stand in lines up to the first command.
pub(super) fn is_in_head(line: &str) -> bool {
    line.starts_with('#') || line.trim().is_empty()
}

/// What stands after `#SBATCH`. Slurm demands no space there, and takes `#SLURM` with a warning.
pub(super) fn directive(line: &str) -> Option<&str> {
    line.strip_prefix("#SBATCH").or_else(|| line.strip_prefix("#SLURM"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_that_would_make_no_job_here_is_refused() {
        for (line, why) in [
            (" --test-only", "no job would result"),
            (" -p debug --test-onl", "no job would result"),
            ("--test-only", "no job would result"),
            (" -M other", "its own cluster"),
            (" -QMother", "its own cluster"),
        ] {
            let script = format!("#!/bin/sh\n#SBATCH{line}\ntrue\n");
            assert!(refusal(script.as_bytes()).unwrap().contains(why), "{line}");
        }
        for fine in [
            "#SBATCH -N2 --mem=1G\n",
            "true\n#SBATCH --test-only\n",
            "#SBATCH --comment --test-only\n",
            "#SBATCH --wait -Q --usage -V --wrap=x\n",
            "#SBATCH -n1 # --test-only\n",
        ] {
            assert_eq!(refusal(format!("#!/bin/sh\n{fine}").as_bytes()), None, "{fine}");
        }
    }

    #[test]
    fn a_quoted_comment_is_found() {
        for line in [
            "#SBATCH --comment=\"two words\"",
            "#SBATCH--comment=\"two words\"",
            "#SBATCH -N 1 --comment 'two words' # why",
            "#SBATCH --comm=\"two\\ words\"",
        ] {
            let script = format!("#!/bin/sh\n\n# about\n \n{line}\nsleep 1\n");
            assert_eq!(comment(script.as_bytes()).as_deref(), Some("two words"), "{line}");
        }
    }

    #[test]
    fn only_the_head_of_the_script_counts() {
        assert_eq!(comment(b"#!/bin/sh\nhostname\n#SBATCH --comment=late\n"), None);
        assert_eq!(comment(b"#!/bin/sh\n##SBATCH --comment=off\n #SBATCH --comment=no\n"), None);
        let twice = b"#!/bin/sh\n#SBATCH --comment=a\n#SBATCH --comment=b\n";
        assert_eq!(comment(twice).as_deref(), Some("b"));
    }

    #[test]
    fn bytes_that_are_no_text_do_no_harm() {
        assert_eq!(
            comment(b"#!/bin/sh\n#SBATCH --comment=\"\xff\"\n").as_deref(),
            Some("\u{fffd}")
        );
        assert_eq!(comment(b"#!/bin/sh\n#SBATCH --comment=\xff\"\n"), None);
        assert_eq!(comment(b""), None);
    }
}
