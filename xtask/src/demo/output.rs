//! What the job has written.

use std::{collections::HashSet, fs, path::Path};

use anyhow::{Context, Result, ensure};

use super::job::{NODES, TASKS};
use crate::lab::Terminal;

/// Prints what the job printed, and checks its result.
pub(crate) fn show(terminal: &Terminal, directory: &Path) -> Result<()> {
    let output = newest_output(directory)?;
    terminal.heading("The job's output");
    for line in output.lines() {
        terminal.say(&format!("  {line}"));
    }
    let result = directory.join("result.txt");
    let result = fs::read_to_string(&result)
        .with_context(|| format!("the job wrote no {}", result.display()))?;
    check(&result).with_context(|| format!("the job's result is wrong:\n{result}"))
}

fn newest_output(directory: &Path) -> Result<String> {
    let mut outputs = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().ends_with(".out") {
            outputs.push((entry.metadata()?.modified()?, entry.path()));
        }
    }
    let newest = outputs.into_iter().max().context("the job printed nothing")?;
    Ok(fs::read_to_string(newest.1)?)
}

/// Whether each task has a line, two nodes had a part in it, and no temperature is further from
/// the exact one than a thousandth.
fn check(result: &str) -> Result<()> {
    let mut nodes = HashSet::new();
    let mut tasks = HashSet::new();
    for line in result.lines().skip(1) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [node, task, _diffusivity, centre, exact, _error] = words.as_slice() else {
            anyhow::bail!("this is no line of the table: {line}");
        };
        let (centre, exact): (f64, f64) = (centre.parse()?, exact.parse()?);
        ensure!((centre / exact - 1.0).abs() < 0.001, "task {task} is too far off");
        nodes.insert(*node);
        tasks.insert(*task);
    }
    ensure!(tasks.len() == TASKS, "there are results of {} tasks, not {TASKS}", tasks.len());
    ensure!(nodes.len() == NODES, "{} nodes took part, not {NODES}", nodes.len());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(lines: impl IntoIterator<Item = String>) -> String {
        let header = "node   task  diffusivity  centre  exact  error\n".to_owned();
        lines.into_iter().fold(header, |table, line| table + &line + "\n")
    }

    fn line(task: usize, centre: f64) -> String {
        format!("node{} {task} 0.0200 {centre} 0.372708 -0.018%", task % 2 + 1)
    }

    #[test]
    fn eight_exact_tasks_on_two_nodes_are_right() {
        assert!(check(&table((0..8).map(|task| line(task, 0.372642)))).is_ok());
    }

    #[test]
    fn a_missing_or_inexact_task_is_wrong() {
        assert!(check(&table((0..7).map(|task| line(task, 0.372642)))).is_err());
        assert!(check(&table((0..8).map(|task| line(task, 0.38)))).is_err());
        assert!(check(&table((0..8).map(|task| line(2 * task, 0.372642)))).is_err());
        assert!(check("").is_err());
    }
}
