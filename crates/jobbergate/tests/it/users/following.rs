//! `jobbergate job-submissions watch`, `wait`, `logs` and `why`, with a job in Slurm.

use std::{io::Read, thread, time::Duration};

use super::desk::{Desk, Wire, outcome, started};

const SUBMISSIONS: &str = "job-submissions";

#[test]
fn several_jobs_are_watched_and_waited_for_at_once() {
    let desk = Desk::new();
    desk.application("end", "{code: 0}", "sleep 1; exit {{ data.code }}");
    for code in ["code=0", "code=5"] {
        desk.submitted(&["end", "-p", code]);
    }
    let watched = outcome(started(desk.command(&[SUBMISSIONS, "watch", "1", "2"])));
    assert_eq!(watched.code, Some(5), "{watched:?}");
    for words in ["1: ", "COMPLETED", "2: ", "FAILED", "NonZeroExitCode"] {
        assert!(watched.out.contains(words), "{words}: {}", watched.out);
    }
    let waited = desk.run(&[SUBMISSIONS, "wait", "2", "1"]);
    assert_eq!(waited.code, Some(5));
    let mut lines: Vec<_> = waited.out.lines().collect();
    lines.sort_unstable();
    let expected =
        ["Submission 1: its job completed", "Submission 2: its job failed with exit code 5"];
    assert_eq!(lines, expected);
    // How it ended is said once, and then what to do.
    let ways = "Why: `jobbergate job-submissions why 2`, and what it wrote: `jobbergate \
                job-submissions logs 2`.\n";
    assert_eq!(waited.err, ways);
    desk.run(&[SUBMISSIONS, "wait", "1"]).well();
}

#[test]
fn somebody_waits_for_a_run_and_no_longer_than_they_say() {
    let desk = Desk::new();
    desk.application("long", "{}", "sleep 60");
    desk.submitted(&["long"]);
    let runs = desk.run(&[SUBMISSIONS, "wait", "1", "--for", "running", "--timeout", "45s"]).well();
    assert_eq!(runs, "Submission 1: its job runs\n");
    let late = desk.run(&[SUBMISSIONS, "wait", "1", "--timeout", "1"]).failed(124);
    assert!(late.contains("within 1s; what was submitted goes on"), "{late}");
    let raw = desk.run(&["--raw", SUBMISSIONS, "wait", "1", "--timeout", "1"]);
    assert_eq!(raw.code, Some(124));
    assert!(raw.out.ends_with("{\"event\":\"timeout\",\"seconds\":1}\n"), "{}", raw.out);
    // One that there is not is told of while the other goes on.
    let missing = desk.run(&[SUBMISSIONS, "wait", "1", "999"]).failed(1);
    assert!(missing.contains("999") && missing.contains("Not Found"), "{missing}");
    desk.run(&[SUBMISSIONS, "cancel", "1"]).well();
}

#[test]
fn output_is_shown_as_a_whole_at_its_end_and_as_it_comes() {
    let desk = Desk::new();
    let commands =
        "#SBATCH --error=err.txt\necho oh >&2; for i in 1 2 3; do echo $i; sleep 1; done";
    desk.application("count", "{}", commands);
    desk.submitted(&["count"]);
    let followed = desk.run(&[SUBMISSIONS, "logs", "1", "--follow"]);
    assert_eq!((followed.code, followed.out.as_str()), (Some(0), "1\n2\n3\n"), "{followed:?}");
    let logs = |more: &[&str]| desk.run(&[&[SUBMISSIONS, "logs", "1"], more].concat()).well();
    assert_eq!(logs(&[]), "1\n2\n3\n");
    assert_eq!(logs(&["--tail", "1"]), "3\n");
    assert_eq!(logs(&["--tail", "9", "-f"]), "1\n2\n3\n");
    assert_eq!(logs(&["--stream", "stderr"]), "oh\n");
    let raw = desk.run(&["--raw", SUBMISSIONS, "logs", "1", "--tail", "2"]).json();
    assert_eq!((&raw["event"], &raw["text"]), (&"output".into(), &"2\n3\n".into()));
    let mut head = started(desk.command(&[SUBMISSIONS, "logs", "1", "-f"]));
    let mut first = [0; 2];
    head.stdout.take().unwrap().read_exact(&mut first).unwrap();
    assert!(head.wait().unwrap().success());
}

