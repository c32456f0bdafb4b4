//! The load generator, wrk: one operation over so many connections, each with one request at a time.

use std::{path::PathBuf, process::Command, time::Duration};

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use super::operations::Operation;
use crate::{packages, process};

const SCRIPT: &str = include_str!("load.lua");
/// An answer that takes longer is an error.
const DEADLINE: &str = "60s";
/// What is asked for the first time takes longer: this long is asked before anything counts.
pub(super) const WARM_UP: Duration = Duration::from_secs(1);
/// No request of a later run has a time of an earlier one.
const TIMES_OF_ONE_RUN: u32 = 1_000_000;
/// More threads than this would get times of others.
const MOST_THREADS: usize = 4;

/// What was answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Load {
    pub(crate) requests: u64,
    pub(crate) per_second: f64,
    /// Milliseconds; where it is known.
    pub(crate) p50: Option<f64>,
    pub(crate) p99: Option<f64>,
}

/// Who is asked, and by whom.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target<'a> {
    /// With what is before the operations' paths.
    pub(crate) url: &'a str,
    /// Of people who ask by turns: what a server grants to one is not the same as what it does.
    pub(crate) tokens: &'a [String],
}

#[derive(Debug)]
pub(crate) struct Generator {
    directory: PathBuf,
    length: Duration,
    threads: usize,
    runs: u32,
}

impl Generator {
    /// Installs it unless it is there.
    pub(crate) fn new(directory: PathBuf, length: Duration) -> Result<Self> {
        packages::install_wrk()?;
        std::fs::write(directory.join("load.lua"), SCRIPT)?;
        // What is measured needs processors, too.
        let threads = std::thread::available_parallelism()?.get() / 2;
        Ok(Self { directory, length, threads: threads.clamp(1, MOST_THREADS), runs: 0 })
    }

    pub(crate) fn warm_up(
        &mut self,
        target: Target<'_>,
        what: &Operation,
        at_once: u32,
    ) -> Result<()> {
        self.run(target, what, at_once, WARM_UP).map(drop)
    }

    /// Fails when anything is answered with an error, or not at all.
    pub(crate) fn load(
        &mut self,
        target: Target<'_>,
        what: &Operation,
        at_once: u32,
    ) -> Result<Load> {
        let length = self.length;
        let printed = self.run(target, what, at_once, length)?;
        parse(&printed).with_context(|| format!("{} at {}", what.name, target.url))
    }

    fn run(
        &mut self,
        target: Target<'_>,
        what: &Operation,
        at_once: u32,
        length: Duration,
    ) -> Result<String> {
        let threads = threads(self.threads, usize::try_from(at_once)?);
        let (body, content_type) = match &what.body {
            Some(body) => {
                let file = self.directory.join("body");
                std::fs::write(&file, &body.bytes)?;
                (file, body.content_type)
            }
            None => (PathBuf::new(), ""),
        };
        self.runs += 1;
        let mut wrk = Command::new("wrk");
        wrk.args(["--threads", &threads.to_string(), "--connections", &at_once.to_string()]);
        wrk.args(["--duration", &format!("{}s", length.as_secs()), "--timeout", DEADLINE]);
        wrk.arg("--script").arg(self.directory.join("load.lua"));
        wrk.arg(format!("{}{}", target.url, what.path)).args(["--", what.method]);
        let scripts: Vec<_> = what.scripts.iter().map(i64::to_string).collect();
        wrk.arg(&body).args([content_type, &(self.runs * TIMES_OF_ONE_RUN).to_string()]);
        wrk.args([&scripts.join(","), &threads.to_string()]);
        process::printed(wrk.env("LOAD_TOKENS", target.tokens.join(" ")))
    }
}

/// As many as connections can be divided among without a rest, which wrk would leave out.
fn threads(most: usize, connections: usize) -> usize {
    (1..=most).rev().find(|threads| connections.is_multiple_of(*threads)).unwrap_or(1)
}

/// What the script says at its end.
#[derive(Deserialize)]
struct Summary {
    requests: u64,
    /// Microseconds, as the next.
    duration: u64,
    p50: u64,
    p99: u64,
    refused: u64,
    broken: u64,
    late: u64,
}

fn parse(printed: &str) -> Result<Load> {
    let line = printed.lines().last().context("the load generator said nothing")?;
    let summary: Summary =
        serde_json::from_str(line).with_context(|| format!("the load generator said {line:?}"))?;
    let Summary { requests, duration, refused, broken, late, .. } = summary;
    ensure!(
        (refused, broken, late) == (0, 0, 0),
        "of {requests} answers {refused} were errors; {broken} connections broke, and {late} answers \
         took longer than {DEADLINE}"
    );
    ensure!(requests > 0, "nothing was answered in time: give it more `--seconds`");
    let milliseconds = |microseconds: u64| Some(microseconds as f64 / 1e3);
    Ok(Load {
        requests,
        per_second: requests as f64 * 1e6 / duration as f64,
        p50: milliseconds(summary.p50),
        p99: milliseconds(summary.p99),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(requests: u64, errors: [u64; 3]) -> String {
        let [refused, broken, late] = errors;
        format!(
            "Running 1s test @ http://127.0.0.1\nRequests/sec: 1\n{{\"requests\":{requests},\
             \"duration\":2000000,\"p50\":1500,\"p99\":20000,\"refused\":{refused},\
             \"broken\":{broken},\"late\":{late}}}\n"
        )
    }

    #[test]
    fn what_was_answered_is_read() {
        let load = Load { requests: 50, per_second: 25.0, p50: Some(1.5), p99: Some(20.0) };
        assert_eq!(parse(&printed(50, [0; 3])).unwrap(), load);
    }

    #[test]
    fn no_connection_is_left_out() {
        assert_eq!([1, 6, 16, 64].map(|connections| threads(4, connections)), [1, 3, 4, 4]);
        assert_eq!(threads(3, 16), 2);
    }

    #[test]
    fn errors_and_silence_fail_the_run() {
        for errors in [[1, 0, 0], [0, 2, 0], [0, 0, 3]] {
            assert!(parse(&printed(50, errors)).unwrap_err().to_string().contains("of 50 answers"));
        }
        assert!(parse(&printed(0, [0; 3])).unwrap_err().to_string().contains("--seconds"));
        assert!(parse("").is_err() && parse("unable to connect\n").is_err());
    }
}
