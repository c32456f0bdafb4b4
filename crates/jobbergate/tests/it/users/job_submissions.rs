//! `jobbergate job-submissions`.

use std::fs;

use serde_json::json;

use super::world::{CLUSTER, World};

#[test]
fn a_script_is_submitted_seen_cloned_cancelled_and_deleted() {
    let world = World::open().with_script();
    let create = ["job-submissions", "create", "1", "-n", "again", "--description", "x"];
    let more = ["--execution-directory", "/scratch/wing", "-s", "--time=30", "-s", "--exclusive"];
    let created = world.run(&[&create[..], &more].concat()).well();
    let row = |key: &str, value: &str| format!("│ {key:17} │ {value}");
    assert!(created.contains("Created Job Submission"), "{created}");
    for (key, value) in [("slurm_job_id", "None"), ("cluster_name", CLUSTER), ("status", "CREATED")]
    {
        assert!(created.contains(&row(key, value)), "{created}");
    }
    let one = world.run(&["--raw", "job-submissions", "get-one", "1"]).json();
    let keys: Vec<_> = one.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = "job_submission_id name slurm_job_id slurm_job_state slurm_job_info \
                    job_script_id cluster_name description execution_directory owner_email status \
                    created_at updated_at is_archived report_message sbatch_arguments \
                    cloned_from_id";
    assert_eq!(keys.join(" "), expected);
    assert_eq!(one["sbatch_arguments"], json!(["--time=30", "--exclusive"]));
    assert_eq!(one["execution_directory"], "/scratch/wing");
    let clone = world.run(&["--raw", "job-submissions", "clone", "--id", "1"]).json();
    assert_eq!((&clone["job_submission_id"], &clone["cloned_from_id"]), (&json!(2), &json!(1)));
    let cancelled = world.run(&["job-submissions", "cancel", "2"]).well();
    assert!(cancelled.contains("Cancelled Job Submission"), "{cancelled}");
    assert!(cancelled.contains("CANCELLED"), "{cancelled}");
    let again = world.run(&["job-submissions", "cancel", "2"]).failed(1);
    assert!(again.starts_with("REQUEST FAILED - Bad Request\n"), "{again}");
    let list = world.run(&["job-submissions", "list", "--from-job-script-id", "1"]).well();
    assert!(list.contains("Job Submission List"), "{list}");
    assert!(list.contains("Page: 1 of 1 - Items: 2 of 2"), "{list}");
    assert!(list.lines().all(|line| line.chars().count() <= 80), "{list}");
    let deleted = world.run(&["job-submissions", "delete", "1"]).well();
    assert!(deleted.contains("Job submission delete succeeded"), "{deleted}");
    let gone = world.run(&["job-submissions", "get-one", "1"]).failed(1);
    assert!(gone.contains("Couldn't retrieve job submission 1 from API"), "{gone}");
}

#[test]
fn a_directory_is_where_we_are_unless_it_says_where_it_is() {
    let world = World::open().with_script();
    fs::create_dir_all(world.path("real/deep")).unwrap();
    std::os::unix::fs::symlink(world.path("real"), world.path("link")).unwrap();
    let home = fs::canonicalize(world.home.path()).unwrap();
    let in_home = |path: &str| home.join(path).to_str().unwrap().to_owned();
    for (wanted, expected) in [
        (None, home.to_str().unwrap().to_owned()),
        (Some("link/deep/../new"), in_home("real/new")),
        (Some("/a/../b"), "/a/../b".to_owned()),
    ] {
        let mut line = vec!["--raw", "job-submissions", "create", "1", "-n", "x"];
        line.extend(wanted.iter().flat_map(|wanted| ["--execution-directory", wanted]));
        assert_eq!(world.run(&line).json()["execution_directory"], expected.as_str());
    }
    let download = ["job-submissions", "create", "-i", "1", "-n", "x", "--download"];
    world.run(&[&download[..], &["--execution-directory", "new"]].concat()).well();
    assert!(world.read("new/wind.sh").starts_with("#!/bin/bash"));
}

#[test]
fn a_submission_needs_a_cluster_and_a_script() {
    let world = World::open().with_script();
    let create = ["job-submissions", "create", "1", "-n", "x"];
    let mut command = world.command(&create);
    let output = command.env_remove("DEFAULT_CLUSTER_NAME").output().unwrap();
    let words = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(words.starts_with("Job submission failed\nNo cluster was named"), "{words}");
    let unknown = world.run(&[&create[..], &["--cluster-name", "nowhere"]].concat()).failed(1);
    assert!(unknown.contains("no cluster nowhere"), "{unknown}");
    let missing = world.run(&["job-submissions", "create", "9", "-n", "x"]).failed(1);
    assert!(missing.starts_with("REQUEST FAILED"), "{missing}");
    world.run(&["job-submissions", "create", "-n", "x"]).failed(2);
    world.run(&["job-submissions", "create", "1", "-i", "1", "-n", "x"]).failed(2);
    let usage = world.run(&["job-submissions", "create", "1"]).failed(2);
    assert!(usage.contains("--name") && usage.contains("Usage: jobbergate"), "{usage}");
}
