//! Which user of the cluster an owner of submissions is.

use std::{
    collections::HashSet,
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use crate::{
    run_as::{Account, FIRST_PERSON},
    setback::Setback,
};

/// How long the system's directory of users may take.
const DEADLINE: Duration = Duration::from_secs(30);

/// How an owner's e-mail becomes a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserMap {
    /// Everybody is the same user.
    Single(String),
    /// A file with an e-mail and a user in each line.
    File(PathBuf),
    /// The user is called like the part of the e-mail before the `@`, in small letters.
    LocalPart {
        /// The part of the e-mail after the `@`; without, any will do.
        domain: Option<String>,
    },
}

impl UserMap {
    /// The account of the owner with this e-mail.
    ///
    /// # Errors
    /// A refusal if there is none, otherwise what went wrong for the moment.
    pub async fn account(&self, email: &str) -> Result<Account, Setback> {
        let name = self.user(email)?;
        let searched = name.clone();
        let search = tokio::task::spawn_blocking(move || Account::by_name(&searched));
        let trouble = |why: String| Setback::Trouble(format!("looking up the user {name}: {why}"));
        let found = tokio::time::timeout(DEADLINE, search)
            .await
            .map_err(|e| trouble(e.to_string()))?
            .map_err(|e| trouble(e.to_string()))?
            .map_err(|e| trouble(e.to_string()))?;
        let account = found.ok_or_else(|| {
            Setback::Refusal(format!(
                "{email} is mapped to the user {name:?} ({self}), which does not exist on the \
                 cluster. Ask its administrator to create the user or to change the mapping."
            ))
        })?;
        self.check(email, account)
    }

    fn check(&self, email: &str, account: Account) -> Result<Account, Setback> {
        let name = &account.name;
        if matches!(self, Self::LocalPart { .. }) && account.uid.as_raw() < FIRST_PERSON {
            return Err(Setback::Refusal(format!(
                "{email} would be the system's user {name:?} ({self}), which nobody may be by the \
                 name of an e-mail. Ask the administrator of the cluster for a mapping by a file."
            )));
        }
        if !account.is_within_reach() {
            return Err(Setback::Refusal(format!(
                "{email} is mapped to the user {name:?} ({self}), but the agent does not run as \
                 root and can submit as its own user only. Ask the administrator of the cluster \
                 to run the agent as root or to map everybody to the agent's user."
            )));
        }
        Ok(account)
    }

    fn user(&self, email: &str) -> Result<String, Setback> {
        let unknown = |why: &str| {
            Setback::Refusal(format!(
                "{email} has no user on the cluster: {why} ({self}). Ask its administrator to add \
                 one."
            ))
        };
        match self {
            Self::Single(name) => Ok(name.clone()),
            Self::File(path) => {
                let entry = look_up(path, email).map_err(|e| {
                    Setback::Trouble(format!("user map {} cannot be read: {e}", path.display()))
                })?;
                entry.ok_or_else(|| unknown("the e-mail is not in the file"))
            }
            Self::LocalPart { domain } => match (email.rsplit_once('@'), domain) {
                (Some((_, of)), Some(only)) if !of.eq_ignore_ascii_case(only) => {
                    Err(unknown("the e-mail is of another domain"))
                }
                (Some((local, _)), _) if !local.is_empty() => Ok(local.to_lowercase()),
                _ => Err(unknown("it is no e-mail")),
            },
        }
    }
}

/// What an administrator should know of a map from the start.
pub fn doubts(map: &UserMap) -> Vec<String> {
    match map {
        UserMap::LocalPart { domain: None } => vec![
            "e-mails of any domain become users of this cluster, x@anywhere.org the user x: say \
             which domain counts with USER_MAP_DOMAIN"
                .to_owned(),
        ],
        UserMap::File(path) => match fs::read_to_string(path) {
            Err(e) => vec![format!(
                "nobody can submit until the user map {} can be read: {e}",
                path.display()
            )],
            Ok(text) => odd_lines(&text)
                .map(|(number, what)| format!("user map {}, line {number}: {what}", path.display()))
                .collect(),
        },
        _ => Vec::new(),
    }
}

