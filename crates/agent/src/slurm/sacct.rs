//! What the accounting database knows of jobs that `squeue` has forgotten.

use std::collections::HashSet;

use chrono::TimeDelta;
use serde_json::{Map, Value};

use super::{Details, Record, Slurm, SlurmError, command, job_id::JobId, job_text, squeue};

/// What is asked of all jobs. The last one may contain anything, the first no line break.
const BRIEFLY: [&str; 6] = ["JobID", "State", "Reason", "User", "Submit", "Comment"];
/// What is asked of a single job, besides.
const IN_DETAIL: [&str; 20] = [
    "JobIDRaw",
    "Account",
    "AllocTRES",
    "Eligible",
    "End",
    "ExitCode",
    "GID",
    "Group",
    "JobName",
    "NCPUS",
    "NNodes",
    "NodeList",
    "Partition",
    "Priority",
    "QOS",
    "ReqTRES",
    "Start",
    "Timelimit",
    "UID",
    "WorkDir",
];
/// Fields that `scontrol` calls otherwise.
const OTHER_NAMES: [(&str, &str); 11] = [
    ("JobIDRaw", "JobId"),
    ("Eligible", "EligibleTime"),
    ("End", "EndTime"),
    ("NCPUS", "NumCPUs"),
    ("NNodes", "NumNodes"),
    ("Start", "StartTime"),
    ("State", "JobState"),
    ("Submit", "SubmitTime"),
    ("Timelimit", "TimeLimit"),
    ("User", "UserId"),
    ("Group", "GroupId"),
];

/// What accounting knows of a job, or of one of the tasks or components that make it up.
#[derive(Debug, Clone, PartialEq)]
pub struct Accounted {
    pub record: Record,
    /// By the names of Slurm's JSON.
    info: Map<String, Value>,
}

impl Accounted {
    /// The details of the job of this number, which is made up of these.
    pub fn details(number: i64, all: Vec<Self>) -> Option<Details> {
        Details::of(number, all.into_iter().map(|one| one.info).collect())
    }
}

impl From<Record> for Accounted {
    fn from(record: Record) -> Self {
        Self { record, info: Map::new() }
    }
}

impl Slurm {
    /// What accounting knows of a job, one for each task if it is an array; none where there is no
    /// accounting. `mark` is random.
    pub async fn sacct_job(
        &self,
        job: i64,
        mark: u64,
    ) -> Result<Option<Vec<Accounted>>, SlurmError> {
        let fields = [&BRIEFLY[..], &IN_DETAIL].concat();
        let found = self.sacct(&fields, &["--federation", "-j", &job.to_string()], mark).await?;
        let accounted = |values: &Vec<String>| {
            Some(Accounted { record: record(values)?, info: info(&fields, values) })
        };
        Ok(found.map(|all| all.iter().filter_map(accounted).collect()))
    }

    /// What accounting knows of the jobs of the last `period`; none where there is no accounting.
    /// `mark` is random.
    pub async fn sacct_since(
        &self,
        period: TimeDelta,
        mark: u64,
    ) -> Result<Option<Vec<Record>>, SlurmError> {
        self.sacct_records(&["-a"], period, mark).await
    }

    /// What accounting knows of the jobs of these users in the last `period`; none where there is
    /// no accounting. `mark` is random.
    pub async fn sacct_of(
        &self,
        users: &HashSet<&str>,
        period: TimeDelta,
        mark: u64,
    ) -> Result<Option<Vec<Record>>, SlurmError> {
        let users: Vec<&str> = users.iter().copied().filter(|user| !user.is_empty()).collect();
        if users.is_empty() {
            return Ok(None);
        }
        self.sacct_records(&["-u", &users.join(",")], period, mark).await
    }

    async fn sacct_records(
        &self,
        whose: &[&str],
        period: TimeDelta,
        mark: u64,
    ) -> Result<Option<Vec<Record>>, SlurmError> {
        let since = format!("now-{}minutes", period.num_minutes() + 5);
        let found = self.sacct(&BRIEFLY, &[whose, &["-S", &since]].concat(), mark).await?;
        Ok(found.map(|all| all.iter().filter_map(|values| record(values)).collect()))
    }

    async fn sacct(
        &self,
        fields: &[&str],
        which: &[&str],
        mark: u64,
    ) -> Result<Option<Vec<Vec<String>>>, SlurmError> {
        let mark = format!("|{mark:016x}|");
        let mut sacct = command::as_agent(&self.paths.sacct);
        sacct.args(["-n", "-P", "-X", "-o", &fields.join(","), "--delimiter", &mark]).args(which);
        let finished = command::run(sacct, self.deadline).await?;
        if finished.code == Some(0) {
            return Ok(Some(rows(&finished.stdout, &mark, fields.len())));
        }
        let words = finished.complaints("sacct");
        if words.contains("accounting storage is disabled") {
            return Ok(None);
        }
        Err(SlurmError::Failed { program: "sacct", words })
    }
}

/// The values of each job. They may contain line breaks, all but the first of a job, and anything
/// but the mark.
fn rows(text: &str, mark: &str, columns: usize) -> Vec<Vec<String>> {
    let (mut rows, mut row) = (Vec::new(), Vec::new());
    for value in text.split(mark) {
        row.push(value);
        if row.len() == columns {
            let (last, next) = value.rsplit_once('\n').unwrap_or((value, ""));
            if let Some(end) = row.last_mut() {
                *end = last;
            }
            // What follows the last job is nothing.
            let full = std::mem::replace(&mut row, vec![next]);
            rows.push(full.into_iter().map(str::to_owned).collect());
        }
    }
    rows
}

