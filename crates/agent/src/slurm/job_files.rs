//! Which files a job writes to, as Slurm describes them.

use jobbergate_types::{SlurmJobState, slurm::whole_number};
use serde_json::{Map, Value};

use super::details::state_of;

/// A job, or a task of an array, and the names of its files.
#[derive(Debug, Clone, PartialEq)]
pub struct JobFiles {
    /// Its own number.
    pub job: i64,
    /// The number of its array, if it is of one.
    pub array: Option<i64>,
    /// Which task; none if it is several that have not begun.
    pub task: Option<u32>,
    pub state: Option<SlurmJobState>,
    pub name: String,
    /// The node that runs the script, if one does.
    pub node: Option<String>,
    pub directory: String,
    pub stdout: Option<FileName>,
    pub stderr: Option<FileName>,
}

/// The name of a file in Slurm's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileName {
    /// As it is.
    Plain(String),
    /// With patterns such as `%N` that were left as they are; `%j`, `%A`, `%a`, `%u` and `%x`
    /// were replaced.
    Pattern(String),
}

impl JobFiles {
    pub(super) fn of(job: &Map<String, Value>) -> Option<Self> {
        let number = |key: &str| job.get(key).and_then(whole_number);
        let array = number("array_job_id").filter(|array| *array > 0);
        let task = array.and_then(|_| u32::try_from(number("array_task_id")?).ok());
        let name = |expanded: &str, shown: &str| {
            let plain = text(job, expanded).map(|name| FileName::Plain(name.to_owned()));
            plain.or_else(|| {
                let name = text(job, shown)?.to_owned();
                let plain = !name.contains(['%', '\\']);
                Some(if plain { FileName::Plain(name) } else { FileName::Pattern(name) })
            })
        };
        Some(Self {
            job: number("job_id")?,
            array,
            task,
            state: state_of(job),
            name: text(job, "name").unwrap_or_default().to_owned(),
            node: text(job, "batch_host").map(str::to_owned),
            directory: text(job, "current_working_directory").unwrap_or_default().to_owned(),
            stdout: name("stdout_expanded", "standard_output"),
            stderr: name("stderr_expanded", "standard_error"),
        })
    }
}

fn text<'a>(job: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    job.get(key)?.as_str().filter(|text| !text.is_empty() && *text != "(null)")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slurm::Details;

    #[test]
    fn names_are_read_from_text_as_they_are() {
        let text = "JobId=84 ArrayJobId=75 ArrayTaskId=1 JobName=two  words\n   JobState=RUNNING\n   \
                    BatchHost=node1\n   WorkDir=/home/a  b\n   StdErr=/home/a  b/e=1 x\n   \
                    StdIn=/dev/null\n   StdOut=/home/a  b/%4a.o\n   Power=\n";
        let details = Details::from_text(84, text).unwrap();
        let files = &details.files[0];
        assert_eq!((files.job, files.array, files.task), (84, Some(75), Some(1)));
        assert_eq!(files.stderr, Some(FileName::Plain("/home/a  b/e=1 x".to_owned())));
        assert_eq!(files.stdout, Some(FileName::Pattern("/home/a  b/%4a.o".to_owned())));
        assert_eq!(
            (files.node.as_deref(), files.directory.as_str()),
            (Some("node1"), "/home/a  b")
        );
    }

    #[test]
    fn tasks_that_have_not_begun_are_several() {
        let text = "JobId=79 ArrayJobId=79 ArrayTaskId=1-2 JobName=w\n   JobState=PENDING\n";
        let files = &Details::from_text(79, text).unwrap().files[0];
        assert_eq!((files.array, files.task, &files.stdout), (Some(79), None, &None));
    }

    #[test]
    fn newer_versions_say_the_names_in_json_and_may_expand_them_all() {
        let json = r#"{"jobs":[{"job_id":7,"array_job_id":{"set":true,"number":0},
            "array_task_id":{"set":false,"infinite":false,"number":0},"job_state":["RUNNING"],
            "name":"n","batch_host":"c1","current_working_directory":"/w",
            "standard_output":"/w/%j.o","stdout_expanded":"/w/7.o","standard_error":""},
            {"job_id":9,"array_job_id":{"set":true,"number":8},
            "array_task_id":{"set":true,"infinite":false,"number":0}}]}"#;
        let details = Details::from_json(7, json).unwrap();
        let files = &details.files[0];
        assert_eq!((files.array, files.task), (None, None));
        assert_eq!(files.stdout, Some(FileName::Plain("/w/7.o".to_owned())));
        assert_eq!(files.stderr, None);
        assert_eq!((details.files[1].array, details.files[1].task), (Some(8), Some(0)));
    }
}
