//! Makes a job of a submission.

mod attempt;

use std::path::PathBuf;

use chrono::Utc;
use jobbergate_types::{FileType, job_submissions::PendingJobSubmission};

use crate::{
    agent::Agent,
    files::{self, Content, Files},
    journal::{Entry, FailureKind, Phase},
    private_copy::PrivateCopy,
    prometheus,
    run_as::Account,
    setback::{Obstacle, Setback},
    slurm::{SbatchArguments, directives},
    tag::Tag,
};

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
}
