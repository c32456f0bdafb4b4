//! An agent with the settings of the Python agent that it takes the place of.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use jobbergate_agent::journal::Phase;
use jobbergate_testkit::slurm::SlurmLab;
use jobbergate_types::job_submissions::PendingJobSubmission;
use serde_json::json;

use super::{
    scene::{Running, Scene},
    support::{agent, config, eventually, open, workdir},
    whole_agent::LONG,
};

fn with_support_file(directory: &str) -> PendingJobSubmission {
    let at = "2026-01-02T03:04:05Z";
    let file = |name: &str, kind: &str| {
        json!({"parent_id": 1, "filename": name, "file_type": kind, "created_at": at,
            "updated_at": at})
    };
    let script = json!({"id": 1, "name": "s", "owner_email": "alice@lab.org",
        "created_at": at, "updated_at": at, "is_archived": false, "description": null,
        "parent_template_id": null, "cloned_from_id": null,
        "files": [file("data.in", "SUPPORT"), file("job.sh", "ENTRYPOINT")]});
    serde_json::from_value(json!({"id": 7, "name": "n", "owner_email": "Alice@Lab.org",
        "job_script": script, "execution_directory": directory, "execution_parameters": {},
        "sbatch_arguments": []}))
    .unwrap()
}

#[tokio::test]
async fn a_script_never_runs_without_its_data() {
    let lab = SlurmLab::start().unwrap();
    let (state_dir, home) = (tempfile::tempdir().unwrap(), workdir("alice"));
    let agent = agent(&lab, &state_dir, &["--write-submission-files=False"]).await;
    let pending = with_support_file(&home.path().display().to_string());
    agent.submit(&pending, None, 1).await.unwrap();
    let entry = agent.journal.entry(7).await.unwrap().unwrap();
    let Phase::Rejected { message } = entry.phase else { panic!("not rejected: {entry:?}") };
    assert!(message.contains("data.in") && message.contains("WRITE_SUBMISSION_FILES"), "{message}");
}

/// A job as the Python agent makes it, without a tag.
async fn theirs(scene: &Scene, comment: &str) -> i64 {
    let comment = format!("--comment={comment}");
    let home = scene.home.path().to_str().unwrap();
    let line = ["--parsable", "-p", "compute", "-D", home, "--uid=alice", "--gid=alice", &comment];
    let made = scene.lab.run("sbatch", &[&line[..], &["--wrap=sleep 300"]].concat()).unwrap();
    String::from_utf8(made.stdout).unwrap().trim().parse().unwrap()
}

#[tokio::test]
async fn a_job_that_the_python_agent_had_not_reported_is_taken_over() {
    let scene = Scene::new(SlurmLab::start().unwrap(), LONG).await;
    let cache = tempfile::tempdir().unwrap();
    let number = theirs(&scene, "").await;
    let note = cache.path().join("1.slurm_job_id");
    fs::write(&note, number.to_string()).unwrap();
    let mut config = scene.config();
    config.cache_dir = Some(cache.path().to_owned());
    let agent = Running::start(config);
    scene.submit(1, &[]);
    scene.becomes(1, "SUBMITTED").await;
    assert_eq!(scene.server.with(1, |submission| submission.jobs.clone()), [number]);
    eventually(5, "the note is removed", || async { !note.exists() }).await;
    scene.server.with(1, |submission| submission.status = "CANCELLED");
    let cancelled = |state: &(String, Option<String>)| state.0 == "CANCELLED";
    eventually(30, "the job is cancelled", || async {
        scene.server.with(1, |submission| submission.states.last().is_some_and(cancelled))
    })
    .await;
    assert_eq!(scene.jobs_in(scene.home.path()), 1, "and it is the only one");
    agent.stop().await;
}

#[tokio::test]
async fn a_note_that_cannot_be_believed_makes_no_job_and_its_owner_learns_of_it() {
    let scene = Scene::new(SlurmLab::start().unwrap(), LONG).await;
    let cache = tempfile::tempdir().unwrap();
    let other = theirs(&scene, "jobbergate:77:00ff").await;
    let later = theirs(&scene, "").await;
    let note = |id: i64| cache.path().join(format!("{id}.slurm_job_id"));
    fs::write(note(1), "soon").unwrap();
    fs::write(note(2), other.to_string()).unwrap();
    fs::write(note(3), later.to_string()).unwrap();
    let hour = Duration::from_secs(3600);
    fs::File::open(note(3)).unwrap().set_modified(std::time::SystemTime::now() - hour).unwrap();
    let mut config = scene.config();
    config.cache_dir = Some(cache.path().to_owned());
    config.refusal_seconds = Duration::from_secs(1);
    let agent = Running::start(config);
    for (id, why) in [(1, "no number"), (2, "another submission's"), (3, "after it was written")] {
        scene.submit(id, &[]);
        scene.becomes(id, "REJECTED").await;
        let message = scene.server.with(id, |submission| submission.message.clone()).unwrap();
        assert!(message.contains(why) && message.contains(".slurm_job_id"), "{message}");
    }
    assert_eq!(scene.jobs_in(scene.home.path()), 2, "none was made");
    agent.stop().await;
    scene.lab.run("scancel", &[&other.to_string(), &later.to_string()]).unwrap();
}

