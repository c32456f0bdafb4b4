//! A file with an e-mail and a user in each line, and comments after `#`.

use std::{collections::HashSet, fs, io, path::Path};

/// The user beside `email`.
pub(super) fn look_up(path: &Path, email: &str) -> io::Result<Option<String>> {
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

/// What an administrator should know of it from the start.
pub(super) fn doubts(path: &Path) -> Vec<String> {
    match fs::read_to_string(path) {
        Err(e) => vec![format!(
            "nobody can submit until the user map {} can be read: {e}",
            path.display()
        )],
        Ok(text) => odd_lines(&text)
            .map(|(number, what)| format!("user map {}, line {number}: {what}", path.display()))
            .collect(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_maps_each_e_mail() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(&file, "# people\nAnn@x.org ann # since May\n\nbob@x.org\n").unwrap();
        assert_eq!(look_up(file.path(), "ann@x.org").unwrap().as_deref(), Some("ann"));
        assert_eq!(look_up(file.path(), "bob@x.org").unwrap(), None);
    }

    #[test]
    fn what_is_odd_in_a_file_is_said_with_its_line() {
        let text = "\u{feff}ann@x.org ann\nbob@x.org\n\n# c\neve@x.org eve mallory\nANN@x.org a\n";
        let found: Vec<usize> = odd_lines(text).map(|(number, _)| number).collect();
        assert_eq!(found, [2, 5, 6]);
        let missing = doubts(Path::new("/nonexistent/map"));
        assert!(missing[0].contains("/nonexistent/map"), "{missing:?}");
    }

    #[test]
    fn a_file_may_come_from_windows() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(&file, "\u{feff}ann@x.org ann\r\nbob@x.org bob\r\n").unwrap();
        assert_eq!(look_up(file.path(), "ann@x.org").unwrap().as_deref(), Some("ann"));
        assert_eq!(look_up(file.path(), "Bob@x.org").unwrap().as_deref(), Some("bob"));
    }
}
