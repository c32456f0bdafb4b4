//! Submitting on this machine, with its own `sbatch`.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use tokio::process::Command;

use super::Session;
use crate::{
    commands::job_scripts::entrypoints,
    failure::{Failure, Result},
    files,
    injection::{AT_SUBMISSION, inject},
};

const TITLE: &str = "Slurm Submission Error";
/// How long `sbatch` may take: it waits itself for a controller that is busy.
const DEADLINE: Duration = Duration::from_secs(300);

/// What may be done about a refusal, by the first word that is found in it.
const SUGGESTIONS: [(&[&str], &str); 7] = [
    (
        &["execution directory", "home directory"],
        "Create that directory on the cluster, or submit to another one with --execution-directory.",
    ),
    (
        &["memory", "mem="],
        "Lower requested memory or choose a queue/node type with higher memory limits.",
    ),
    (&["cpu"], "Lower the number of requested CPUs or choose nodes that have more of them."),
    (&["qos"], "Choose a QOS that your account may use, or ask your administrator for it."),
    (&["partition"], "Choose a partition that exists and that you may use (see `sinfo`)."),
    (
        &["constraint", "feature", "node"],
        "Check the requested features and the number of nodes against what the cluster has.",
    ),
    (&[], "Check the arguments of sbatch in the job script, or ask your administrator."),
];

/// Fetches the script's files into the directory and submits; the job's number.
///
/// # Errors
/// When something of it can't be done; then there is no job, unless the text says so.
pub async fn submit(
    session: &Session,
    sbatch: &Path,
    script: i64,
    directory: &Path,
    arguments: &[String],
) -> Result<i64> {
    if !sbatch.is_absolute() || !sbatch.is_file() {
        let text =
            format!("SBATCH_PATH is {}; it must be the absolute path of sbatch", sbatch.display());
        return Err(Failure::new("Configuration Error", text));
    }
    let entrypoints = entrypoints(session, script, directory).await?;
    let [entrypoint] = entrypoints.as_slice() else {
        let text = format!(
            "Job script ({script}) has {} entrypoint files; there must be exactly one",
            entrypoints.len()
        );
        return Err(Failure::new("Job Script Error", text));
    };
    let entrypoint = absolute(entrypoint)?;
    if !arguments.is_empty() {
        put_in(&entrypoint, arguments)?;
    }
    run(sbatch, &entrypoint, directory).await
}

fn absolute(path: &Path) -> Result<PathBuf> {
    path.canonicalize().map_err(|error| Failure::file("Job Script Error", path.display(), &error))
}

fn put_in(entrypoint: &Path, arguments: &[String]) -> Result<()> {
    let failed = |error| Failure::file("Job Script Error", entrypoint.display(), &error);
    let script = std::fs::read_to_string(entrypoint).map_err(failed)?;
    files::write(entrypoint, inject(&script, AT_SUBMISSION, arguments).as_bytes()).map_err(failed)
}

async fn run(sbatch: &Path, entrypoint: &Path, directory: &Path) -> Result<i64> {
    let mut command = Command::new(sbatch);
    command.arg("--parsable").arg(entrypoint).current_dir(directory).stdin(Stdio::null());
    command.kill_on_drop(true);
    let finished = match tokio::time::timeout(DEADLINE, command.output()).await {
        Ok(finished) => finished,
        Err(_) => {
            let text = format!(
                "{} did not answer within {} seconds. Whether Slurm has the job is not known: see \
                 `squeue --me` before you try again.",
                sbatch.display(),
                DEADLINE.as_secs()
            );
            return Err(Failure::new(TITLE, text));
        }
    };
    let output = finished.map_err(|error| Failure::file(TITLE, sbatch.display(), &error))?;
    let said = |bytes: &[u8]| {
        String::from_utf8_lossy(bytes).split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let (out, err) = (said(&output.stdout), said(&output.stderr));
    if !output.status.success() {
        let words = if err.is_empty() { out } else { err };
        let code =
            output.status.code().map_or("a signal".to_owned(), |code| format!("code {code}"));
        return Err(refused(&format!("Failed to run command with {code}: {words}")));
    }
    // A site's own sbatch may greet before it answers.
    job_number(&String::from_utf8_lossy(&output.stdout)).ok_or_else(|| {
        let text = format!("{} says {out:?}, which is no number of a job", sbatch.display());
        Failure::new(TITLE, text)
    })
}

/// The number in `123` or `123;cluster`.
fn job_number(out: &str) -> Option<i64> {
    let line = out.trim().lines().last()?.trim();
    let number = line.split([';', ',']).next()?;
    number.chars().all(|c| c.is_ascii_digit()).then(|| number.parse().ok()).flatten()
}

/// What may be done about a refusal of Slurm's.
pub fn suggestion(reason: &str) -> &'static str {
    let lower = reason.to_lowercase();
    let found = SUGGESTIONS
        .iter()
        .find(|(words, _)| words.is_empty() || words.iter().any(|word| lower.contains(word)));
    found.map_or("", |(_, suggestion)| *suggestion)
}

fn refused(reason: &str) -> Failure {
    let suggestion = suggestion(reason);
    let text =
        format!("Slurm rejected the job submission.\nReason: {reason}\nSuggestion: {suggestion}");
    Failure::new(TITLE, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_of_a_federation_is_understood_too() {
        for (out, expected) in [
            ("12\n", Some(12)),
            ("12;east\n", Some(12)),
            ("12,east", Some(12)),
            ("welcome\n12\n", Some(12)),
            ("Submitted batch job 12", None),
            ("", None),
        ] {
            assert_eq!(job_number(out), expected, "{out}");
        }
    }

    #[test]
    fn a_refusal_comes_with_what_may_be_done() {
        for (reason, expected) in [
            ("sbatch: error: Memory specification can not be satisfied", "Lower requested memory"),
            ("Invalid qos specification", "Choose a QOS"),
            ("invalid partition specified: x", "Choose a partition"),
            ("The execution directory /x/node does not exist on the cluster.", "Create that"),
            ("who knows", "Check the arguments"),
        ] {
            let Failure::Refused { text, .. } = refused(reason) else { panic!() };
            assert!(text.contains(&format!("Suggestion: {expected}")), "{text}");
        }
    }
}
