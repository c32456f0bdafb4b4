//! One attempt to make a job of a submission: `sbatch`, and what follows from its outcome.

use std::time::Duration;

use chrono::Utc;
use jobbergate_types::job_submissions::PendingJobSubmission;
use tokio::time::Instant;

use super::Prepared;
use crate::{
    agent::Agent,
    boot_clock,
    journal::{Entry, FailureKind},
    lease::Lapsed,
    private_copy::PrivateCopy,
    prometheus,
    setback::{Obstacle, Setback},
    slurm::{self, BatchJob, Receipt, Room, SbatchOutcome},
    tag::Tag,
};

/// How often an `sbatch` is looked at that takes its time.
const LOOK: Duration = Duration::from_millis(500);

/// What is left of an attempt when its `sbatch` has an outcome.
struct Attempt<'a> {
    pending: &'a PendingJobSubmission,
    user: &'a str,
    receipt: Receipt,
    copy: PrivateCopy,
}

impl Attempt<'_> {
    /// Nothing of it is needed any more.
    fn tidy_up(self) {
        self.receipt.discard();
        self.copy.remove();
    }
}

impl Agent {
    /// Intent, `sbatch`, outcome, each on disk before the next. The copy stays where `sbatch` may
    /// yet read it.
    pub(super) async fn attempt(
        &self,
        pending: &PendingJobSubmission,
        prepared: &Prepared,
        tag: &Tag,
        copy: PrivateCopy,
    ) -> Result<i64, Setback> {
        let Prepared { account, directory, arguments, files, begun } = prepared;
        let written = self.config.write_submission_files;
        let job = BatchJob {
            account,
            directory,
            arguments,
            tag,
            script: &files.script.bytes,
            script_path: written.then(|| copy.directory().join(files.script_name())),
            fence: None,
        };
        let receipt = Receipt::new(&self.state_directory, tag);
        let Some(outcome) = self.run_sbatch(pending, job, &receipt, *begun).await? else {
            copy.remove();
            return Err(Setback::Trouble(Lapsed.to_string()));
        };
        self.conclude(Attempt { pending, user: &account.name, receipt, copy }, outcome).await
    }

    async fn conclude(&self, attempt: Attempt<'_>, outcome: SbatchOutcome) -> Result<i64, Setback> {
        let pending = attempt.pending;
        match outcome {
            SbatchOutcome::Accepted(job) => self.accepted(attempt, job).await,
            SbatchOutcome::Refused(words) => {
                attempt.tidy_up();
                Err(Setback::Refusal(words))
            }
            SbatchOutcome::Limited(room, words) => self.limited(attempt, room, words).await,
            SbatchOutcome::Sleeping(words) => {
                // It may have got in at the last moment, which is found out.
                if self.may_make_room(Room::OfAnybody, attempt.user).await? {
                    return Err(Setback::Limit(words));
                }
                self.failed(pending, FailureKind::Refused, &words).await?;
                Err(Setback::Blocked(Obstacle::Doubt, words))
            }
            SbatchOutcome::NotSent(why) => {
                // Where the controller answers others, it is no outage.
                if self.slurm.is_up().await.unwrap_or(false) {
                    self.came_to_nothing(attempt, FailureKind::Refused, &why).await?;
                    return Err(Setback::Trouble(why));
                }
                self.came_to_nothing(attempt, FailureKind::Unreachable, &why).await?;
                Err(Setback::Blocked(Obstacle::Controller, why))
            }
            SbatchOutcome::NotStarted(why) => {
                self.came_to_nothing(attempt, FailureKind::Unreachable, &why).await?;
                Err(Setback::Trouble(why))
            }
            SbatchOutcome::Failed(words) => {
                self.failed(pending, FailureKind::Refused, &words).await?;
                let words = format!("sbatch made no job, as far as is known: {words}");
                Err(Setback::Blocked(Obstacle::Doubt, words))
            }
            SbatchOutcome::Unclear(why) => {
                self.failed(pending, FailureKind::Unreachable, &why).await?;
                Err(Setback::Blocked(Obstacle::Doubt, why))
            }
        }
    }

