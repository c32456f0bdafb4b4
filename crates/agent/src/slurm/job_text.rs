//! The text of `scontrol show job` in the names of Slurm's JSON, for versions that have no JSON.
//!
//! Names, order and types are those of `squeue --json` of the same versions: what is empty there
//! is an empty text, 0 or null here. What the text does not say is left out.

use serde_json::{Map, Value};

use super::{
    scontrol::pairs,
    time::{local_time, minutes},
};

/// A job by the keys of Slurm's text.
type Fields = Map<String, Value>;

/// Keys whose values take the rest of their line, whatever is in it: their owners choose it.
const LONG: [&str; 9] = [
    "JobName=",
    "Comment=",
    "AdminComment=",
    "SystemComment=",
    "Command=",
    "WorkDir=",
    "StdErr=",
    "StdIn=",
    "StdOut=",
];

/// Key in JSON, key in text, and what becomes of the value.
type Column = (&'static str, &'static str, fn(&str) -> Value);

const COLUMNS: [Column; 51] = [
    ("account", "Account", words),
    ("accrue_time", "AccrueTime", time),
    ("admin_comment", "AdminComment", words),
    ("array_job_id", "ArrayJobId", number),
    ("array_task_id", "ArrayTaskId", whole_number),
    ("array_task_string", "ArrayTaskId", unless_number),
    ("batch_flag", "BatchFlag", flag),
    ("batch_host", "BatchHost", words),
    ("burst_buffer", "BurstBuffer", words),
    ("command", "Command", words),
    ("comment", "Comment", words),
    ("contiguous", "Contiguous", flag),
    ("deadline", "Deadline", time),
    ("dependency", "Dependency", words),
    ("eligible_time", "EligibleTime", time),
    ("end_time", "EndTime", time),
    ("excluded_nodes", "ExcNodeList", words),
    ("exit_code", "ExitCode", wait_status),
    ("features", "Features", words),
    ("group_id", "GroupId", in_parentheses),
    ("group_name", "GroupId", before_parentheses),
    ("job_id", "JobId", number),
    ("job_state", "JobState", words),
    ("last_sched_evaluation", "LastSchedEval", time),
    ("licenses", "Licenses", words),
    ("mcs_label", "MCS_label", words),
    ("name", "JobName", words),
    ("nodes", "NodeList", words),
    ("cpus", "NumCPUs", number_or_null),
    ("node_count", "NumNodes", number_or_null),
    ("tasks", "NumTasks", number_or_null),
    ("het_job_id", "HetJobId", number),
    ("het_job_id_set", "HetJobIdSet", words),
    ("het_job_offset", "HetJobOffset", number),
    ("partition", "Partition", words),
    ("pre_sus_time", "SecsPreSuspend", number),
    ("priority", "Priority", number),
    ("qos", "QOS", words),
    ("reboot", "Reboot", flag),
    ("required_nodes", "ReqNodeList", words),
    ("requeue", "Requeue", flag),
    ("restart_cnt", "Restarts", number),
    ("resv_name", "Reservation", words),
    ("start_time", "StartTime", time),
    ("state_reason", "Reason", reason),
    ("standard_error", "StdErr", words),
    ("standard_input", "StdIn", words),
    ("standard_output", "StdOut", words),
    ("submit_time", "SubmitTime", time),
    ("suspend_time", "SuspendTime", time),
    ("time_limit", "TimeLimit", whole_minutes),
];

/// What stands behind these in JSON.
const LAST: [Column; 5] = [
    ("tres_req_str", "ReqTRES", words),
    ("tres_alloc_str", "AllocTRES", words),
    ("user_id", "UserId", in_parentheses),
    ("user_name", "UserId", before_parentheses),
    ("current_working_directory", "WorkDir", words),
];

/// The jobs that a text describes.
pub(super) fn jobs(text: &str) -> Vec<Map<String, Value>> {
    let blocks = text.trim().split("\n\n").map(fields);
    blocks.filter(|job| job.contains_key("JobId")).map(|job| named(&job)).collect()
}

