//! The arguments for `sbatch` that come with a submission.

use super::{
    directives,
    options::{self, Takes, Word},
    words,
};

const OWN_CLUSTER: &str = "the agent sees the jobs of its own cluster only";
const NO_JOB: &str = "no job would result";

/// Options that cannot be allowed, and why.
const REFUSED: &[(&str, &str)] = &[
    ("uid", "the job runs as the user that the owner's e-mail is mapped to"),
    ("gid", "the job runs with the groups of the user that it belongs to"),
    ("wrap", "what runs is the job script"),
    ("clusters", OWN_CLUSTER),
    ("cluster", OWN_CLUSTER),
    ("cluster-constraint", OWN_CLUSTER),
    ("test-only", NO_JOB),
    ("help", NO_JOB),
    ("usage", NO_JOB),
    ("version", NO_JOB),
];

/// Those of them that `sbatch` does not ignore in a line of a script.
const REFUSED_IN_SCRIPTS: [&str; 3] = ["clusters", "cluster", "test-only"];

/// Options that say nothing about the job. The agent follows it itself: waiting for its end would
/// only keep `sbatch` busy. And a quiet `sbatch` would not say its number.
const LEFT_OUT: [&str; 2] = ["wait", "quiet"];
const LETTERS_LEFT_OUT: [char; 2] = ['W', 'Q'];

/// Arguments that may be given to `sbatch`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SbatchArguments {
    /// The words for the command line.
    pub given: Vec<String>,
    /// The comment among them.
    pub comment: Option<String>,
}

impl SbatchArguments {
    /// Reads arguments, each as if it stood after `#SBATCH` in a line of the script. Only what
    /// follows an option that lacks its value is taken as it stands.
    ///
    /// # Errors
    /// A sentence about the first that cannot be allowed.
    pub fn check(given: Vec<String>) -> Result<Self, String> {
        let mut reader = Reader::default();
        for argument in given {
            if argument.contains('\0') {
                return Err(format!("The argument {argument:?} of sbatch contains a NUL"));
            }
            if reader.lacks_value() {
                reader.value(&argument)?;
                continue;
            }
            for line in lines(&argument)? {
                let words = words::split(line).map_err(|why| {
                    format!("The argument {argument:?} of sbatch is not allowed: {why}")
                })?;
                words.iter().try_for_each(|word| reader.word(word))?;
            }
        }
        if let Some(option) = reader.lacking {
            return Err(format!("The option {option:?} of sbatch lacks its value"));
        }
        Ok(reader.arguments)
    }
}

/// The lines that an argument would be in a script, where the first stands after `#SBATCH`.
fn lines(argument: &str) -> Result<Vec<&str>, String> {
    let mut lines = argument.split('\n');
    let mut all: Vec<&str> = lines.next().into_iter().collect();
    for line in lines {
        if !directives::is_in_head(line) {
            return Err(format!(
                "The argument {argument:?} of sbatch is not allowed: a line break ends its options"
            ));
        }
        all.extend(directives::directive(line));
    }
    Ok(all)
}

#[derive(Debug, Default)]
struct Reader {
    arguments: SbatchArguments,
    /// The option whose value comes next.
    lacking: Option<String>,
}

impl Reader {
    const fn lacks_value(&self) -> bool {
        self.lacking.is_some()
    }

    fn value(&mut self, value: &str) -> Result<(), String> {
        let Some(option) = self.lacking.take() else { return Ok(()) };
        if value.is_empty() {
            return Err(format!("The option {option:?} of sbatch lacks its value"));
        }
        if options::read(&option).is("comment") {
            self.arguments.comment = Some(value.to_owned());
        }
        self.arguments.given.push(value.to_owned());
        Ok(())
    }

    fn word(&mut self, word: &str) -> Result<(), String> {
        if self.lacks_value() {
            return self.value(word);
        }
        let read = options::read(word);
        if let Some(why) = refused(&read) {
            return Err(format!("The option {word:?} of sbatch is not allowed: {why}"));
        }
        match &read {
            Word::Other => return self.other(word),
            _ if LEFT_OUT.iter().any(|name| read.is(name)) => return Ok(()),
            Word::Letters { letters, value, .. } if letters.contains(LETTERS_LEFT_OUT) => {
                let others = letters.replace(LETTERS_LEFT_OUT, "");
                if !others.is_empty() {
                    let kept = format!("-{others}{}", value.unwrap_or_default());
                    self.arguments.given.push(kept);
                }
            }
            Word::Long { value: Some(value), .. } if read.is("comment") => {
                self.arguments.comment = Some((*value).to_owned());
                self.arguments.given.push(word.to_owned());
            }
            _ => self.arguments.given.push(word.to_owned()),
        }
        if read.wants_next() {
            self.lacking = self.arguments.given.last().cloned();
        }
        Ok(())
    }

    /// A word that is no option. After an option that is not known here it can only be its value:
    /// joined to it, so that it is never taken for a script.
    fn other(&mut self, word: &str) -> Result<(), String> {
        let last = self.arguments.given.last_mut();
        match last.as_ref().map(|last| options::read(last)) {
            Some(Word::Long { takes: Takes::Unknown, value: None, .. }) if word != "--" => {
                if let Some(last) = last {
                    last.push('=');
                    last.push_str(word);
                }
                Ok(())
            }
            _ => Err(format!("{word:?} is no option of sbatch; what runs is the job script")),
        }
    }
}

