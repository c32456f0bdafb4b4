//! The arguments for `sbatch` that come with a submission.

/// Why an option is refused that makes `sbatch` do something else than submit.
pub(super) const NO_JOB: &str = "no job would result";

/// An option that cannot be allowed, with the number of letters from which its abbreviations
/// mean nothing else, and why.
const REFUSED: &[(&str, usize, &str)] = &[
    ("--uid", 4, "the job runs as the user that the owner's e-mail is mapped to"),
    ("--gid", 4, "the job runs with the groups of the user that it belongs to"),
    ("--wrap", 4, "what runs is the job script"),
    ("--wait", 4, "the agent follows the job itself"),
    ("--test-only", 4, NO_JOB),
    ("--clusters", 4, "the agent sees the jobs of its own cluster only"),
    ("--cluster-constraint", 9, "the agent sees the jobs of its own cluster only"),
    ("--help", 4, NO_JOB),
    ("--usage", 4, NO_JOB),
    ("--version", 6, NO_JOB),
];

/// The same for options of one letter.
const REFUSED_LETTERS: &[(char, &str)] = &[
    ('W', "the agent follows the job itself"),
    ('M', "the agent sees the jobs of its own cluster only"),
    ('h', NO_JOB),
    ('u', NO_JOB),
    ('V', NO_JOB),
];

/// Letters of options that take no value and so may stand before another letter.
const FLAGS: &str = "HIOQksv";

/// Arguments that may be given to `sbatch`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SbatchArguments {
    /// The arguments, as they came.
    pub given: Vec<String>,
    /// The comment among them.
    pub comment: Option<String>,
}

impl SbatchArguments {
    /// Checks arguments.
    ///
    /// # Errors
    /// A sentence about the first that cannot be allowed.
    pub fn check(given: Vec<String>) -> Result<Self, String> {
        let mut comment = None;
        let mut follows_option = false;
        for (i, argument) in given.iter().enumerate() {
            if argument.contains('\0') {
                return Err(format!("The argument {argument:?} of sbatch contains a NUL"));
            }
            if !argument.starts_with('-') {
                if !follows_option {
                    return Err(format!(
                        "{argument:?} is no option of sbatch; what runs is the job script"
                    ));
                }
                follows_option = false;
                continue;
            }
            if let Some(why) = refused(argument) {
                return Err(format!("The option {argument:?} of sbatch is not allowed: {why}"));
            }
            if let Some(value) = comment_of(argument) {
                comment = value.map(str::to_owned).or_else(|| given.get(i + 1).cloned());
            }
            follows_option = !argument.contains('=');
        }
        Ok(Self { given, comment })
    }
}

pub(super) fn refused(argument: &str) -> Option<&'static str> {
    let Some(long) = argument.strip_prefix("--") else {
        let mut letters = argument.chars().skip(1);
        let last = letters.find(|letter| !FLAGS.contains(*letter))?;
        return REFUSED_LETTERS.iter().find(|(letter, _)| *letter == last).map(|(_, why)| *why);
    };
    if long.is_empty() {
        return Some("what runs is the job script");
    }
    let name = argument.split('=').next().unwrap_or(argument);
    let matches =
        |option: &str, shortest: usize| name.len() >= shortest && option.starts_with(name);
    REFUSED.iter().find(|(option, shortest, _)| matches(option, *shortest)).map(|(_, _, why)| *why)
}

/// Whether an argument is `--comment`, perhaps abbreviated, and its value if it has it.
pub(super) fn comment_of(argument: &str) -> Option<Option<&str>> {
    let (name, value) =
        argument.split_once('=').map_or((argument, None), |(name, value)| (name, Some(value)));
    (name.len() >= "--com".len() && "--comment".starts_with(name)).then_some(value)
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
    fn the_users_comment_is_known_however_it_is_written() {
        for arguments in
            [&["--comment=my job"][..], &["--comment", "my job"], &["--comm=x", "--com", "my job"]]
        {
            assert_eq!(check(arguments).unwrap().comment.as_deref(), Some("my job"));
        }
        assert_eq!(check(&["--constraint=gpu"]).unwrap().comment, None);
    }

    #[test]
    fn what_would_change_the_user_or_make_no_job_is_refused() {
        for arguments in [
            &["--uid=root"][..],
            &["--uid", "0"],
            &["--gid=0"],
            &["--wrap=rm -r ."],
            &["--wra", "x"],
            &["--test-only"],
            &["-W"],
            &["-QW"],
            &["-Mother"],
            &["--help"],
            &["--"],
            &["-N", "1", "/etc/other.sh"],
            &["other.sh"],
        ] {
            assert!(check(arguments).is_err(), "{arguments:?}");
        }
    }

    #[test]
    fn a_refusal_says_why() {
        let message = check(&["--uid=root"]).unwrap_err();
        assert!(message.contains("--uid=root") && message.contains("mapped"), "{message}");
    }
}
