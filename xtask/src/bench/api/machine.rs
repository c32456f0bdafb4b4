//! Where something was measured: without it no figure means anything.

use std::{fs, path::Path, process::Command};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::{
    bench::load_average::load,
    process::{output, printed},
};

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Machine {
    pub(super) processors: usize,
    pub(super) processor: String,
    /// Bytes.
    pub(super) memory: u64,
    pub(super) linux: String,
    /// Of the server that was measured.
    pub(super) jobbergate: String,
    /// Of the sources that it was measured with, and whether they were changed since; empty outside of a repository.
    pub(super) commit: String,
    /// Whether the server was named, so that it may be of other sources.
    #[serde(default)]
    pub(super) built_before: bool,
    /// Empty where it took no part.
    pub(super) postgresql: String,
    pub(super) wrk: String,
    pub(super) date: String,
    /// How many processes wanted to run, on average of the minute before, and of the last one.
    pub(super) load_before: f64,
    pub(super) load_after: f64,
}

impl Machine {
    pub(super) fn look_at(program: &Path, built_before: bool) -> Result<Self> {
        let processors = fs::read_to_string("/proc/cpuinfo")?;
        let memory = fs::read_to_string("/proc/meminfo")?;
        Ok(Self {
            processors: std::thread::available_parallelism()?.get(),
            processor: value(&processors, "model name").unwrap_or("unknown").to_owned(),
            memory: value(&memory, "MemTotal").and_then(kilobytes).context("no memory is known")?,
            linux: words(Command::new("uname").arg("-r")),
            jobbergate: printed(Command::new(program).arg("--version"))?,
            commit: commit(&crate::workspace()?),
            built_before,
            postgresql: String::new(),
            wrk: wrk_version()?,
            date: words(Command::new("date").args(["-u", "+%F"])),
            load_before: load()?,
            load_after: 0.0,
        })
    }

    pub(super) fn look_again(&mut self) -> Result<()> {
        self.load_after = load()?;
        Ok(())
    }

    /// As a sentence for people.
    pub(super) fn describe(&self) -> String {
        let Self { processors, processor, memory, linux, jobbergate, commit, .. } = self;
        let Self { built_before, postgresql, wrk, date, load_before, load_after, .. } = self;
        let postgresql = match postgresql.as_str() {
            "" => String::new(),
            version => format!(", PostgreSQL {version}"),
        };
        let program = if *built_before { ", with a program that was built before" } else { "" };
        let gigabytes = *memory as f64 / 1e9;
        format!(
            "{processors} × {processor}, {gigabytes:.0} GB, Linux {linux}; Jobbergate {jobbergate} \
             (measured from {commit}{program}){postgresql}, {wrk}; {date}; the machine's load was \
             {load_before} before and {load_after} at the end, when this was part of it."
        )
    }
}

fn words(command: &mut Command) -> String {
    output(command).unwrap_or_default().trim().to_owned()
}

/// Ends with `-dirty` if files are not as they were committed.
fn commit(repository: &Path) -> String {
    let mut git = Command::new("git");
    git.current_dir(repository).args(["describe", "--always", "--exclude", "*", "--dirty"]);
    words(&mut git)
}

/// After its name and a colon, in files such as `/proc/meminfo`.
fn value<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim())
}

fn kilobytes(text: &str) -> Option<u64> {
    Some(text.strip_suffix(" kB")?.parse::<u64>().ok()? * 1024)
}

/// It says so while it complains that nothing is to be asked.
fn wrk_version() -> Result<String> {
    let said = Command::new("wrk").arg("--version").output().context("there is no wrk")?;
    let said = String::from_utf8_lossy(&[said.stdout, said.stderr].concat()).into_owned();
    let words: Vec<&str> = said.split_whitespace().take(2).collect();
    Ok(words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_that_were_changed_are_no_commits() {
        let directory = tempfile::tempdir().unwrap();
        let git = |words: &[&str]| {
            let mut git = Command::new("git");
            git.current_dir(directory.path()).args([
                "-c",
                "user.name=a",
                "-c",
                "user.email=a@example.com",
            ]);
            printed(git.args(words)).unwrap()
        };
        assert_eq!(commit(directory.path()), "");
        git(&["init", "--quiet"]);
        let file = directory.path().join("file");
        fs::write(&file, "as it was committed").unwrap();
        git(&["add", "file"]);
        git(&["commit", "--quiet", "--message", "first"]);
        git(&["tag", "v1"]);
        let clean = commit(directory.path());
        assert!(git(&["rev-parse", "HEAD"]).starts_with(&clean) && clean.len() >= 7, "{clean}");
        fs::write(&file, "as it was measured").unwrap();
        assert_eq!(commit(directory.path()), format!("{clean}-dirty"));
    }

    #[test]
    fn a_program_that_was_named_is_not_said_to_be_of_these_sources() {
        let machine = |built_before| Machine {
            commit: "4711".to_owned(),
            built_before,
            ..Machine::default()
        };
        assert!(machine(false).describe().contains("(measured from 4711)"));
        let named = "(measured from 4711, with a program that was built before)";
        assert!(machine(true).describe().contains(named));
    }

    #[test]
    fn values_follow_their_names() {
        let text = "MemFree: 1 kB\nMemTotal:       2048 kB\nmodel name\t: A: fast one\n";
        assert_eq!(value(text, "MemTotal").and_then(kilobytes), Some(2048 * 1024));
        assert_eq!(value(text, "model name"), Some("A: fast one"));
        assert_eq!(value(text, "missing"), None);
    }
}