#[test]
fn a_large_output_is_shown_as_a_whole_and_its_end_is_found() {
    let desk = Desk::new();
    desk.application("much", "{}", "seq -f %.0f 1 400000");
    desk.submitted(&["much"]);
    desk.run(&[SUBMISSIONS, "wait", "1"]).well();
    let whole = desk.run(&[SUBMISSIONS, "logs", "1"]).well();
    assert_eq!(whole.lines().count(), 400_000);
    assert!(whole.lines().map(|line| line.parse::<u32>().unwrap()).eq(1..=400_000));
    let tail = desk.run(&[SUBMISSIONS, "logs", "1", "--tail", "300000"]).well();
    assert!(tail.lines().map(|line| line.parse::<u32>().unwrap()).eq(100_001..=400_000));
}

#[test]
fn why_a_job_waits_or_was_refused_is_said_in_sentences() {
    let desk = Desk::new();
    desk.application("idle", "{partition: compute}", "#SBATCH -p {{ data.partition }}\ntrue");
    desk.submitted(&["idle", "--fast", "-s", "--hold"]);
    desk.submitted(&["idle", "-p", "partition=nosuch"]);
    let refused = desk.run(&[SUBMISSIONS, "wait", "2"]);
    assert_eq!(refused.code, Some(120), "{refused:?}");
    let why = desk.run(&[SUBMISSIONS, "why", "2"]).well();
    for words in ["is REJECTED", "invalid partition specified: nosuch", "Choose a partition"] {
        assert!(why.contains(words), "{words}: {why}");
    }
    let held = (0..90).find_map(|_| {
        thread::sleep(Duration::from_millis(500));
        let why = desk.run(&[SUBMISSIONS, "why", "1"]).well();
        why.contains("(JobHeldUser)").then_some(why)
    });
    let held = held.expect("it never says that it is held");
    for words in ["is PENDING", "its owner holds it", "scontrol release"] {
        assert!(held.contains(words), "{words}: {held}");
    }
    let raw = desk.run(&["--raw", SUBMISSIONS, "why", "1"]).json();
    assert_eq!(raw["slurm_pending_reason"], "JobHeldUser");
    assert_eq!(raw["cluster_status"]["is_healthy"], true);
    desk.run(&[SUBMISSIONS, "cancel", "1"]).well();
}

#[test]
fn a_broken_connection_is_made_again_and_nothing_is_missed() {
    let desk = Desk::new();
    let work = desk.site.work.path();
    let commands =
        format!("until [ -e {} ]; do sleep 0.2; done; exit 6", work.join("go").display());
    desk.application("wait", "{}", &commands);
    desk.submitted(&["wait"]);
    let wire = Wire::to(&desk.site.address);
    let watching = started(desk.command_at(&wire.address, &["--raw", SUBMISSIONS, "watch", "1"]));
    desk.run(&[SUBMISSIONS, "wait", "1", "--for", "running"]).well();
    wire.until_used(1);
    thread::sleep(Duration::from_secs(1));
    wire.cut();
    let connections = wire.connections();
    std::fs::write(work.join("go"), "").unwrap();
    assert_eq!(desk.run(&[SUBMISSIONS, "wait", "1"]).code, Some(6));
    wire.until_used(connections + 1);
    wire.mend();
    let watched = outcome(watching);
    assert_eq!(watched.code, Some(6), "{watched:?}");
    assert!(watched.err.contains("The server answers again"), "{}", watched.err);
    let states: Vec<_> = watched
        .out
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .filter(|line| line["event"] == "progress")
        .map(|line| line["slurm_job_state"].as_str().unwrap().to_owned())
        .collect();
    let running = states.iter().filter(|state| *state == "RUNNING").count();
    assert!(running == 1 && states.last().unwrap() == "FAILED", "{states:?}");
}
