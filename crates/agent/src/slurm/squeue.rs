//! All jobs that Slurm knows, in one question.

use chrono::{DateTime, Utc};
use jobbergate_types::SlurmJobState;

use super::{Slurm, SlurmError, command, time::local_time};

/// A job, or a task of a job array.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The number of the job, for a task that of its array.
    pub job: i64,
    /// The task's number in its array, if it is one that ever began.
    pub task: Option<u32>,
    /// Its state; none if this version does not know its name.
    pub state: Option<SlurmJobState>,
    pub reason: Option<String>,
    /// The user that it runs as.
    pub user: String,
    /// When it was submitted, or queued again, in Slurm's words.
    pub submit_time: Option<String>,
    pub comment: String,
}

impl Record {
    /// When it was submitted, or queued again.
    pub fn submitted_at(&self) -> Option<DateTime<Utc>> {
        local_time(self.submit_time.as_deref()?)
    }
}

impl Slurm {
    /// Every job that Slurm knows, those that ended lately included.
    ///
    /// `mark` begins each record, because a comment may contain anything, line breaks and what
    /// looks like a record included; it has to be new each time.
    ///
    /// # Errors
    /// When Slurm does not answer. An empty list is an answer.
    pub async fn squeue(&self, mark: u64) -> Result<Vec<Record>, SlurmError> {
        let mark = format!("{mark:016x}");
        let mut squeue = command::as_agent(&self.paths.squeue);
        squeue.args(["-h", "-a", "-t", "all", "-o"]).arg(format!("{mark}|%F|%K|%T|%r|%u|%V|%k"));
        let finished = command::run(squeue, self.deadline).await?;
        if finished.code != Some(0) {
            let words = finished.complaints("squeue");
            return Err(SlurmError::Failed { program: "squeue", words });
        }
        Ok(records(&finished.stdout, &mark))
    }
}

fn records(text: &str, mark: &str) -> Vec<Record> {
    text.split(mark).filter_map(record).collect()
}

fn record(text: &str) -> Option<Record> {
    let mut fields = text.strip_prefix('|')?.splitn(7, '|');
    let job = fields.next()?.trim().parse().ok()?;
    // Those that wait stand together, as in `2-9%4`.
    let task = fields.next()?.trim().parse().ok();
    let state = state(fields.next()?);
    let reason = Some(fields.next()?.trim()).filter(|r| !r.is_empty() && *r != "None");
    let user = fields.next()?.trim().to_owned();
    let submit_time = Some(fields.next()?.trim()).filter(|time| !time.is_empty() && *time != "N/A");
    let comment = fields.next()?.trim_end_matches('\n');
    let comment = if comment == "(null)" { "" } else { comment };
    Some(Record {
        job,
        task,
        state,
        reason: reason.map(str::to_owned),
        user,
        submit_time: submit_time.map(str::to_owned),
        comment: comment.to_owned(),
    })
}

/// The state of this name; `Unknown` is no state that Slurm reports.
pub fn state(name: &str) -> Option<SlurmJobState> {
    let Ok(state) = name.parse();
    Some(state).filter(|state| *state != SlurmJobState::Unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_job_is_read_with_its_reason() {
        let text = "m|7|2-9%4|PENDING|Resources|alice|2026-11-29T07:23:30|(null)\n\
                    m|8|1|RUNNING|None|bob|N/A|night run\n";
        let read = records(text, "m|7".split('|').next().unwrap());
        assert_eq!(read.len(), 2);
        assert_eq!(read[0].reason.as_deref(), Some("Resources"));
        assert_eq!((read[0].comment.as_str(), read[1].comment.as_str()), ("", "night run"));
        assert_eq!(read[0].submit_time.as_deref(), Some("2026-11-29T07:23:30"));
        assert_eq!(read[1].submit_time, None);
        assert_eq!((read[0].task, read[1].task), (None, Some(1)));
        assert_eq!((read[1].state, &read[1].reason), (Some(SlurmJobState::Running), &None));
    }

    #[test]
    fn a_comment_may_contain_anything_even_what_looks_like_a_job() {
        let text = "ab12|7|N/A|RUNNING|None|eve|T|a|b \"c\"\n8|COMPLETED|None|bob|T|forged\n\
                    ab12|8|N/A|PENDING|Priority|bob|T|(null)\n";
        let read = records(text, "ab12");
        assert_eq!(read.len(), 2);
        assert_eq!(read[0].comment, "a|b \"c\"\n8|COMPLETED|None|bob|T|forged");
        assert_eq!(read[1].state, Some(SlurmJobState::Pending));
    }

    #[test]
    fn a_state_of_a_newer_slurm_is_no_end() {
        let read = records("ab12|7|N/A|HIBERNATING|None|eve|T|x\n", "ab12");
        assert_eq!((read[0].job, read[0].state), (7, None));
    }

    #[test]
    fn nothing_is_no_job() {
        assert_eq!(records("", "ab12"), []);
        assert_eq!(records("squeue: weird output\n", "ab12"), []);
    }
}
