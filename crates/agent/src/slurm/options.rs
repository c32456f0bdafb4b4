//! The options of `sbatch`, read as its `getopt_long` reads them.

/// Whether an option has a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// It has none.
    Nothing,
    /// It has one, in the same word or the next.
    Value,
    /// It may have one in the same word.
    Maybe,
    /// It is not known here: a newer Slurm's, or a mistake.
    Unknown,
}

/// The long options of Slurm 22.05. Ones that are missing here are handed on.
const NOTHING: &str = "contiguous help hold ignore-pbs no-requeue overcommit oversubscribe parsable \
    quiet reboot requeue spread-job test-only usage use-min-nodes verbose version wait";
const VALUE: &str = "account acctg-freq array batch bb bbf begin chdir cluster cluster-constraint \
    clusters comment constraint container context core-spec cores-per-socket cpu-freq cpus-per-gpu \
    cpus-per-task deadline delay-boot dependency distribution error exclude export export-file \
    extra-node-info gid gpu-bind gpu-freq gpus gpus-per-node gpus-per-socket gpus-per-task gres \
    gres-flags hint input job-name kill-on-invalid-dep licenses mail-type mail-user mcs-label mem \
    mem-bind mem-per-cpu mem-per-gpu mincpus network nodefile nodelist nodes ntasks \
    ntasks-per-core ntasks-per-gpu ntasks-per-node ntasks-per-socket ntasks-per-tres open-mode \
    output partition power prefer priority profile qos reservation signal sockets-per-node \
    switches tasks-per-node thread-spec threads-per-core time time-min tmp uid wait-all-nodes \
    wckey wrap";
const MAYBE: &str = "exclusive get-user-env nice no-kill propagate";

/// The same for options of one letter.
const LETTERS_NOTHING: &str = "hHOsQuvVW";
const LETTERS_VALUE: &str = "AabDMCScdmexBGiJLFwNnopqt";
const LETTERS_MAYBE: &str = "k";

/// Letters that matter to the agent, and their long names.
const NAMES: &[(char, &str)] = &[
    ('W', "wait"),
    ('Q', "quiet"),
    ('M', "clusters"),
    ('h', "help"),
    ('u', "usage"),
    ('V', "version"),
];

/// A word of a command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Word<'a> {
    /// A long option.
    Long {
        /// Its full names; of an ambiguous abbreviation all that it may be.
        names: Vec<&'static str>,
        /// Whether it has a value.
        takes: Takes,
        /// What stands after the `=`.
        value: Option<&'a str>,
    },
    /// One or more options of one letter.
    Letters {
        /// The letters without the value of the last.
        letters: &'a str,
        /// What the last one takes.
        takes: Takes,
        /// The value of the last in the same word.
        value: Option<&'a str>,
    },
    /// No option.
    Other,
}

/// Reads a word in a place where an option may stand.
pub fn read(word: &str) -> Word<'_> {
    match word.strip_prefix("--") {
        Some("") => Word::Other,
        Some(long) => read_long(long),
        None => match word.strip_prefix('-') {
            Some(letters) if !letters.is_empty() => read_letters(letters),
            _ => Word::Other,
        },
    }
}

fn read_long(long: &str) -> Word<'_> {
    let (name, value) = long.split_once('=').map_or((long, None), |(n, v)| (n, Some(v)));
    let lists = [(NOTHING, Takes::Nothing), (VALUE, Takes::Value), (MAYBE, Takes::Maybe)];
    let known = lists
        .into_iter()
        .flat_map(|(list, takes)| list.split_ascii_whitespace().map(move |full| (full, takes)));
    let mut fits: Vec<_> = known.filter(|(full, _)| full.starts_with(name)).collect();
    if let Some(exact) = fits.iter().find(|(full, _)| *full == name) {
        fits = vec![*exact];
    }
    let takes = match fits.as_slice() {
        [(_, takes)] => *takes,
        _ => Takes::Unknown,
    };
    Word::Long { names: fits.into_iter().map(|(full, _)| full).collect(), takes, value }
}

fn read_letters(letters: &str) -> Word<'_> {
    for (at, letter) in letters.char_indices() {
        let takes = match letter {
            _ if LETTERS_NOTHING.contains(letter) => continue,
            _ if LETTERS_VALUE.contains(letter) => Takes::Value,
            _ if LETTERS_MAYBE.contains(letter) => Takes::Maybe,
            // `sbatch` refuses the word, whatever follows.
            _ => return Word::Letters { letters, takes: Takes::Unknown, value: None },
        };
        let (letters, value) = letters.split_at(at + letter.len_utf8());
        return Word::Letters { letters, takes, value: Some(value).filter(|v| !v.is_empty()) };
    }
    Word::Letters { letters, takes: Takes::Nothing, value: None }
}

impl Word<'_> {
    /// The full names of the options that it can only be, as far as they matter to the agent.
    pub fn names(&self) -> Vec<&'static str> {
        match self {
            Self::Long { names, .. } => names.clone(),
            Self::Letters { letters, .. } => {
                let name = |letter| NAMES.iter().find(|(known, _)| *known == letter);
                letters.chars().filter_map(name).map(|(_, name)| *name).collect()
            }
            Self::Other => Vec::new(),
        }
    }

    /// Whether the next word is its value.
    pub const fn wants_next(&self) -> bool {
        matches!(
            self,
            Self::Long { takes: Takes::Value, value: None, .. }
                | Self::Letters { takes: Takes::Value, value: None, .. }
        )
    }

    /// Whether it certainly is the long option of this name.
    pub fn is(&self, name: &str) -> bool {
        matches!(self, Self::Long { names, .. } if names.as_slice() == [name])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn abbreviations_mean_what_getopt_makes_of_them() {
        for (word, name, wants_next) in [
            ("--part", "partition", true),
            ("--wait", "wait", false),
            ("--wra", "wrap", true),
            ("--test-onl", "test-only", false),
            ("--nodel", "nodelist", true),
            ("--tasks", "tasks-per-node", true),
            ("--clusters=x", "clusters", false),
            ("--exclusive", "exclusive", false),
        ] {
            let read = read(word);
            assert!(read.is(name) && read.wants_next() == wants_next, "{word}: {read:?}");
        }
        for ambiguous in ["--wai", "--ti", "--exc", "--n"] {
            assert!(read(ambiguous).names().len() > 1, "{ambiguous}");
        }
        assert_eq!(read("--bogus").names(), [""; 0]);
    }

    #[test]
    fn letters_may_be_bundled() {
        assert_eq!(read("-QW").names(), ["quiet", "wait"]);
        assert_eq!(read("-vhost").names(), ["help"], "o has a value");
        for (word, wants_next) in [("-N", true), ("-QN", true), ("-QN2", false), ("-k", false)] {
            assert_eq!(read(word).wants_next(), wants_next, "{word}");
        }
        assert_eq!(read("-JW").names(), [""; 0], "W is the job's name");
        for other in ["-", "--", "other.sh", "", ":"] {
            assert_eq!(read(other), Word::Other);
        }
    }
}
