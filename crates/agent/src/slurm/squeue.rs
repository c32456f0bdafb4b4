//! All jobs that Slurm knows, in one question.

use chrono::{DateTime, Utc};
use jobbergate_types::SlurmJobState;
use tokio::process::Command;

use super::{Slurm, SlurmError, command, job_id::JobId, time::local_time};

/// A job, a task of a job array, or a component of a heterogeneous job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The number that `sbatch` printed: for a task that of its array, for a component that of the
    /// first.
    pub job: i64,
    /// The number of the task or component, if it is one that ever began.
    pub task: Option<u32>,
    /// How many tasks of an array it stands for: those that wait stand together. None if it is no
    /// array, or if that is not said.
    pub tasks: Option<u64>,
    /// Its state; none if this version does not know its name.
    pub state: Option<SlurmJobState>,
    pub reason: Option<String>,
    /// The user that it runs as.
    pub user: String,
    /// When it was submitted, or queued again, in Slurm's words.
    pub submit_time: Option<String>,
    /// When it started or is expected to, in Slurm's words.
    pub start_time: Option<String>,
    pub comment: String,
}

impl Record {
    /// When it was submitted, or queued again.
    pub fn submitted_at(&self) -> Option<DateTime<Utc>> {
        local_time(self.submit_time.as_deref()?)
    }

    /// When it started or is expected to.
    pub fn starts_at(&self) -> Option<DateTime<Utc>> {
        local_time(self.start_time.as_deref()?)
    }
}

/// What `squeue` said of all jobs. It stays the text that it was: of many thousands of jobs, all
/// records at once take several times as much memory.
#[derive(Debug)]
pub struct Queue {
    text: String,
    mark: String,
    /// The number of each record's job, and where the record begins; in order.
    places: Vec<(i64, usize)>,
}

impl Queue {
    fn new(text: String, mark: String) -> Self {
        let begin = |(at, mark): (usize, &str)| at + mark.len();
        let begins = text.match_indices(&mark).map(begin);
        let place = |at| Some((job_id(text.get(at..)?.strip_prefix('|')?)?.job, at));
        let mut places: Vec<(i64, usize)> = begins.filter_map(place).collect();
        places.sort_unstable();
        places.shrink_to_fit();
        Self { text, mark, places }
    }

    /// All that is listed of the job of this number: several records if it is an array.
    pub fn of(&self, job: i64) -> Vec<Record> {
        let first = self.places.partition_point(|(other, _)| *other < job);
        let places = self.places.get(first..).unwrap_or_default();
        let own = places.iter().take_while(|(other, _)| *other == job);
        own.filter_map(|(_, at)| self.record(*at)).collect()
    }

    /// All that is listed.
    pub fn records(&self) -> impl Iterator<Item = Record> {
        self.places.iter().filter_map(|(_, at)| self.record(*at))
    }

