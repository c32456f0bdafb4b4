//! The `#SBATCH` lines of a script, as far as the agent has to know them.

use super::arguments::{NO_JOB, comment_of, refused};

/// The comment that a script gives itself; the last one counts, as for `sbatch`.
pub fn comment(script: &[u8]) -> Option<String> {
    let script = String::from_utf8_lossy(script);
    let mut comment = None;
    for words in script.lines().map_while(head).filter_map(directive).map(words) {
        // `#SBATCH hetjob` begins the options of the job's next component.
        if words.first().is_some_and(|word| word == "hetjob" || word == "packjob") {
            break;
        }
        for (i, word) in words.iter().enumerate() {
            if let Some(value) = comment_of(word) {
                comment = value.map(str::to_owned).or_else(|| words.get(i + 1).cloned());
            }
        }
    }
    comment
}

/// Why a script can't be submitted, if a line of it keeps `sbatch` from making a job.
pub fn refusal(script: &[u8]) -> Option<String> {
    let script = String::from_utf8_lossy(script);
    let mut options = script.lines().map_while(head).filter_map(directive).flat_map(words);
    let option = options.find(|word| word.starts_with('-') && refused(word) == Some(NO_JOB))?;
    Some(format!(
        "The option {option:?} in a #SBATCH line of the script is not allowed: {NO_JOB}. Remove it."
    ))
}

/// Lines up to the first command may carry options.
fn head(line: &str) -> Option<&str> {
    (line.starts_with('#') || line.trim().is_empty()).then_some(line)
}

fn directive(line: &str) -> Option<&str> {
    line.strip_prefix("#SBATCH").filter(|rest| rest.starts_with(char::is_whitespace))
}

/// Splits a line as `sbatch` does: at spaces that are not quoted, up to a `#`.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match (letter, quote) {
            ('\\', None | Some('"')) => word.get_or_insert_default().extend(letters.next()),
            (_, Some(open)) if letter == open => quote = None,
            ('"' | '\'', None) => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            ('#', None) => break,
            (_, None) if letter.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_that_would_make_no_job_is_refused() {
        for line in ["--test-only", "-p debug --test-onl", "--usage"] {
            let script = format!("#!/bin/sh\n#SBATCH {line}\ntrue\n");
            assert!(refusal(script.as_bytes()).unwrap().contains("no job would result"), "{line}");
        }
        for fine in ["#SBATCH -N2 --mem=1G\n", "true\n#SBATCH --test-only\n"] {
            assert_eq!(refusal(format!("#!/bin/sh\n{fine}").as_bytes()), None);
        }
    }

    #[test]
    fn a_quoted_comment_is_found() {
        for line in [
            "#SBATCH --comment=\"two words\"",
            "#SBATCH -N 1 --comment 'two words' # why",
            "#SBATCH --comment=two\\ words",
        ] {
            let script = format!("#!/bin/sh\n\n# about\n{line}\nsleep 1\n");
            assert_eq!(comment(script.as_bytes()).as_deref(), Some("two words"), "{line}");
        }
    }

    #[test]
    fn only_the_head_of_the_script_counts() {
        assert_eq!(comment(b"#!/bin/sh\nhostname\n#SBATCH --comment=late\n"), None);
        assert_eq!(comment(b"#!/bin/sh\n##SBATCH --comment=off\n#SBATCHx --comment=no\n"), None);
        let twice = b"#!/bin/sh\n#SBATCH --comment=a\n#SBATCH --comment=b\n";
        assert_eq!(comment(twice).as_deref(), Some("b"));
    }

    #[test]
    fn bytes_that_are_no_text_do_no_harm() {
        assert_eq!(comment(b"#!/bin/sh\n#SBATCH --comment=\xff\"\n").as_deref(), Some("\u{fffd}"));
        assert_eq!(comment(b""), None);
    }
}
