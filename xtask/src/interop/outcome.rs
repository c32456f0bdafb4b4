//! What came of each operation of each client.

use std::{fs, path::Path};

use anyhow::{Context, Result, ensure};
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
pub(super) struct Outcome(Vec<Row>);

impl Outcome {
    /// Adds the rows of a story; one that did not come to its end is a failed operation, too.
    pub(super) fn add(&mut self, story: &str, rows: &Path, finished: Result<()>) -> Result<()> {
        let text = fs::read_to_string(rows)?;
        for line in text.lines() {
            self.0.push(Row::read(line).with_context(|| format!("no row of {story}: {line}"))?);
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

    /// A line for a summary; an error when any operation failed.
    pub(super) fn verdict(&self) -> Result<String> {
        let all = self.0.len();
        let failed = self.0.iter().filter(|row| row.problem.is_some()).count();
        ensure!(failed == 0, "{failed} of {all} operations of today's clients failed");
        Ok(format!("Today's clients: all {all} operations are as they should be"))
    }
}

impl Row {
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
