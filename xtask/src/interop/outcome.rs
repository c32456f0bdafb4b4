//! What came of each operation of each client.

use std::{fs, path::Path};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::lab::Terminal;

#[derive(Debug)]
struct Row {
    client: String,
    operation: String,
    note: String,
    problem: Option<String>,
    seconds: f64,
}

#[derive(Debug, Default)]
pub(crate) struct Outcome(Vec<Row>);

impl Outcome {
    /// Adds the rows of a story; one that did not come to its end is a failed operation, too.
    pub(super) fn add(&mut self, story: &str, rows: &Path, finished: Result<()>) -> Result<()> {
        let text = fs::read_to_string(rows)?;
        for line in text.lines() {
            self.0.push(Row::read(line).with_context(|| format!("no row of {story}: {line}"))?);
        }
        if text.is_empty() && finished.is_ok() {
            bail!("{story} did nothing");
        }
        if let Err(error) = finished {
            self.0.push(Row {
                client: story.to_owned(),
                operation: "all of it".to_owned(),
                note: String::new(),
                problem: Some(format!("{error:#}")),
                seconds: 0.0,
            });
        }
        Ok(())
    }

    /// The table client × operation × result.
    pub(super) fn print(&self, terminal: &Terminal) {
        let [client, operation, seconds, result] = ["client", "operation", "seconds", "result"];
        terminal.heading(&format!("  {client:<24} {operation:<50} {seconds:>7}  {result}"));
        for Row { client, operation, note, problem, seconds } in &self.0 {
            let result = match problem {
                None if note.is_empty() => "works".to_owned(),
                None => note.clone(),
                Some(problem) => {
                    format!("FAILED: {}", problem.lines().next().unwrap_or_default())
                }
            };
            terminal.say(&format!("  {client:<24} {operation:<50} {seconds:>7.1}  {result}"));
        }
    }

    /// A line for a summary; an error that names the operations that failed.
    pub(crate) fn verdict(&self) -> Result<String> {
        let all = self.0.len();
        let failed: Vec<String> = self.0.iter().filter_map(Row::failure).collect();
        let number = failed.len();
        let words = failed.join("");
        ensure!(number == 0, "{number} of {all} operations of today's clients failed{words}");
        Ok(format!("Today's clients: all {all} operations are as they should be"))
    }
}

impl Row {
    fn failure(&self) -> Option<String> {
        let problem = self.problem.as_ref()?;
        Some(format!("\n  {}, {}: {problem}", self.client, self.operation))
    }

    fn read(line: &str) -> Option<Self> {
        let row: Value = serde_json::from_str(line).ok()?;
        let text = |name: &str| Some(row[name].as_str()?.to_owned());
        Some(Self {
            client: text("client")?,
            operation: text("operation")?,
            note: text("note")?,
            problem: text("problem"),
            seconds: row["seconds"].as_f64()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    const LOGIN: &str =
        r#"{"client": "cli", "operation": "login", "note": "", "problem": null, "seconds": 1.5}"#;
    const LIST: &str =
        r#"{"client": "cli", "operation": "list", "note": "", "problem": "no page", "seconds": 0}"#;

    fn outcome(name: &str, rows: &[&str], finished: Result<()>) -> Result<Outcome> {
        let file = std::env::temp_dir().join(format!("{name}-{}", std::process::id()));
        fs::write(&file, rows.join("\n"))?;
        let mut outcome = Outcome::default();
        let added = outcome.add("cli", &file, finished);
        fs::remove_file(&file)?;
        added.map(|()| outcome)
    }

    #[test]
    fn what_works_is_counted() {
        let all_works = outcome("works", &[LOGIN], Ok(())).unwrap().verdict().unwrap();
        assert_eq!(all_works, "Today's clients: all 1 operations are as they should be");
    }

    #[test]
    fn an_operation_that_fails_is_named() {
        let verdict = outcome("fails", &[LOGIN, LIST], Ok(())).unwrap().verdict();
        let words = "1 of 2 operations of today's clients failed\n  cli, list: no page";
        assert_eq!(verdict.unwrap_err().to_string(), words);
    }

    #[test]
    fn a_client_that_breaks_off_or_says_nothing_has_failed() {
        let broken = outcome("breaks-off", &[LOGIN], Err(anyhow!("killed"))).unwrap();
        assert!(broken.verdict().unwrap_err().to_string().ends_with("cli, all of it: killed"));
        assert!(outcome("silent", &[], Ok(())).is_err());
        assert!(outcome("garbled", &["{"], Ok(())).is_err());
    }
}
