//! A submission on its way, seen as any user sees it.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use serde_json::Value;

use crate::{
    interrupt::Interrupt,
    lab::{Api, Terminal},
};

/// How long the job may take on a busy machine.
const DEADLINE: Duration = Duration::from_secs(300);
const SPINNER: [&str; 8] = ["⣾", "⣽", "⣻", "⢿", "⡿", "⣟", "⣯", "⣷"];

/// Shows each state until the job is done; gives the time from the server's acceptance until it
/// tells that Slurm has the job.
pub(crate) fn until_done(
    terminal: &Terminal,
    interrupt: &Interrupt,
    api: &Api,
    submission: i64,
) -> Result<Duration> {
    let accepted = Instant::now();
    let path = format!("/job-submissions/{submission}");
    let mut shown = State::default();
    let mut submitted = None;
    let mut spinner = SPINNER.iter().cycle();
    loop {
        let answer = api.get(&path)?;
        let (state, after) = (State::of(&answer), accepted.elapsed());
        if state != shown {
            terminal.say(&state.line(after));
        }
        shown = state;
        submitted = submitted.or_else(|| shown.has_job().then_some(after));
        match (shown.status.as_str(), submitted) {
            ("DONE", Some(submitted)) => return Ok(submitted),
            ("CREATED" | "SUBMITTED", _) if after < DEADLINE => {}
            ("CREATED" | "SUBMITTED", _) => bail!("the job takes longer than {DEADLINE:?}"),
            (status, _) => {
                bail!("submission {submission} is {status}: {}", answer["report_message"])
            }
        }
        let turn = spinner.next().copied().unwrap_or_default();
        terminal.passing(&format!("{turn} {:7.2} s", after.as_secs_f64()));
        interrupt.sleep(Duration::from_millis(20))?;
    }
}

/// What a user sees of a submission.
#[derive(Debug, Default, PartialEq, Eq)]
struct State {
    status: String,
    slurm_state: String,
    slurm_job: Option<i64>,
}

impl State {
    fn of(submission: &Value) -> Self {
        let text = |name: &str| submission[name].as_str().unwrap_or_default().to_owned();
        Self {
            status: text("status"),
            slurm_state: text("slurm_job_state"),
            slurm_job: submission["slurm_job_id"].as_i64(),
        }
    }

    fn has_job(&self) -> bool {
        self.slurm_job.is_some()
    }

    fn line(&self, after: Duration) -> String {
        let job = self.slurm_job.map(|job| format!("job {job} is {}", self.slurm_state));
        let slurm = job.unwrap_or_else(|| "Slurm doesn't know it yet".to_owned());
        format!("  {:7.2} s  {:<10} {slurm}", after.as_secs_f64(), self.status)
    }
}