/// The fields of Slurm's text under the names of its JSON.
pub(super) fn named(fields: &Fields) -> Map<String, Value> {
    let value = |(name, key, read): &Column| {
        let text = fields.get(*key).and_then(Value::as_str).unwrap_or_default();
        ((*name).to_owned(), read(if is_given(text) { text } else { "" }))
    };
    COLUMNS.iter().chain(&LAST).map(value).collect()
}

fn is_given(text: &str) -> bool {
    !matches!(text, "" | "(null)" | "N/A" | "Unknown")
}

/// The fields of one job. The first of several equal keys counts.
fn fields(block: &str) -> Fields {
    let mut fields = Fields::new();
    for line in block.lines() {
        let (head, long) = split(line);
        let long = long.map(|(key, value)| (key.to_owned(), Value::from(value)));
        for (key, value) in pairs(head).into_iter().chain(long) {
            fields.entry(key).or_insert(value);
        }
    }
    // One field for what it has or, while it has nothing, what it asks for.
    if let Some(tres) = fields.remove("TRES") {
        let has_nodes = fields.get("NodeList").and_then(Value::as_str).is_some_and(is_given);
        if has_nodes {
            fields.insert("AllocTRES".to_owned(), tres.clone());
        }
        fields.insert("ReqTRES".to_owned(), tres);
    }
    fields
}

/// A line up to a key whose value takes the rest, and that one.
fn split(line: &str) -> (&str, Option<(&str, &str)>) {
    let places = LONG.iter().filter_map(|key| {
        let (head, value) = line.split_once(key)?;
        let begins = head.is_empty() || head.ends_with(' ');
        begins.then_some((head, Some((key.trim_end_matches('='), value))))
    });
    places.min_by_key(|(head, _)| head.len()).unwrap_or((line, None))
}

fn words(text: &str) -> Value {
    text.into()
}

/// Without a reason Slurm's word for it.
fn reason(text: &str) -> Value {
    if text.is_empty() { "None" } else { text }.into()
}

fn flag(text: &str) -> Value {
    (text == "1").into()
}

fn number(text: &str) -> Value {
    parsed(text).unwrap_or(0).into()
}

fn number_or_null(text: &str) -> Value {
    parsed(text).into()
}

fn whole_number(text: &str) -> Value {
    text.parse::<u64>().ok().into()
}

fn unless_number(text: &str) -> Value {
    if text.parse::<u64>().is_ok() { "" } else { text }.into()
}

/// The number at the beginning, as in the range `1-4`.
fn parsed(text: &str) -> Option<u64> {
    text.split('-').next()?.parse().ok()
}

/// Seconds since 1970; 0 if it is not known.
fn time(text: &str) -> Value {
    local_time(text).map_or(0, |time| time.timestamp()).into()
}

fn whole_minutes(text: &str) -> Value {
    minutes(text).into()
}

/// The number that `wait` gives: `3:0` is 3 · 256, `0:9` is 9.
fn wait_status(text: &str) -> Value {
    let parts = text.split_once(':').unwrap_or((text, ""));
    let (code, signal) = (parsed(parts.0).unwrap_or(0), parsed(parts.1).unwrap_or(0));
    (code << 8 | signal).into()
}

/// The number in `alice(1000)`.
fn in_parentheses(text: &str) -> Value {
    let number = text.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
    number.map_or(Value::Null, number_or_null)
}

