//! What this agent began and another one has by now.

use std::time::Duration;

use futures::future::join_all;
use jobbergate_types::job_submissions::JobSubmissionStatus;
use tokio::time::Instant;

use super::Intake;
use crate::{
    agent::Agent,
    journal::{Entry, Phase},
    lease::Standing,
    setback::Setback,
};

/// How often the server is asked what became of them.
const PACE: Duration = Duration::from_secs(2);
/// How many it is asked for each time.
const AT_ONCE: usize = 16;

impl Intake {
    /// Forgets what this agent does not hold any more and Slurm certainly has no job of, and finds
    /// out of the rest whether another agent has seen to it.
    pub(super) async fn settle_taken_over(&mut self, unsettled: &[Entry]) -> Result<(), Setback> {
        let lease = &self.agent.lease;
        let shared = matches!(lease.standing(), Standing::Until(_));
        if !shared || self.listed_in != Some(lease.interruptions()) {
            return Ok(());
        }
        let is_held = |id: &i64| self.listed.contains_key(id) || self.busy.contains(id);
        let is_open = |id: i64| !is_held(&id) && unsettled.iter().any(|entry| entry.id == id);
        self.absences.keep_seen_to(is_open);
        let (nothing, open): (Vec<_>, Vec<_>) = unsettled
            .iter()
            .filter(|entry| !is_held(&entry.id))
            .partition(|entry| entry.phase == Phase::Planned);
        for entry in nothing {
            self.agent.journal.reopen(entry.id).await?;
            tracing::info!(submission = entry.id, "this agent does not hold it any more");
        }
        let asked_lately = self.asked_for_others_at.is_some_and(|at| at.elapsed() < PACE);
        if !open.is_empty() && !asked_lately {
            self.ask_for(open).await;
            self.asked_for_others_at = Some(Instant::now());
        }
        Ok(())
    }

    async fn ask_for(&mut self, mut entries: Vec<&Entry>) {
        entries.retain(|entry| !self.absences.is_seen_to(entry.id));
        // Those that stay open must not keep others from being asked for.
        let begin = rand::random_range(0..entries.len().max(1));
        entries.rotate_left(begin);
        entries.truncate(AT_ONCE);
        let agent = &self.agent;
        let ask = |entry| async move { (entry, agent.is_seen_to(entry).await) };
        for (entry, answer) in join_all(entries.into_iter().map(ask)).await {
            match answer {
                Ok(true) => {
                    self.absences.see_to(entry.id);
                    // What it waited for has happened.
                    self.delayed.remove(&entry.id);
                }
                Ok(false) => {}
                Err(error) => tracing::debug!(submission = entry.id, %error, "not known whose"),
            }
        }
    }
}

impl Agent {
    /// Whether the server knows what became of a submission, be it that another agent said so. One
    /// that was cancelled or deleted without a job was not looked at by any.
    async fn is_seen_to(&self, entry: &Entry) -> Result<bool, Setback> {
        let known = match self.client.submission(entry.id).await {
            Ok(known) => known.submission,
            Err(error) if error.may_pass() => return Err(error.into()),
            Err(_) => return Ok(false),
        };
        let has_outcome =
            known.slurm_job_id.is_some() || known.status == JobSubmissionStatus::Rejected;
        Ok(has_outcome && entry.is_of_script(known.job_script_id))
    }
}
