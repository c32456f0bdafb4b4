//! What jobs themselves write down when they run: the truth that everything else is held against.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result};

/// What jobs write where there is no support file.
const NO_SUPPORT_FILE: &str = "-";

/// A script that ran.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Run {
    /// Whose script it is.
    pub(super) marker: String,
    /// In which job it ran.
    pub(super) job: i64,
    /// What the support file said.
    pub(super) support: Option<String>,
    pub(super) ended: bool,
}

/// The file that all jobs append to.
#[derive(Debug, Clone)]
pub(super) struct GroundTruth(PathBuf);

impl GroundTruth {
    pub(super) fn new(work: &Path) -> Self {
        Self(work.join("ground-truth"))
    }

    /// A script that notes its marker, its job and what its support file says.
    pub(super) fn script(&self, marker: &str, support: Option<&str>, takes: Duration) -> String {
        let support = support.map_or_else(
            || format!("echo {NO_SUPPORT_FILE}"),
            |name| format!("cat {name} || echo missing"),
        );
        format!(
            "#!/bin/sh\n\
             #SBATCH --partition=compute\n\
             #SBATCH --mem=50\n\
             #SBATCH --output=/dev/null\n\
             note() {{ echo \"$1 {marker} $SLURM_JOB_ID $2\" >>'{truth}'; }}\n\
             note began \"$({support})\"\n\
             sleep {takes}\n\
             note ended\n",
            truth = self.0.display(),
            takes = takes.as_secs_f64(),
        )
    }

    /// All runs so far, in the order of their beginning.
    pub(super) fn runs(&self) -> Result<Vec<Run>> {
        match fs::read_to_string(&self.0) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            read => parse(&read.context("can't read what the jobs wrote")?),
        }
    }
}

fn parse(text: &str) -> Result<Vec<Run>> {
    let mut runs: Vec<Run> = Vec::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [event, marker, job, ..] = words.as_slice() else {
            anyhow::bail!("the jobs wrote a line that makes no sense: {line}");
        };
        let job = job.parse().with_context(|| format!("there is no job in {line}"))?;
        if *event == "began" {
            let support = words.get(3).filter(|content| **content != NO_SUPPORT_FILE);
            let support = support.map(|content| (*content).to_owned());
            runs.push(Run { marker: (*marker).to_owned(), job, support, ended: false });
        } else if let Some(run) =
            runs.iter_mut().rfind(|run| run.job == job && run.marker == *marker)
        {
            run.ended = true;
        }
    }
    Ok(runs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_read_as_jobs_write_them() {
        let run = |marker: &str, job, support: Option<&str>, ended| Run {
            marker: marker.to_owned(),
            job,
            support: support.map(str::to_owned),
            ended,
        };
        let runs = parse("began a 1 a\nbegan b 2 -\nended a 1 \nbegan a 3 b\n").unwrap();
        let expected =
            [run("a", 1, Some("a"), true), run("b", 2, None, false), run("a", 3, Some("b"), false)];
        assert_eq!(runs, expected);
        assert!(parse("began a").is_err());
    }
}
