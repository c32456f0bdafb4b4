//! What the accounting database knows of jobs that `squeue` has forgotten.

use std::collections::HashSet;

use chrono::TimeDelta;

use super::{Record, Slurm, SlurmError, command, squeue};

impl Slurm {
    /// What accounting knows of a job, one record for each task if it is an array; none where
    /// there is no accounting.
    pub async fn sacct_job(&self, job: i64) -> Result<Option<Vec<Record>>, SlurmError> {
        self.sacct(&["-j", &job.to_string()]).await
    }

    /// What accounting knows of the jobs of the last `period`; none where there is no accounting.
    pub async fn sacct_since(&self, period: TimeDelta) -> Result<Option<Vec<Record>>, SlurmError> {
        let since = format!("now-{}minutes", period.num_minutes() + 5);
        self.sacct(&["-a", "-S", &since]).await
    }

    /// What accounting knows of the jobs of these users in the last `period`; none where there is
    /// no accounting.
    pub async fn sacct_of(
        &self,
        users: &HashSet<&str>,
        period: TimeDelta,
    ) -> Result<Option<Vec<Record>>, SlurmError> {
        let users: Vec<&str> = users.iter().copied().filter(|user| !user.is_empty()).collect();
        if users.is_empty() {
            return Ok(None);
        }
        let since = format!("now-{}minutes", period.num_minutes() + 5);
        self.sacct(&["-u", &users.join(","), "-S", &since]).await
    }

    async fn sacct(&self, which: &[&str]) -> Result<Option<Vec<Record>>, SlurmError> {
        let mut sacct = command::as_agent(&self.paths.sacct);
        sacct.args(["-n", "-P", "-X", "-o", "JobID,State,Reason,User,Submit,Comment"]).args(which);
        let finished = command::run(sacct, self.deadline).await?;
        if finished.code == Some(0) {
            return Ok(Some(finished.stdout.lines().filter_map(record).collect()));
        }
        let words = finished.complaints("sacct");
        if words.contains("accounting storage is disabled") {
            return Ok(None);
        }
        Err(SlurmError::Failed { program: "sacct", words })
    }
}

/// `24_1|CANCELLED by 1000|None|alice|2026-11-29T07:23:30|comment`
fn record(line: &str) -> Option<Record> {
    let mut fields = line.splitn(6, '|');
    let id = fields.next()?;
    let job = id.split(['_', '+', '.']).next()?.parse().ok()?;
    let tasks = id.split_once('_').map(|(_, tasks)| tasks).unwrap_or_default();
    let (task, tasks) = (tasks.parse().ok(), squeue::count(tasks));
    let state = squeue::state(fields.next()?);
    let reason = Some(fields.next()?).filter(|reason| !reason.is_empty() && *reason != "None");
    let user = fields.next()?.to_owned();
    let submit_time = Some(fields.next()?).filter(|time| !time.is_empty() && *time != "Unknown");
    let submit_time = submit_time.map(str::to_owned);
    let comment = fields.next().unwrap_or_default().to_owned();
    let reason = reason.map(str::to_owned);
    let start_time = None;
    Some(Record { job, task, tasks, state, reason, user, submit_time, start_time, comment })
}

#[cfg(test)]
mod tests {
    use jobbergate_types::SlurmJobState;

    use super::*;

    #[test]
    fn a_task_belongs_to_its_array_and_who_cancelled_does_not_matter() {
        let read =
            record("24_1|CANCELLED by 1000|None|alice|2026-11-29T07:23:30|mine jobbergate:1:ff")
                .unwrap();
        assert_eq!((read.job, read.task), (24, Some(1)));
        assert_eq!(read.state, Some(SlurmJobState::Cancelled));
        assert_eq!(read.comment, "mine jobbergate:1:ff");
    }

    #[test]
    fn pending_tasks_and_components_are_read() {
        let waiting = record("24_[2-9%2]|PENDING|Resources|bob|T|").unwrap();
        assert_eq!((waiting.job, waiting.task, waiting.tasks), (24, None, Some(8)));
        assert_eq!(record("27+1|FAILED|None|bob|T|").unwrap().job, 27);
        assert_eq!(record("a line of a comment"), None);
    }
}