fn before_parentheses(text: &str) -> Value {
    text.split('(').next().unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use std::{fs, path::PathBuf};

    use super::*;

    fn samples() -> PathBuf {
        PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/slurm-22.05"))
    }

    /// Text and JSON of one job in one state, recorded one after the other.
    fn pairs_of_answers() -> Vec<(String, [Map<String, Value>; 2])> {
        let mut answers = Vec::new();
        for entry in fs::read_dir(samples()).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let Some(case) = name.strip_prefix("squeue-json.") else { continue };
            let case = case.strip_suffix(".json").unwrap();
            let text = samples().join(format!("scontrol.{case}.txt"));
            let (Ok(json), Ok(text)) =
                (fs::read_to_string(samples().join(&name)), fs::read_to_string(text))
            else {
                continue;
            };
            let json: Map<String, Value> = serde_json::from_str(&json).unwrap();
            let text = jobs(&text).into_iter().find(|job| job["job_id"] == json["job_id"]).unwrap();
            // Some jobs went on between the two.
            if text["job_state"] == json["job_state"] {
                answers.push((case.to_owned(), [text, json]));
            }
        }
        answers
    }

    #[test]
    fn the_text_becomes_what_the_same_slurm_says_in_json() {
        let answers = pairs_of_answers();
        assert!(answers.len() > 50, "{}", answers.len());
        let mut wrong = Vec::new();
        for (case, [text, json]) in answers {
            // Relative to the submission: the times in the text are of this host's zone.
            let value = |job: &Map<String, Value>, key: &str| match job[key].as_i64() {
                Some(time @ 1..) if key.ends_with("_time") || key == "deadline" => {
                    Value::from(time - job["submit_time"].as_i64().unwrap())
                }
                _ => job[key].clone(),
            };
            for key in text.keys() {
                let (from_text, from_json) = (value(&text, key), value(&json, key));
                // What is not set there, and what a job had that is queued again.
                let says_more = key.starts_with("standard_")
                    || (key == "cpus" && from_json.is_null())
                    || (key == "tres_alloc_str" && case.starts_with("hetero.PENDING"));
                if from_text != from_json && !says_more {
                    wrong.push(format!("{case} {key}: {from_text}, not {from_json}"));
                }
            }
            let order: Vec<&String> = json.keys().filter(|key| text.contains_key(*key)).collect();
            assert_eq!(text.keys().collect::<Vec<_>>(), order);
        }
        assert_eq!(wrong, [""; 0], "{wrong:#?}");
    }

    #[test]
    fn what_owners_write_does_not_pass_for_anything_else() {
        let text = "JobId=7 JobName=x UserId=root(0) JobState=COMPLETED\n   \
                    UserId=alice(1000) GroupId=lab(100) MCS_label=N/A\n   \
                    JobState=RUNNING Reason=None Dependency=(null)\n   \
                    Comment=1 = 2 UserId=root(0)\n   \
                    WorkDir=/home/alice/a b=c\n   Power=\n";
        let job = &jobs(text)[0];
        assert_eq!(job["name"], "x UserId=root(0) JobState=COMPLETED");
        assert_eq!((&job["user_name"], &job["user_id"]), (&"alice".into(), &1000.into()));
        assert_eq!((&job["job_state"], &job["state_reason"]), (&"RUNNING".into(), &"None".into()));
        assert_eq!(job["comment"], "1 = 2 UserId=root(0)");
        assert_eq!(job["current_working_directory"], "/home/alice/a b=c");
    }

    #[test]
    fn arrays_and_components_say_what_they_belong_to() {
        let text = "JobId=24 ArrayJobId=24 ArrayTaskId=0-1%2 JobName=a\n   JobState=PENDING\n\n\
                    JobId=25 ArrayJobId=24 ArrayTaskId=7 JobName=a\n   JobState=RUNNING\n\n\
                    JobId=28 HetJobId=27 HetJobOffset=1 JobName=h\n   HetJobIdSet=27-28\n";
        let jobs = jobs(text);
        let task = |job: usize| {
            (jobs[job]["array_task_id"].clone(), jobs[job]["array_task_string"].clone())
        };
        assert_eq!(task(0), (Value::Null, "0-1%2".into()));
        assert_eq!(task(1), (7.into(), "".into()));
        assert_eq!(jobs[1]["array_job_id"], 24);
        assert_eq!((&jobs[2]["het_job_id"], &jobs[2]["het_job_offset"]), (&27.into(), &1.into()));
        assert_eq!(jobs[2]["het_job_id_set"], "27-28");
    }

    #[test]
    fn exit_codes_are_as_wait_gives_them_and_limits_in_minutes() {
        assert_eq!((wait_status("3:0"), wait_status("0:9")), (768.into(), 9.into()));
        assert_eq!(
            (whole_minutes("1-00:00:00"), whole_minutes("UNLIMITED")),
            (1440.into(), Value::Null)
        );
        assert_eq!(number_or_null("1-4"), Value::from(1));
    }
}
