//! Makes a job of a submission.

use std::{path::PathBuf, time::Duration};

use chrono::Utc;
use jobbergate_types::{FileType, job_submissions::PendingJobSubmission};
use tokio::time::Instant;

use crate::{
    agent::Agent,
    boot_clock,
    files::{self, Content, Files},
    journal::{Entry, FailureKind, Phase},
    lease::Lapsed,
    private_copy::PrivateCopy,
    prometheus,
    run_as::Account,
    setback::{Obstacle, Setback},
    slurm::{self, BatchJob, Receipt, Room, SbatchArguments, SbatchOutcome, directives},
    tag::Tag,
};

/// How often an `sbatch` is looked at that takes its time.
const LOOK: Duration = Duration::from_millis(500);

/// A submission with all that `sbatch` needs.
#[derive(Debug)]
pub struct Prepared {
    account: Account,
    directory: PathBuf,
    arguments: SbatchArguments,
    files: Files,
    begun: std::time::Instant,
}

impl Agent {
    /// Makes a job of a submission of which Slurm certainly has none, or notes why it can't be
    /// done. `tag` is that of an earlier attempt, if there was one. `random` goes into a new tag
    /// and marks the attempt: it is another one each time.
    ///
    /// # Errors
    /// When something is in the way for the moment. Slurm may have the job nevertheless: then
    /// the journal says so.
    pub async fn submit(
        &self,
        pending: &PendingJobSubmission,
        tag: Option<Tag>,
        random: u64,
    ) -> Result<Phase, Setback> {
        let tag = tag.unwrap_or_else(|| Tag::of(pending.id, &Entry::origin_of(pending), random));
        let outcome = match self.last_word(pending).await? {
            Some(message) => Err(Setback::Refusal(message)),
            None => match self.prepare(pending).await {
                Ok(prepared) => self.place_and_attempt(pending, &prepared, &tag, random).await,
                Err(setback) => Err(setback),
            },
        };
        match outcome {
            Err(Setback::Refusal(message)) => self.reject(pending, message).await,
            Err(setback) => Err(setback),
            Ok(slurm_job_id) => Ok(Phase::Submitted { slurm_job_id }),
        }
    }

    async fn prepare(&self, pending: &PendingJobSubmission) -> Result<Prepared, Setback> {
        let begun = std::time::Instant::now();
        prometheus::begun();
        let arguments =
            SbatchArguments::check(pending.sbatch_arguments.clone().unwrap_or_default())
                .map_err(Setback::Refusal)?;
        let account = self.user_map.account(&pending.owner_email, Utc::now()).await?;
        let directory = self.directory(&account, pending.execution_directory.as_deref());
        let files = self.fetch(pending).await?;
        if let Some(message) = directives::refusal(&files.script.bytes) {
            return Err(Setback::Refusal(message));
        }
        Ok(Prepared { account, directory, arguments, files, begun })
    }

    /// Relative directories are taken from the default one.
    fn directory(&self, account: &Account, wanted: Option<&str>) -> PathBuf {
        let default = self.config.default_directory(account);
        match wanted.map(|wanted| wanted.strip_prefix("~/").ok_or(wanted)) {
            None => default,
            Some(Ok(in_home)) => account.home.join(in_home),
            Some(Err("~")) => account.home.clone(),
            Some(Err(wanted)) => default.join(wanted),
        }
    }

    async fn fetch(&self, pending: &PendingJobSubmission) -> Result<Files, Setback> {
        let listed = pending.job_script.files.as_deref().unwrap_or_default();
        let (mut script, mut support) = (None, Vec::new());
        for file in listed {
            if file.file_type == FileType::Support && !self.config.write_submission_files {
                return Err(Setback::Refusal(format!(
                    "The job script has the support file {:?}, and this cluster's agent writes no \
                     files into execution directories (WRITE_SUBMISSION_FILES=false). Remove it \
                     from the script, or ask the administrator of the cluster to turn that on.",
                    file.filename
                )));
            }
            let name = files::inside(&file.filename).map_err(Setback::Refusal)?;
            let content = Content { name, bytes: self.download(pending, &file.filename).await? };
            match file.file_type {
                FileType::Entrypoint => script = Some(content),
                FileType::Support => support.push(content),
            }
        }
        let script = script.ok_or_else(|| {
            Setback::Refusal(format!(
                "The job script {} has no entrypoint. Upload one and submit again.",
                pending.job_script.script.id
            ))
        })?;
        Ok(Files { script, support })
    }

