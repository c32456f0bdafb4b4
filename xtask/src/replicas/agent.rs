//! An agent without a Slurm: it waits, claims, and says of each submission that it became a job or can't.

use std::{collections::BTreeSet, thread, time::Duration};

use serde_json::{Value, json};

use super::traffic::{Kind, Traffic};
use crate::lab::Api;

/// How long a question waits for something to happen, in seconds.
const WAIT: u64 = 4;
/// How many submissions are claimed at once, at most.
const AT_ONCE: usize = 20;
/// One of so many is rejected, which its owner is told by e-mail.
const REJECTED: i64 = 5;
/// How often it looks for what is left when nothing more is submitted.
const LAST_LOOKS: usize = 5;
const BETWEEN_LOOKS: Duration = Duration::from_millis(300);

/// What became of a submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The number of its job.
    Job(u64),
    Rejected,
}

pub(super) struct Agent<'a> {
    name: &'static str,
    api: Api,
    traffic: &'a Traffic,
    cursor: String,
    /// What it has dealt with.
    done: BTreeSet<i64>,
}

impl<'a> Agent<'a> {
    pub(super) fn new(name: &'static str, api: Api, traffic: &'a Traffic) -> Self {
        Self { name, api, traffic, cursor: String::new(), done: BTreeSet::new() }
    }

    /// Until nothing is submitted any more, and nothing is left.
    pub(super) fn work(&mut self) {
        while !self.traffic.is_over() {
            self.wait();
            self.take();
        }
        for _ in 0..LAST_LOOKS {
            thread::sleep(BETWEEN_LOOKS);
            while self.take() {}
        }
    }

    fn wait(&mut self) {
        let path = format!("/job-submissions/agent/changes?wait={WAIT}&cursor={}", self.cursor);
        let changes = self.traffic.insist(Kind::Wait, || self.api.get(&path));
        let cursor = changes.and_then(|it| it["cursor"].as_str().map(str::to_owned));
        self.cursor = cursor.unwrap_or_default();
    }

    /// Claims what there is and deals with it; whether there was something.
    fn take(&mut self) -> bool {
        let claims = json!({ "instance": self.name, "new": AT_ONCE });
        let path = "/job-submissions/agent/claims";
        self.traffic.insist(Kind::Claim, || self.api.post(path, &claims));
        let path = format!("/job-submissions/agent/pending?size=100&instance={}", self.name);
        let pending = self.traffic.insist(Kind::Read, || self.api.get(&path));
        let pending = pending.and_then(|mut it| it["items"].as_array_mut().map(std::mem::take));
        let pending = pending.unwrap_or_default();
        for submission in &pending {
            if let Some(id) = submission["id"].as_i64()
                && self.done.insert(id)
            {
                self.report(id, &submission["claim"]);
            }
        }
        !pending.is_empty()
    }

    fn report(&self, id: i64, claim: &Value) {
        self.traffic.memory().given.entry(id).or_default().push(self.name);
        let (outcome, path, said) = if id % REJECTED == 0 {
            let said = json!({ "id": id, "report_message": "no such partition", "claim": claim });
            (Outcome::Rejected, "/job-submissions/agent/rejected", said)
        } else {
            let job = self.traffic.next_job();
            let said = json!({
                "id": id, "slurm_job_id": job, "slurm_job_state": "RUNNING", "slurm_job_info": "{}",
                "slurm_job_state_reason": null, "claim": claim,
            });
            (Outcome::Job(job), "/job-submissions/agent/submitted", said)
        };
        self.traffic.insist(Kind::Report, || self.api.tell(path, &said));
        self.traffic.memory().outcomes.insert(id, outcome);
    }
}