    async fn accepted(&self, attempt: Attempt<'_>, slurm_job_id: i64) -> Result<i64, Setback> {
        let Attempt { pending, user, .. } = attempt;
        self.holds.lift(&pending.owner_email);
        self.journal.submitted(pending.id, slurm_job_id, Utc::now()).await?;
        attempt.tidy_up();
        tracing::info!(submission = pending.id, slurm_job_id, user, "submitted");
        Ok(slurm_job_id)
    }

    async fn limited(
        &self,
        attempt: Attempt<'_>,
        room: Room,
        words: String,
    ) -> Result<i64, Setback> {
        let pending = attempt.pending;
        let passes = self.may_make_room(room, attempt.user).await?;
        attempt.tidy_up();
        if !passes {
            return Err(Setback::Refusal(words));
        }
        self.journal.came_to_nothing(pending.id, Utc::now()).await?;
        self.hold(&pending.owner_email, &words);
        Err(Setback::Limit(words))
    }

    async fn came_to_nothing(
        &self,
        attempt: Attempt<'_>,
        kind: FailureKind,
        why: &str,
    ) -> Result<(), Setback> {
        self.failed(attempt.pending, kind, why).await?;
        self.journal.came_to_nothing(attempt.pending.id, Utc::now()).await?;
        attempt.tidy_up();
        Ok(())
    }

    /// Notes the intent and runs `sbatch`, when there are not too many of them; nothing if the submission
    /// may be another agent's by then.
    async fn run_sbatch(
        &self,
        pending: &PendingJobSubmission,
        job: BatchJob<'_>,
        receipt: &Receipt,
        begun: std::time::Instant,
    ) -> Result<Option<SbatchOutcome>, Setback> {
        let (id, origin) = (pending.id, Entry::origin_of(pending));
        let (tag, account) = (job.tag, &job.account.name);
        let work = async {
            // Not before the turn: the wait for it may be longer than the lease was by then.
            let Ok(fence) = self.lease.fence(id, boot_clock::now()) else { return Ok(None) };
            let job = BatchJob { fence, ..job };
            self.journal.attempt(id, &origin, tag, account, pending.claim, Utc::now()).await?;
            prometheus::sbatch_starts(begun);
            let (started, sbatch) = (std::time::Instant::now(), self.slurm.sbatch(&job, receipt));
            let outcome = self.hold_while_it_waits(sbatch, &pending.owner_email, receipt).await;
            prometheus::sbatch_ended(started, &outcome);
            Ok(Some(outcome))
        };
        let busy = |outcome: &Result<Option<SbatchOutcome>, Setback>| {
            use SbatchOutcome::{Accepted, Refused};
            !matches!(outcome, Ok(None | Some(Accepted(_) | Refused(_))) | Err(_))
        };
        self.sbatch_limit.run(&pending.owner_email, work, busy).await
    }

    /// Holds the other submissions of an owner back as soon as `sbatch` waits for room by itself.
    async fn hold_while_it_waits(
        &self,
        sbatch: impl Future<Output = SbatchOutcome>,
        owner: &str,
        receipt: &Receipt,
    ) -> SbatchOutcome {
        let watch = async {
            loop {
                tokio::time::sleep(LOOK).await;
                if let Some(words) = slurm::waiting(&receipt.said().0) {
                    return self.hold(owner, words);
                }
            }
        };
        let mut sbatch = std::pin::pin!(sbatch);
        tokio::select! {
            outcome = &mut sbatch => outcome,
            () = watch => sbatch.await,
        }
    }

    /// Whether there is anything that can end, so that a limit passes.
    async fn may_make_room(&self, room: Room, user: &str) -> Result<bool, Setback> {
        let may = self.slurm.may_make_room(room, user).await;
        may.map_err(|error| Setback::Trouble(error.to_string()))
    }

    fn hold(&self, owner: &str, words: &str) {
        self.holds.note(owner, words, Instant::now(), rand::random());
    }
}
