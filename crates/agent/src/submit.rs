//! Makes a job of a submission.

use std::path::PathBuf;

use chrono::Utc;
use jobbergate_types::{FileType, job_submissions::PendingJobSubmission};

use crate::{
    Agent,
    files::{self, Content, Files},
    journal::FailureKind,
    private_copy::PrivateCopy,
    run_as::Account,
    setback::Setback,
    slurm::{Outcome, Receipt, SbatchArguments, Submission, directives},
    tag::Tag,
};

/// A submission with all that `sbatch` needs.
#[derive(Debug)]
pub struct Prepared {
    account: Account,
    directory: PathBuf,
    arguments: SbatchArguments,
    files: Files,
}

/// What tells a submission from one of the same number of a server that was set up anew.
pub fn origin(pending: &PendingJobSubmission) -> String {
    let script = &pending.job_script.script;
    format!("{}@{}", script.id, script.created_at)
}

impl Agent {
    /// Makes a job of a submission of which Slurm certainly has none, or notes why it can't be
    /// done. `random` goes into the tag and marks the attempt: it is another one each time.
    ///
    /// # Errors
    /// When something is in the way for the moment. Slurm may have the job nevertheless: then
    /// the journal says so.
    pub async fn submit(&self, pending: &PendingJobSubmission, random: u64) -> Result<(), Setback> {
        let tag = match self.journal.entry(pending.id).await? {
            Some(entry) if !entry.tag.as_str().is_empty() => entry.tag,
            _ => Tag::new(pending.id, random),
        };
        let outcome = match self.last_word(pending.id).await? {
            Some(message) => Err(Setback::Refusal(message)),
            None => match self.prepare(pending).await {
                Ok(prepared) => self.place_and_attempt(pending, &prepared, &tag, random).await,
                Err(setback) => Err(setback),
            },
        };
        match outcome {
            Err(Setback::Refusal(message)) => self.reject(pending, &message).await,
            other => other,
        }
    }

    async fn prepare(&self, pending: &PendingJobSubmission) -> Result<Prepared, Setback> {
        let arguments =
            SbatchArguments::check(pending.sbatch_arguments.clone().unwrap_or_default())
                .map_err(Setback::Refusal)?;
        let account = self.user_map.account(&pending.owner_email).await?;
        let directory = self.directory(&account, pending.execution_directory.as_deref());
        let files = self.fetch(pending).await?;
        if let Some(message) = directives::refusal(&files.script.bytes) {
            return Err(Setback::Refusal(message));
        }
        Ok(Prepared { account, directory, arguments, files })
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
            Some(status) if status.as_u16() == 404 => Setback::Refusal(format!(
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
    ) -> Result<(), Setback> {
        let Prepared { account, directory, files, .. } = prepared;
        let mark = format!("{}-{random:016x}", pending.id);
        let copy = PrivateCopy::plan(&self.state_directory, tag, &account.name, directory, &mark)
            .map_err(|e| Setback::Trouble(format!("the state directory: {e}")))?;
        let written = self.config.write_submission_files.then(|| files.clone());
        let placed = {
            let _turn = self.directories.turn(directory).await;
            files::place(account, directory, written, copy.directory()).await
        };
        match placed {
            Ok(()) => self.attempt(pending, prepared, tag, copy).await,
            Err(setback) => {
                copy.remove();
                if let Setback::Trouble(why) = &setback {
                    let kind = FailureKind::Unreachable;
                    self.journal.failed(pending.id, kind, why, Utc::now()).await?;
                }
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
    ) -> Result<(), Setback> {
        let id = pending.id;
        let Prepared { account, directory, arguments, files } = prepared;
        let written = self.config.write_submission_files;
        let job = Submission {
            account,
            directory,
            arguments,
            tag,
            script: &files.script.bytes,
            script_path: written.then(|| copy.directory().join(files.script_name())),
        };
        let receipt = Receipt::new(&self.state_directory, tag);
        self.journal.attempt(id, &origin(pending), tag, &account.name, Utc::now()).await?;
        let outcome = self.slurm.sbatch(&job, &receipt).await;
        match outcome {
            Outcome::Accepted(slurm_job_id) => {
                self.journal.submitted(id, slurm_job_id, Utc::now()).await?;
                receipt.discard();
                copy.remove();
                tracing::info!(submission = id, slurm_job_id, user = account.name, "submitted");
                Ok(())
            }
            Outcome::Refused(words) => {
                receipt.discard();
                copy.remove();
                Err(Setback::Refusal(words))
            }
            Outcome::NotSent(why) => {
                self.journal.failed(id, FailureKind::Unreachable, &why, Utc::now()).await?;
                self.journal.came_to_nothing(id, Utc::now()).await?;
                receipt.discard();
                copy.remove();
                Err(Setback::Trouble(why))
            }
            Outcome::Failed(words) => {
                self.journal.failed(id, FailureKind::Refused, &words, Utc::now()).await?;
                Err(Setback::Trouble(format!("sbatch made no job, as far as is known: {words}")))
            }
            Outcome::Unclear(why) => {
                self.journal.failed(id, FailureKind::Unreachable, &why, Utc::now()).await?;
                Err(Setback::Trouble(format!("it is not known whether Slurm has the job: {why}")))
            }
        }
    }
}
