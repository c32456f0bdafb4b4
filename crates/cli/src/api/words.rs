//! What the server says in words of its own, in those of the command line.

/// Tables of the server, and what the command line calls what is in them.
const NAMES: [(&str, &str); 3] = [
    ("job_script_templates", "application"),
    ("job_scripts", "job script"),
    ("job_submissions", "job submission"),
];
/// Tables of files.
const FILES: [&str; 3] = ["job_script_template_files", "workflow_files", "job_script_files"];

/// A sentence for a person, instead of one that names tables and columns; nothing if it names none.
pub(super) fn for_people(detail: &str) -> Option<String> {
    if let Some((table, locator)) = detail.split_once(" entry was not found by locator=") {
        let name = name_of(table)?;
        return Some(format!("There is no {name} {}", locator.trim_matches('\'')));
    }
    if let Some((table, rest)) = detail.split_once(" row not found by parent_id=") {
        let (_, file) = rest.split_once("filename='")?;
        let is_known = FILES.contains(&table);
        return is_known.then(|| format!("It has no file {}", file.trim_end_matches('\'')));
    }
    match detail {
        "Mismatch on attribute(s): owner_email" => Some("It belongs to somebody else".to_owned()),
        "Mismatch on attribute(s): client_id" => Some("It is another cluster's".to_owned()),
        _ => None,
    }
}

fn name_of(table: &str) -> Option<&'static str> {
    NAMES.iter().find(|(known, _)| *known == table).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_and_columns_are_not_told_to_people() {
        for (said, meant) in [
            ("job_script_templates entry was not found by locator=7", "There is no application 7"),
            (
                "job_script_templates entry was not found by locator='a b'",
                "There is no application a b",
            ),
            ("job_scripts entry was not found by locator=7", "There is no job script 7"),
            ("job_submissions entry was not found by locator=7", "There is no job submission 7"),
            (
                "job_script_files row not found by parent_id=7, filename='it's.sh'",
                "It has no file it's.sh",
            ),
            ("Mismatch on attribute(s): owner_email", "It belongs to somebody else"),
        ] {
            assert_eq!(for_people(said).as_deref(), Some(meant));
        }
    }

    #[test]
    fn other_words_stay_as_they_are() {
        for said in ["Not Found", "", "stars entry was not found by locator=7"] {
            assert_eq!(for_people(said), None);
        }
    }
}