/// `24_1`, `CANCELLED by 1000`, `None`, `alice`, `2026-11-29T07:23:30`, a comment.
fn record(values: &[String]) -> Option<Record> {
    let [id, state, reason, user, submit_time, comment, ..] = values else { return None };
    let JobId { job, part, parts } = JobId::read(id)?;
    let said = |text: &str| !matches!(text, "" | "None" | "Unknown");
    Some(Record {
        job,
        task: part,
        tasks: parts,
        state: squeue::state(word(state)),
        reason: Some(reason.clone()).filter(|reason| said(reason)),
        user: user.clone(),
        submit_time: Some(submit_time.clone()).filter(|time| said(time)),
        start_time: None,
        comment: comment.clone(),
    })
}

/// `CANCELLED by 1000` → `CANCELLED`
fn word(state: &str) -> &str {
    state.split(' ').next().unwrap_or_default()
}

/// A job as `scontrol` would describe it.
fn info(fields: &[&str], values: &[String]) -> Map<String, Value> {
    let value = |field: &str| {
        let at = fields.iter().position(|other| *other == field);
        at.and_then(|at| values.get(at)).map(String::as_str).unwrap_or_default()
    };
    let mut said = Map::new();
    for field in fields {
        let name = OTHER_NAMES.iter().find(|(other, _)| other == field).map_or(*field, |(_, n)| n);
        let text = match *field {
            "State" => word(value(field)).to_owned(),
            "User" => format!("{}({})", value("User"), value("UID")),
            "Group" => format!("{}({})", value("Group"), value("GID")),
            "NodeList" => value(field).replace("None assigned", ""),
            _ => value(field).to_owned(),
        };
        said.insert(name.to_owned(), text.into());
    }
    belong(&mut said, value("JobID"));
    job_text::named(&said)
}

/// Says which array or heterogeneous job a job of this number belongs to.
fn belong(said: &mut Map<String, Value>, id: &str) {
    let (separator, keys) = match id.contains('+') {
        true => ('+', ["HetJobId", "HetJobOffset"]),
        false => ('_', ["ArrayJobId", "ArrayTaskId"]),
    };
    if let Some((whole, part)) = id.split_once(separator) {
        let part = part.trim_matches(['[', ']']);
        said.extend(keys.into_iter().map(str::to_owned).zip([whole, part].map(Value::from)));
    }
}

#[cfg(test)]
mod tests {
    use jobbergate_types::SlurmJobState;

    use super::*;

    fn read(id: &str, state: &str, comment: &str) -> Option<Record> {
        let values = [id, state, "None", "alice", "2026-11-29T07:23:30", comment];
        record(&values.map(str::to_owned))
    }

    #[test]
    fn a_task_belongs_to_its_array_and_who_cancelled_does_not_matter() {
        let task = read("24_1", "CANCELLED by 1000", "mine jobbergate:1:ff").unwrap();
        assert_eq!((task.job, task.task, task.reason), (24, Some(1), None));
        assert_eq!(task.state, Some(SlurmJobState::Cancelled));
        assert_eq!(task.comment, "mine jobbergate:1:ff");
    }

    #[test]
    fn pending_tasks_and_components_are_read() {
        let waiting = read("24_[2-9%2]", "PENDING", "").unwrap();
        assert_eq!((waiting.job, waiting.task, waiting.tasks), (24, None, Some(8)));
        let component = read("27+1", "FAILED", "").unwrap();
        assert_eq!((component.job, component.task), (27, Some(1)));
        assert_eq!(read("a line of a comment", "FAILED", ""), None);
    }

    #[test]
    fn values_may_contain_anything_even_what_looks_like_a_job() {
        let text = "7|ab|x\n8|COMPLETED|ab|first\nline\n8|ab||ab|\n";
        let read = rows(text, "|ab|", 3);
        assert_eq!(read, [["7", "x\n8|COMPLETED", "first\nline"], ["8", "", ""]]);
        assert_eq!(rows("", "|ab|", 3), [[""; 0]; 0]);
    }

    #[test]
    fn accounting_describes_a_job_by_the_names_of_the_controller() {
        let fields =
            ["JobID", "State", "User", "UID", "JobIDRaw", "ExitCode", "NodeList", "Timelimit"];
        let values = [
            "24_3",
            "CANCELLED by 1000",
            "alice",
            "1000",
            "27",
            "3:0",
            "None assigned",
            "00:30:00",
        ];
        let job = info(&fields, &values.map(str::to_owned));
        for (key, value) in [
            ("job_id", Value::from(27)),
            ("array_job_id", 24.into()),
            ("array_task_id", 3.into()),
            ("job_state", "CANCELLED".into()),
            ("user_name", "alice".into()),
            ("user_id", 1000.into()),
            ("exit_code", 768.into()),
            ("nodes", "".into()),
            ("time_limit", 30.into()),
            ("het_job_id", 0.into()),
        ] {
            assert_eq!(job[key], value, "{key}");
        }
        let component = info(&fields, &["27+1"].map(str::to_owned));
        assert_eq!(
            (&component["het_job_id"], &component["het_job_offset"]),
            (&27.into(), &1.into())
        );
    }
}
