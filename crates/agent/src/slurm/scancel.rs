//! Cancels jobs.

use super::{Slurm, SlurmError, command};

/// How many jobs one `scancel` is given.
const JOBS_PER_CALL: usize = 500;

impl Slurm {
    /// Asks Slurm to end these jobs. That it returns is no proof: `scancel` is silent about jobs
    /// that don't exist, and a job may take its time to end.
    ///
    /// # Errors
    /// When Slurm does not answer or refuses.
    pub async fn scancel(&self, jobs: &[i64]) -> Result<(), SlurmError> {
        for some in jobs.chunks(JOBS_PER_CALL) {
            let mut scancel = command::as_agent(&self.paths.scancel);
            scancel.arg("-Q").args(some.iter().map(i64::to_string));
            let finished = command::run(scancel, self.deadline).await?;
            if finished.code != Some(0) {
                let words = finished.words("scancel");
                return Err(SlurmError::Failed { program: "scancel", words });
            }
        }
        Ok(())
    }
}