fn odd_lines(text: &str) -> impl Iterator<Item = (usize, &'static str)> {
    let mut known = HashSet::new();
    let lines = text.trim_start_matches('\u{feff}').lines().enumerate();
    lines.filter_map(move |(i, line)| {
        let words: Vec<_> = line.split('#').next()?.split_whitespace().collect();
        let what = match words.as_slice() {
            [] => return None,
            [email, ..] if !known.insert(email.to_lowercase()) => {
                "this e-mail stands above already, which counts"
            }
            [_, _] => return None,
            [_] => "a user is missing behind the e-mail",
            _ => "there is more than an e-mail and a user; the first two words count",
        };
        Some((i + 1, what))
    })
}

/// The user beside `email` in a file of lines `email user`, with comments after `#`.
fn look_up(path: &Path, email: &str) -> io::Result<Option<String>> {
    let text = fs::read_to_string(path)?;
    // Editors of Windows begin a file with a byte-order mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let entries = text.lines().filter_map(|line| {
        let mut words = line.split('#').next()?.split_whitespace();
        Some((words.next()?, words.next()?))
    });
    let mut entries = entries.filter(|(of, _)| of.eq_ignore_ascii_case(email));
    Ok(entries.next().map(|(_, user)| user.to_owned()))
}

impl std::fmt::Display for UserMap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Single(_) => f.write_str("mapping: single-user"),
            Self::File(path) => write!(f, "mapping: file {}", path.display()),
            Self::LocalPart { domain: None } => f.write_str("mapping: local-part"),
            Self::LocalPart { domain: Some(domain) } => {
                write!(f, "mapping: local-part of @{domain}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal<T: std::fmt::Debug>(result: Result<T, Setback>) -> String {
        let Err(Setback::Refusal(why)) = result else { panic!("not refused: {result:?}") };
        why
    }

    #[test]
    fn a_file_maps_each_e_mail() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(&file, "# people\nAnn@x.org ann # since May\n\nbob@x.org\n").unwrap();
        let map = UserMap::File(file.path().to_owned());
        assert_eq!(map.user("ann@x.org").unwrap(), "ann");
        let why = refusal(map.user("bob@x.org"));
        assert!(why.contains("bob@x.org") && why.contains("file") && why.contains("Ask"), "{why}");
    }

    #[test]
    fn what_is_odd_in_a_file_is_said_with_its_line() {
        let text = "\u{feff}ann@x.org ann\nbob@x.org\n\n# c\neve@x.org eve mallory\nANN@x.org a\n";
        let found: Vec<usize> = odd_lines(text).map(|(number, _)| number).collect();
        assert_eq!(found, [2, 5, 6]);
        let missing = doubts(&UserMap::File("/nonexistent/map".into()));
        assert!(missing[0].contains("/nonexistent/map"), "{missing:?}");
        let anybody = doubts(&UserMap::LocalPart { domain: None });
        assert!(anybody[0].contains("USER_MAP_DOMAIN"), "{anybody:?}");
        assert!(doubts(&UserMap::LocalPart { domain: Some("x.org".into()) }).is_empty());
    }

    #[test]
    fn a_file_may_come_from_windows() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(&file, "\u{feff}ann@x.org ann\r\nbob@x.org bob\r\n").unwrap();
        let map = UserMap::File(file.path().to_owned());
        assert_eq!(map.user("ann@x.org").unwrap(), "ann");
        assert_eq!(map.user("Bob@x.org").unwrap(), "bob");
    }

    #[test]
    fn a_file_that_is_missing_rejects_nobody() {
        let map = UserMap::File("/nonexistent/map".into());
        assert!(matches!(map.user("ann@x.org"), Err(Setback::Trouble(_))));
    }

    #[test]
    fn the_local_part_counts_in_its_domain_only() {
        let map = UserMap::LocalPart { domain: Some("x.org".to_owned()) };
        assert_eq!(map.user("ann@X.org").unwrap(), "ann");
        assert_eq!(map.user("Ann.Lee@X.ORG").unwrap(), "ann.lee");
        assert!(refusal(map.user("ann@evil.org")).contains("another domain"));
        assert!(refusal(map.user("@x.org")).contains("no e-mail"));
    }

    #[tokio::test]
    async fn nobody_becomes_root_by_an_e_mail() {
        let map = UserMap::LocalPart { domain: None };
        assert!(refusal(map.account("root@x.org").await).contains("system's user"));
        let missing = refusal(map.account("no-such-user@x.org").await);
        assert!(missing.contains("does not exist") && missing.contains("Ask"), "{missing}");
    }
}
