//! What Slurm says of a job in detail, asked for at most once in each look.

use tokio::sync::OnceCell;

use crate::slurm::{Details, Slurm, SlurmError};

/// The details of one job, as soon as somebody wants to know them.
#[derive(Debug)]
pub struct Detailed {
    number: i64,
    answer: OnceCell<Result<Option<Details>, SlurmError>>,
}

impl Detailed {
    pub(super) fn new(number: i64) -> Self {
        Self { number, answer: OnceCell::new() }
    }

    /// Slurm's answer: none if it denies the job.
    pub(super) async fn ask(&self, slurm: &Slurm) -> Result<Option<&Details>, &SlurmError> {
        let answer = self.answer.get_or_init(|| slurm.details(self.number)).await;
        answer.as_ref().map(Option::as_ref)
    }

    /// Something else knows them.
    pub(super) fn learn(&self, details: Option<Details>) {
        // What was answered first counts.
        let _ = self.answer.set(Ok(details));
    }

    /// The details, if Slurm answers with some.
    pub(super) async fn known(&self, slurm: &Slurm) -> Option<&Details> {
        self.ask(slurm).await.ok().flatten()
    }

    /// The job as Slurm describes it, as JSON text; empty if it can't, which keeps nobody from
    /// knowing its state.
    pub(super) async fn info(&self, slurm: &Slurm) -> String {
        self.known(slurm).await.map_or_else(|| "{}".to_owned(), Details::info_text)
    }
}
