//! What the server says in the end of all submissions.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::{
    interrupt::Interrupt,
    lab::{Api, Slurm, Terminal},
};

const PAGE: usize = 100;
/// How often Slurm's nodes are asked what runs on them: a controller that was killed may believe in
/// a job that ended meanwhile, and would find out by itself only after many minutes.
const BETWEEN_REGISTRATIONS: Duration = Duration::from_secs(15);
const BETWEEN_LOOKS: Duration = Duration::from_millis(500);
/// The statuses after which nothing is to come.
const FINAL: [&str; 4] = ["DONE", "ABORTED", "REJECTED", "CANCELLED"];

/// A submission as the server has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) id: i64,
    pub(super) marker: String,
    pub(super) status: String,
    pub(super) job: Option<i64>,
    pub(super) slurm_state: String,
    pub(super) message: String,
}

impl Outcome {
    pub(super) fn is_settled(&self) -> bool {
        FINAL.contains(&self.status.as_str())
    }

    fn of(submission: &Value) -> Option<Self> {
        let text = |name: &str| submission[name].as_str().unwrap_or_default().to_owned();
        Some(Self {
            id: submission["id"].as_i64()?,
            marker: text("name"),
            status: text("status"),
            job: submission["slurm_job_id"].as_i64(),
            slurm_state: text("slurm_job_state"),
            message: text("report_message"),
        })
    }
}

/// What there is in the end.
#[derive(Debug)]
pub(super) struct Settled {
    pub(super) outcomes: Vec<Outcome>,
    /// What `squeue` still says.
    pub(super) jobs_left: String,
}

/// Waits until every submission has settled and no job is left, but no longer than `deadline`;
/// gives what there is then.
pub(super) fn settle(
    api: &Api,
    slurm: &Slurm,
    terminal: &Terminal,
    interrupt: &Interrupt,
    deadline: Duration,
) -> Result<Settled> {
    let began = Instant::now();
    let mut registered = began;
    loop {
        let outcomes = match all(api) {
            Ok(outcomes) => outcomes,
            // The last fault may still be felt.
            Err(_) if began.elapsed() < deadline => {
                interrupt.sleep(BETWEEN_LOOKS)?;
                continue;
            }
            Err(error) => return Err(error),
        };
        let unsettled = outcomes.iter().filter(|outcome| !outcome.is_settled()).count();
        let jobs_left = slurm.ask("squeue", &["--noheader"]);
        let jobs_left = jobs_left.unwrap_or_else(|| "squeue gets no answer".to_owned());
        if (unsettled == 0 && jobs_left.is_empty()) || began.elapsed() > deadline {
            return Ok(Settled { outcomes: with_messages(api, outcomes)?, jobs_left });
        }
        if registered.elapsed() > BETWEEN_REGISTRATIONS {
            slurm.ask("scontrol", &["reconfigure"]);
            registered = Instant::now();
        }
        let seconds = began.elapsed().as_secs();
        terminal.passing(&format!("{seconds} s after the last fault {unsettled} are unsettled"));
        interrupt.sleep(BETWEEN_LOOKS)?;
    }
}

/// Waits until agents have found out whether there are jobs of submissions that were cancelled or
/// deleted before it was known, but no longer than `deadline`. Those are settled for their owners
/// long before.
pub(super) fn find_out_withdrawn(
    claims: impl Fn() -> Result<String>,
    terminal: &Terminal,
    interrupt: &Interrupt,
    deadline: Duration,
) -> Result<()> {
    let began = Instant::now();
    while !claims()?.is_empty() && began.elapsed() < deadline {
        terminal.passing("agents find out about withdrawn submissions");
        interrupt.sleep(BETWEEN_LOOKS)?;
    }
    Ok(())
}

/// With what their owners were told, which lists leave out.
fn with_messages(api: &Api, outcomes: Vec<Outcome>) -> Result<Vec<Outcome>> {
    let told = |outcome: Outcome| match outcome.status.as_str() {
        "DONE" | "CANCELLED" => Ok(outcome),
        _ => {
            let submission = api.get(&format!("/job-submissions/{}", outcome.id))?;
            let message = submission["report_message"].as_str().unwrap_or_default().to_owned();
            Ok(Outcome { message, ..outcome })
        }
    };
    outcomes.into_iter().map(told).collect()
}

fn all(api: &Api) -> Result<Vec<Outcome>> {
    let mut outcomes = Vec::new();
    for page in 1.. {
        let path = format!("/job-submissions?sort_field=id&size={PAGE}&page={page}");
        let answer = api.get(&path)?;
        let items = answer["items"].as_array().context("a list has no items")?;
        outcomes.extend(items.iter().filter_map(Outcome::of));
        if items.len() < PAGE {
            break;
        }
    }
    Ok(outcomes)
}
