//! The names that commands had before there were groups (`JOBBERGATE_COMPATIBILITY_MODE`).

use std::ffi::OsString;

use crate::{command_line::command_at, output};

/// Old names with what they are called now; the first five are in the help.
const NAMES: [(&str, [&str; 2]); 20] = [
    ("list-applications", ["applications", "list"]),
    ("list-job-scripts", ["job-scripts", "list"]),
    ("create-job-script", ["job-scripts", "create"]),
    ("list-job-submissions", ["job-submissions", "list"]),
    ("create-job-submission", ["job-submissions", "create"]),
    ("get-application", ["applications", "get-one"]),
    ("create-application", ["applications", "create"]),
    ("delete-application", ["applications", "delete"]),
    ("update-application", ["applications", "update"]),
    ("download-application", ["applications", "download-files"]),
    ("clone-application", ["applications", "clone"]),
    ("get-job-script", ["job-scripts", "get-one"]),
    ("update-job-script", ["job-scripts", "update"]),
    ("render-job-script-locally", ["job-scripts", "create-locally"]),
    ("delete-job-script", ["job-scripts", "delete"]),
    ("download-job-script", ["job-scripts", "download-files"]),
    ("show-job-script-files", ["job-scripts", "show-files"]),
    ("clone-job-script", ["job-scripts", "clone"]),
    ("get-job-submission", ["job-submissions", "get-one"]),
    ("delete-job-submission", ["job-submissions", "delete"]),
];

/// What the help says of them.
pub const HELP: &str = "Backward compatibility:
  list-applications      Same as `applications list`
  list-job-scripts       Same as `job-scripts list`
  create-job-script      Same as `job-scripts create`
  list-job-submissions   Same as `job-submissions list`
  create-job-submission  Same as `job-submissions create`";

/// Whether a command was called so.
pub fn is_one(word: &str) -> bool {
    NAMES.iter().any(|(old, _)| *old == word)
}

/// The words with the command's name of today, of which a person is told.
pub fn translated(words: Vec<OsString>) -> Vec<OsString> {
    let command = command_at(&words);
    let word = command.and_then(|at| words.get(at));
    let found = NAMES.iter().find(|(old, _)| word.is_some_and(|word| word == old));
    let (Some(at), Some((old, new))) = (command, found) else { return words };
    output::tell(&format!(
        "The command `{old}` is deprecated; please use `{} {}`\n",
        new[0], new[1]
    ));
    let mut translated = words;
    translated.splice(at..=at, new.iter().map(OsString::from));
    translated
}

#[cfg(test)]
mod tests {
    use super::*;

    fn translate(line: &str) -> String {
        let words = line.split(' ').map(OsString::from).collect();
        let words = translated(words).into_iter().map(|word| word.into_string().unwrap());
        words.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn an_old_name_becomes_the_new_one() {
        assert_eq!(
            translate("jobbergate list-applications --all"),
            "jobbergate applications list --all"
        );
        assert_eq!(
            translate("jobbergate --raw -u x get-job-script 1"),
            "jobbergate --raw -u x job-scripts get-one 1"
        );
        let unchanged = "jobbergate applications get-one --identifier list-applications";
        assert_eq!(translate(unchanged), unchanged);
    }
}