    async fn download(
        &self,
        pending: &PendingJobSubmission,
        name: &str,
    ) -> Result<Vec<u8>, Setback> {
        let script = pending.job_script.script.id;
        self.client.script_file(script, name).await.map_err(|error| match error.status() {
            Some(status) if status.as_u16() == 404 && !error.is_foreign() => Setback::Refusal(format!(
                "The file {name:?} of the job script {script} is missing on the server. Upload it \
                 again and submit again."
            )),
            _ => error.into(),
        })
    }

    async fn place_and_attempt(
        &self,
        pending: &PendingJobSubmission,
        prepared: &Prepared,
        tag: &Tag,
        random: u64,
    ) -> Result<i64, Setback> {
        match self.place(prepared, tag, &format!("{}-{random:016x}", pending.id)).await {
            Ok(copy) => self.attempt(pending, prepared, tag, copy).await,
            Err(setback) => {
                let kind = match &setback {
                    Setback::Refusal(_) | Setback::Limit(_) => None,
                    Setback::Trouble(_) | Setback::Blocked(..) => Some(FailureKind::Unreachable),
                    Setback::Missing(_) => Some(FailureKind::Missing),
                };
                if let Some(kind) = kind {
                    self.failed(pending, kind, &setback.to_string()).await?;
                }
                Err(setback)
            }
        }
    }

    /// Writes the files, and the script a second time into a directory of this `mark`.
    async fn place(
        &self,
        prepared: &Prepared,
        tag: &Tag,
        mark: &str,
    ) -> Result<PrivateCopy, Setback> {
        let Prepared { account, directory, files, .. } = prepared;
        let turn = self.directories.turn(directory, &account.name);
        // Nothing more is begun where the file system hangs what was begun before.
        let Ok(Ok(turn)) = tokio::time::timeout(files::DEADLINE, turn).await else {
            let shown = directory.display();
            let words = format!("what was written to {shown} has no end yet");
            return Err(Setback::Blocked(Obstacle::Directory, words));
        };
        let copy = PrivateCopy::plan(&self.state_directory, tag, account, directory, mark)
            .map_err(|e| Setback::Trouble(format!("the state directory: {e}")))?;
        let written = self.config.write_submission_files.then(|| files.clone());
        match files::place(account, directory, written, copy.directory(), turn).await {
            Ok(()) => Ok(copy),
            Err(setback) => {
                copy.remove();
                Err(setback)
            }
        }
    }

    /// Intent, `sbatch`, outcome, each on disk before the next. The copy stays where `sbatch` may
    /// yet read it.
    async fn attempt(
        &self,
        pending: &PendingJobSubmission,
        prepared: &Prepared,
        tag: &Tag,
        copy: PrivateCopy,
    ) -> Result<i64, Setback> {
        let id = pending.id;
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
        match outcome {
            SbatchOutcome::Accepted(slurm_job_id) => {
                self.holds.lift(&pending.owner_email);
                self.journal.submitted(id, slurm_job_id, Utc::now()).await?;
                receipt.discard();
                copy.remove();
                tracing::info!(submission = id, slurm_job_id, user = account.name, "submitted");
                Ok(slurm_job_id)
            }
            SbatchOutcome::Refused(words) => {
                receipt.discard();
                copy.remove();
                Err(Setback::Refusal(words))
            }
            SbatchOutcome::Limited(room, words) => {
                let passes = self.may_make_room(room, &account.name).await?;
                receipt.discard();
                copy.remove();
                if !passes {
                    return Err(Setback::Refusal(words));
                }
                self.journal.came_to_nothing(id, Utc::now()).await?;
                self.hold(&pending.owner_email, &words);
                Err(Setback::Limit(words))
            }
            SbatchOutcome::Sleeping(words) => {
                // It may have got in at the last moment, which is found out.
                if self.may_make_room(Room::OfAnybody, &account.name).await? {
                    return Err(Setback::Limit(words));
                }
                self.failed(pending, FailureKind::Refused, &words).await?;
                Err(Setback::Blocked(Obstacle::Doubt, words))
            }
            ref
            not_sent @ (SbatchOutcome::NotSent(ref why) | SbatchOutcome::NotStarted(ref why)) => {
                // Where the controller answers others, it is no outage, if `sbatch` was there to ask it.
                let ran = matches!(not_sent, SbatchOutcome::NotSent(_));
                let up = ran && self.slurm.is_up().await.unwrap_or(false);
                let kind = if up { FailureKind::Refused } else { FailureKind::Unreachable };
                self.failed(pending, kind, why).await?;
                self.journal.came_to_nothing(id, Utc::now()).await?;
                receipt.discard();
                copy.remove();
                let why = why.clone();
                let away = ran && !up;
                Err(if away {
                    Setback::Blocked(Obstacle::Controller, why)
                } else {
                    Setback::Trouble(why)
                })
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