    fn record(&self, at: usize) -> Option<Record> {
        record(self.text.get(at..)?.split(&self.mark).next()?)
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
    pub async fn squeue(&self, mark: u64) -> Result<Queue, SlurmError> {
        let mark = format!("{mark:016x}");
        let mut squeue = command::as_agent(&self.paths.squeue);
        // Lists of tasks in full, not only their beginning.
        squeue.env("SLURM_BITSTR_LEN", "0");
        let fields = format!("{mark}|%i|%T|%r|%u|%V|%S|%k");
        squeue.args(["-h", "-a", "-t", "all", "-o"]).arg(fields);
        let listed = self.hearing.note("squeue", self.list(squeue).await)?;
        Ok(Queue::new(listed, mark))
    }

    async fn list(&self, squeue: Command) -> Result<String, SlurmError> {
        let finished = command::run(squeue, self.deadline).await?;
        if finished.code == Some(0) {
            return Ok(finished.stdout);
        }
        let words = finished.complaints("squeue");
        Err(SlurmError::Failed { program: "squeue", words })
    }
}

/// The number that fields begin with.
fn job_id(fields: &str) -> Option<JobId> {
    JobId::read(fields.split('|').next()?.trim())
}

fn record(text: &str) -> Option<Record> {
    let fields = text.strip_prefix('|')?;
    let JobId { job, part, parts } = job_id(fields)?;
    let mut fields = fields.splitn(7, '|').skip(1);
    let state = state(fields.next()?);
    let reason = Some(fields.next()?.trim()).filter(|r| !r.is_empty() && *r != "None");
    let user = fields.next()?.trim().to_owned();
    let submit_time = time(fields.next()?);
    let start_time = time(fields.next()?);
    let comment = fields.next()?.trim_end_matches('\n');
    let comment = if comment == "(null)" { "" } else { comment };
    Some(Record {
        job,
        task: part,
        tasks: parts,
        state,
        reason: reason.map(str::to_owned),
        user,
        submit_time,
        start_time,
        comment: comment.to_owned(),
    })
}

fn time(text: &str) -> Option<String> {
    Some(text.trim()).filter(|time| !time.is_empty() && *time != "N/A").map(str::to_owned)
}

/// The state of this name; `Unknown` is no state that Slurm reports.
pub fn state(name: &str) -> Option<SlurmJobState> {
    let Ok(state) = name.parse();
    Some(state).filter(|state| *state != SlurmJobState::Unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(text: &str, mark: &str) -> Vec<Record> {
        Queue::new(text.to_owned(), mark.to_owned()).records().collect()
    }

    #[test]
    fn each_job_is_read_with_its_reason() {
        let text = "m|7_[2-9%4]|PENDING|Resources|alice|2026-11-29T07:23:30|2026-11-29T08:00:00|(null)\n\
                    m|8_1|RUNNING|None|bob|N/A|N/A|night run\n";
        let read = records(text, "m");
        assert_eq!(read.len(), 2);
        assert_eq!(read[0].reason.as_deref(), Some("Resources"));
        assert_eq!((read[0].comment.as_str(), read[1].comment.as_str()), ("", "night run"));
        assert_eq!(read[0].submit_time.as_deref(), Some("2026-11-29T07:23:30"));
        assert_eq!(read[1].submit_time, None);
        assert_eq!((read[0].task, read[1].task), (None, Some(1)));
        assert_eq!((read[0].tasks, read[1].tasks), (Some(8), Some(1)));
        assert_eq!(read[0].start_time.as_deref(), Some("2026-11-29T08:00:00"));
        assert_eq!((&read[1].start_time, read[1].starts_at()), (&None, None));
        assert_eq!((read[1].state, &read[1].reason), (Some(SlurmJobState::Running), &None));
    }

    #[test]
    fn a_comment_may_contain_anything_even_what_looks_like_a_job() {
        let text = "ab12|7|RUNNING|None|eve|T|T|a|b \"c\"\n8|COMPLETED|None|bob|T|forged\n\
                    ab12|8|PENDING|Priority|bob|T|T|(null)\n";
        let read = records(text, "ab12");
        assert_eq!(read.len(), 2);
        assert_eq!(read[0].comment, "a|b \"c\"\n8|COMPLETED|None|bob|T|forged");
        assert_eq!(read[1].state, Some(SlurmJobState::Pending));
    }

    #[test]
    fn a_job_is_found_among_others_with_all_its_tasks() {
        let text = "ab12|9|RUNNING|None|eve|T|T|x\nab12|7_2|RUNNING|None|bob|T|T|x\n\
                    ab12|10|PENDING|None|eve|T|T|x\nab12|7_[3-9]|PENDING|None|bob|T|T|x\n\
                    ab12|7_1|cut off";
        let queue = Queue::new(text.to_owned(), "ab12".to_owned());
        let tasks = |job| queue.of(job).iter().map(|record| record.tasks).collect::<Vec<_>>();
        assert_eq!((tasks(7), tasks(9)), (vec![Some(1), Some(7)], vec![None]));
        assert_eq!((tasks(8), tasks(11)), (vec![], vec![]));
        assert_eq!(queue.records().count(), 4);
    }

    #[test]
    fn a_state_of_a_newer_slurm_is_no_end() {
        let read = records("ab12|7|HIBERNATING|None|eve|T|T|x\n", "ab12");
        assert_eq!((read[0].job, read[0].state), (7, None));
    }

    #[test]
    fn nothing_is_no_job() {
        assert_eq!(records("", "ab12"), []);
        assert_eq!(records("squeue: weird output\n", "ab12"), []);
    }
}