/// An accounting in the place of `sacct`, which knows these records of numbers that the controller
/// has forgotten.
fn accounting(directory: &Path, records: &[(i64, &str)]) -> PathBuf {
    let path = directory.join("sacct");
    let cases = records.iter().map(|(number, record)| {
        format!("*'-j {number}') echo '{number}|COMPLETED|None|{record}';;\n")
    });
    let cases = cases.collect::<String>();
    // With the separator that it is given, and the other fields of a single job empty.
    let written = "for word; do [ \"$before\" = --delimiter ] && mark=$word; before=$word; done\n\
                   empty=$(printf \"$mark%.0s\" $(seq 20))\n";
    let case = format!("case \"$*\" in\n{cases}esac | sed \"s/|/$mark/g; s/\\$/$empty/\"\n");
    fs::write(&path, format!("#!/bin/sh\n{written}{case}")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

#[tokio::test]
async fn a_number_that_only_accounting_knows_is_no_more_believed_than_a_queued_one() {
    let scene = Scene::new(SlurmLab::start().unwrap(), LONG).await;
    let (cache, tools) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut config = scene.config();
    config.cache_dir = Some(cache.path().to_owned());
    config.refusal_seconds = Duration::from_secs(1);
    let refused = [
        (1, 9_000_001, "bob|2026-01-02T03:04:05|", "the user bob, not of alice"),
        (2, 9_000_002, "alice|2026-01-02T03:04:05|mine jobbergate:77:00ff", "another submission's"),
        (3, 9_000_003, "alice|2099-01-02T03:04:05|", "after it was written"),
    ];
    let mut records: Vec<_> =
        refused.iter().map(|(_, number, record, _)| (*number, *record)).collect();
    records.push((9_000_004, "alice|2026-01-02T03:04:05|mine"));
    config.sacct_path = Some(accounting(tools.path(), &records));
    for (id, (number, _)) in (1..).zip(&records) {
        fs::write(cache.path().join(format!("{id}.slurm_job_id")), number.to_string()).unwrap();
    }
    let agent = Running::start(config);
    for (id, _, _, why) in refused {
        scene.submit(id, &[]);
        scene.becomes(id, "REJECTED").await;
        let message = scene.server.with(id, |submission| submission.message.clone()).unwrap();
        assert!(message.contains(why) && message.contains(".slurm_job_id"), "{message}");
    }
    scene.submit(4, &[]);
    scene.becomes(4, "DONE").await;
    assert_eq!(scene.server.with(4, |submission| submission.jobs.clone()), [9_000_004]);
    assert_eq!(scene.jobs_in(scene.home.path()), 0, "none was made");
    agent.stop().await;
}

#[tokio::test]
async fn an_outage_rejects_no_submission_of_which_the_python_agent_noted_a_job() {
    let scene = Scene::new(SlurmLab::start().unwrap(), LONG).await;
    let cache = tempfile::tempdir().unwrap();
    let mut config = config(&scene.lab, scene.state.path(), &[]);
    config.cache_dir = Some(cache.path().to_owned());
    config.outage_seconds = Duration::ZERO;
    let agent = open(config).await.unwrap();
    let pending = with_support_file(scene.home.path().to_str().unwrap());
    let number = theirs(&scene, "").await;
    let note = cache.path().join("7.slurm_job_id");
    for text in [number.to_string(), "not a number".to_owned()] {
        fs::write(&note, text).unwrap();
        for _ in 0..3 {
            agent.note_outage(&pending).await.unwrap();
        }
        assert_eq!(agent.journal.entry(7).await.unwrap(), None, "it waits for the controller");
    }
    fs::write(&note, number.to_string()).unwrap();
    let phase = agent.adopt(&pending).await.unwrap();
    assert_eq!(phase, Some(Phase::Submitted { slurm_job_id: number }));
    scene.lab.run("scancel", &[&number.to_string()]).unwrap();
    let mut other = pending;
    other.id = 8;
    for _ in 0..2 {
        agent.note_outage(&other).await.unwrap();
    }
    let entry = agent.journal.entry(8).await.unwrap().unwrap();
    assert!(matches!(entry.phase, Phase::Rejected { .. }), "of this one there is certainly no job");
}
