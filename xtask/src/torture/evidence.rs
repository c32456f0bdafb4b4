//! What there is to be known of a violation.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::{ground_truth::Run, verdict::Violation};
use crate::{lab::Slurm, process};

/// Prints a table's rows of some submissions; Python has SQLite where nothing else has.
const JOURNAL: &str = "
import sqlite3, sys
journal = sqlite3.connect(f'file:{sys.argv[1]}?mode=ro', uri=True)
journal.row_factory = sqlite3.Row
for table, key in (
    ('submissions', 'id'), ('failures', 'submission_id'), ('jobs', 'submission_id')
):
    for row in journal.execute(f'SELECT * FROM {table} WHERE {key} = ?', (int(sys.argv[2]),)):
        print(table, dict(row))
";

#[derive(Debug)]
pub(super) struct Sources<'a> {
    pub(super) slurm: &'a Slurm,
    pub(super) runs: &'a [Run],
    /// The agents' journals; nobody else has them open.
    pub(super) journals: Vec<PathBuf>,
    /// Files with a line for each event.
    pub(super) logs: Vec<PathBuf>,
}

impl Sources<'_> {
    /// Prints a violation with all that concerns it.
    pub(super) fn print(&self, violation: &Violation) {
        let Violation { what, marker, submission, jobs } = violation;
        let number = submission.map_or_else(|| "?".to_owned(), |id| id.to_string());
        println!("\nVIOLATION: submission {number} ({marker}) {what}");
        let concerned = |run: &&Run| run.marker == *marker || jobs.contains(&run.job);
        for run in self.runs.iter().filter(concerned) {
            println!("  ran: {run:?}");
        }
        if let Some(id) = submission {
            self.print_journal(*id);
        }
        for job in jobs {
            let job = job.to_string();
            if let Some(record) = self.slurm.ask("scontrol", &["-o", "show", "job", &job]) {
                println!("  slurm: {}", record.trim());
            }
        }
        self.print_logs(*submission, jobs);
    }

    fn print_journal(&self, submission: i64) {
        for (number, journal) in (1..).zip(&self.journals) {
            let mut python = Command::new("python3");
            python.args(["-c", JOURNAL]).arg(journal).arg(submission.to_string());
            let rows = process::output(&mut python);
            let rows = rows.unwrap_or_else(|| "python3 can't read it\n".to_owned());
            rows.lines().for_each(|row| println!("  journal of agent {number}: {row}"));
        }
    }

    fn print_logs(&self, submission: Option<i64>, jobs: &[i64]) {
        let mut wanted: Vec<String> = Vec::new();
        if let Some(id) = submission {
            wanted.extend([format!("submission={id}"), format!("jobbergate:{id}:")]);
            wanted.extend(
                ["", "agent/", "cancel/"].map(|path| format!("job-submissions/{path}{id}")),
            );
        }
        for job in jobs {
            wanted.extend([format!("slurm_job_id={job}"), format!("JobId={job}")]);
        }
        for log in &self.logs {
            let name = log.file_name().unwrap_or_default().to_string_lossy().into_owned();
            for line in lines_with(log, &wanted) {
                println!("  {name}: {line}");
            }
        }
    }
}

fn lines_with(log: &Path, wanted: &[String]) -> Vec<String> {
    let bytes = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let matches = |line: &&str| wanted.iter().any(|word| contains_word(line, word));
    text.lines().filter(matches).map(str::to_owned).collect()
}

/// Whether it is there and no digit follows, which would make it another number.
fn contains_word(line: &str, word: &str) -> bool {
    let mut rest = line.match_indices(word).map(|(at, _)| &line[at + word.len()..]);
    let whole = |rest: &str| word.ends_with(':') || !rest.starts_with(|c: char| c.is_ascii_digit());
    rest.any(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_not_found_within_another() {
        assert!(contains_word("submission=12 account=a", "submission=12"));
        assert!(contains_word("submission=12", "submission=12"));
        assert!(contains_word("submission=123 submission=12", "submission=12"));
        assert!(!contains_word("submission=123", "submission=12"));
        assert!(contains_word("jobbergate:7:8a", "jobbergate:7:"));
    }
}