/// Why an option is not allowed among arguments. An abbreviation that may be several options is
/// left to `sbatch`, which refuses it.
fn refused(word: &Word<'_>) -> Option<&'static str> {
    let why = |name: &&str| REFUSED.iter().find(|(refused, _)| refused == name).map(|r| r.1);
    let names = word.names();
    let all_refused = names.iter().all(|name| why(name).is_some());
    let counts = all_refused || matches!(word, Word::Letters { .. });
    if counts { names.iter().find_map(why) } else { None }
}

/// Why an option is not allowed in a line of a script.
pub(super) fn refused_in_script(word: &Word<'_>) -> Option<&'static str> {
    let names = word.names();
    names.iter().any(|name| REFUSED_IN_SCRIPTS.contains(name)).then(|| refused(word)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(arguments: &[&str]) -> Result<SbatchArguments, String> {
        SbatchArguments::check(arguments.iter().map(|a| (*a).to_owned()).collect())
    }

    #[test]
    fn usual_arguments_pass_as_they_are() {
        let usual =
            ["--partition=compute", "-N", "2", "-t5", "--mem", "1G", "--exclusive", "-vv", "-n1"];
        assert_eq!(check(&usual).unwrap().given, usual);
    }

    #[test]
    fn each_argument_is_a_line_of_the_script() {
        for (argument, words) in [
            ("--partition compute", &["--partition", "compute"][..]),
            ("--constraint=\"intel|amd\"", &["--constraint=intel|amd"]),
            ("-N 2 --exclusive", &["-N", "2", "--exclusive"]),
            ("--time=10 # ten", &["--time=10"]),
            ("--comment='a b'", &["--comment=a b"]),
            ("-n -1", &["-n", "-1"]),
            ("# nothing", &[]),
            ("", &[]),
            ("--mem=1G\n", &["--mem=1G"]),
            ("-N 2\n#SBATCH --hold\n# why\n\n", &["-N", "2", "--hold"]),
            ("--newopt value -n1", &["--newopt=value", "-n1"]),
        ] {
            assert_eq!(check(&[argument]).unwrap().given, words, "{argument}");
        }
    }

    #[test]
    fn the_users_comment_is_known_however_it_is_written() {
        for arguments in [
            &["--comment=\"my job\""][..],
            &["--comment", "my job"],
            &["--comment 'my job'"],
            &["--comm=x", "--com", "my job"],
        ] {
            assert_eq!(check(arguments).unwrap().comment.as_deref(), Some("my job"));
        }
        assert_eq!(check(&["--constraint=gpu"]).unwrap().comment, None);
        assert_eq!(check(&["-J --comment=x"]).unwrap().comment, None, "it is the job's name");
    }

    #[test]
    fn what_would_change_the_user_or_make_no_job_is_refused() {
        for arguments in [
            &["--uid=root"][..],
            &["--uid", "0"],
            &["--uid 0"],
            &["-n1 --gid=0"],
            &["--wrap=hostname"],
            &["--wra", "x"],
            &["--test-only"],
            &["--test-onl"],
            &["-Mother"],
            &["-QMother"],
            &["--clu=other"],
            &["--help"],
            &["-Qh"],
        ] {
            assert!(check(arguments).unwrap_err().contains("not allowed"), "{arguments:?}");
        }
    }

    #[test]
    fn no_word_can_be_taken_for_a_script() {
        for arguments in [
            &["--"][..],
            &["-"],
            &["-N", "1", "/etc/other.sh"],
            &["other.sh"],
            &["--exclusive", "other.sh"],
            &["--exclusive other.sh"],
            &["--partition=a b"],
            &["-k other.sh"],
            &["-QH other.sh"],
            &["-Zx other.sh"],
            &["--hold", "-- other.sh"],
            &["--newopt=1 other.sh"],
            &["hetjob", "-n1"],
        ] {
            assert!(check(arguments).unwrap_err().contains("job script"), "{arguments:?}");
        }
        for arguments in [&["-n1 : -n2"][..], &["--comment=\"x"], &["-n1\nrm -r ."], &["-n"]] {
            assert!(check(arguments).is_err(), "{arguments:?}");
        }
    }

    #[test]
    fn what_would_make_sbatch_wait_or_silent_is_left_out() {
        for (argument, words) in [
            ("--wait", &[][..]),
            ("-W", &[]),
            ("-QW", &[]),
            ("-QWvn2", &["-vn2"]),
            ("-WN 2", &["-N", "2"]),
            ("-JW", &["-JW"]),
            ("--wait-all-nodes=1", &["--wait-all-nodes=1"]),
            ("--quiet --parsable", &["--parsable"]),
            ("-JQ", &["-JQ"]),
        ] {
            assert_eq!(check(&[argument]).unwrap().given, words, "{argument}");
        }
    }

    #[test]
    fn a_refusal_says_why() {
        let message = check(&["--uid=root"]).unwrap_err();
        assert!(message.contains("--uid=root") && message.contains("mapped"), "{message}");
    }
}
