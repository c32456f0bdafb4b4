//! Options of `sbatch` that a submission may not have.

use super::options::{self, Word};

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

/// Why an option is not allowed among arguments. An abbreviation that may be several options is
/// left to `sbatch`, which refuses it.
pub(super) fn refused(word: &Word<'_>) -> Option<&'static str> {
    let why = |name: &&str| REFUSED.iter().find(|(refused, _)| refused == name).map(|r| r.1);
    let names = word.names();
    let all_refused = names.iter().all(|name| why(name).is_some());
    let counts = all_refused || matches!(word, Word::Letters { .. });
    if counts { names.iter().find_map(why) } else { None }
}

/// Why words of a command line are not allowed, if one of them is such an option. What is the value
/// of the option before it is none.
pub fn refusal_of_options(words: &[String]) -> Option<String> {
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let read = options::read(word);
        if let Some(why) = refused(&read) {
            return Some(format!("{word:?} is not allowed: {why}"));
        }
        if read.wants_next() {
            words.next();
        }
    }
    None
}

/// Why an option is not allowed in a line of a script.
pub(super) fn refused_in_script(word: &Word<'_>) -> Option<&'static str> {
    let names = word.names();
    names.iter().any(|name| REFUSED_IN_SCRIPTS.contains(name)).then(|| refused(word)).flatten()
}
