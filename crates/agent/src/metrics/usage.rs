//! From `sstat` to the server: a round.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
    time::Duration,
};

use chrono::Utc;
use tokio::time::Instant;

use super::{backlog::Backlog, steps::Steps, trouble::Trouble, watch::array_place};
use crate::{
    agent::Agent,
    slurm::{SlurmError, Stage, StepUsage},
};

/// How many jobs are asked for by one `sstat`, at most.
const MOST_JOBS: usize = 100;
/// How long a round asks; it goes on with the next jobs in the next round.
const ROUND: Duration = Duration::from_secs(60);
/// How many `sstat` may fail before the round ends.
const FAILURES: usize = 3;

/// Asks what running jobs use.
#[derive(Debug)]
pub struct Sampler {
    agent: Arc<Agent>,
    steps: Steps,
    backlog: Backlog,
    /// How many jobs the next `sstat` is asked for.
    jobs_at_once: usize,
    /// The last job that was asked for.
    last: i64,
}

/// Which submission a job belongs to, and the number that its samples get as a task.
#[derive(Debug, Clone, Copy)]
struct Owner {
    submission: i64,
    task: i32,
}

impl Sampler {
    pub fn new(agent: Arc<Agent>) -> Self {
        let (steps, backlog) = (Steps::default(), Backlog::default());
        Self { agent, steps, backlog, jobs_at_once: MOST_JOBS, last: 0 }
    }

    /// Uploads what running jobs use now.
    ///
    /// # Errors
    /// When Slurm or the server does not answer.
    pub async fn round(&mut self) -> Result<(), Trouble> {
        let owners = self.running().await?;
        self.steps.keep(&owners.keys().copied().collect());
        let asked = self.ask(&owners).await;
        self.backlog.upload(&self.agent.client).await?;
        Ok(asked?)
    }

    /// The jobs that run, by their own numbers.
    async fn running(&self) -> Result<BTreeMap<i64, Owner>, Trouble> {
        let active = self.agent.client.active(self.agent.lease.lists()).await?.into_iter();
        let wanted: BTreeMap<i64, i64> =
            active.filter_map(|active| Some((active.slurm_job_id?, active.id))).collect();
        if wanted.is_empty() {
            return Ok(BTreeMap::new());
        }
        let members = self.agent.slurm.members().await?;
        let mut owners = BTreeMap::new();
        for (submitted, submission) in wanted {
            let members = members.get(&submitted).into_iter().flatten();
            for member in members.filter(|member| member.stage == Stage::Running) {
                if let Some(task) = array_place(member.task) {
                    owners.insert(member.job, Owner { submission, task });
                }
            }
        }
        Ok(owners)
    }

    /// Asks for all jobs, beginning where the last round ended.
    async fn ask(&mut self, owners: &BTreeMap<i64, Owner>) -> Result<(), SlurmError> {
        let (begin, mut failures, mut trouble) = (Instant::now(), 0, None);
        let later = owners.range(self.last + 1..).chain(owners.range(..=self.last));
        let jobs: Vec<i64> = later.map(|(job, _)| *job).collect();
        let mut left = jobs.as_slice();
        while !left.is_empty() && failures < FAILURES && begin.elapsed() < ROUND {
            let (some, others) = left.split_at(self.jobs_at_once.min(left.len()));
            left = others;
            self.last = some.last().copied().unwrap_or_default();
            match self.agent.slurm.sstat(some).await {
                Ok(usages) => {
                    self.jobs_at_once = (self.jobs_at_once * 2).min(MOST_JOBS);
                    self.sample(owners, usages).await?;
                }
                Err(error) => {
                    // One of them may be on a node that hangs: the others are asked for without it.
                    self.jobs_at_once = (self.jobs_at_once / 2).max(1);
                    failures += 1;
                    trouble.get_or_insert(error);
                }
            }
        }
        trouble.map_or(Ok(()), Err)
    }

    async fn sample(
        &mut self,
        owners: &BTreeMap<i64, Owner>,
        usages: Vec<StepUsage>,
    ) -> Result<(), SlurmError> {
        let (now, mut seen) = (Utc::now().timestamp(), HashSet::new());
        for usage in usages {
            // A task of an array is there again under the array's number.
            let Some(owner) = owners.get(&usage.job) else { continue };
            if !seen.insert((usage.job, usage.step)) {
                continue;
            }
            let nodes = match self.steps.nodes(&usage) {
                Some(nodes) => nodes,
                None => self.agent.slurm.hostnames(&usage.nodes).await?.into(),
            };
            let samples = self.steps.samples(&usage, &nodes, owner.task, now);
            self.backlog.add(owner.submission, samples);
        }
        Ok(())
    }
}
