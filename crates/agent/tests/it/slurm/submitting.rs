//! What Slurm accepts and refuses, and how a job is marked.

use jobbergate_agent::slurm::SbatchOutcome;
use jobbergate_testkit::slurm::SlurmLab;

use super::support::{Job, accepted, agent, config, open, workdir};

const HELD: &str = "#!/bin/sh\n#SBATCH --hold --comment=\"from | the 'script'\"\nhostname\n";

#[tokio::test]
async fn a_job_carries_its_tag_beside_the_users_comment() {
    let lab = SlurmLab::start().unwrap();
    let (state, home) = (tempfile::tempdir().unwrap(), workdir("alice"));
    let agent = agent(&lab, &state, &[]).await;
    let plain = Job::new("alice", &home, HELD);
    let first = accepted(plain.sbatch(&agent).await);
    let mut overruled = Job::new("alice", &home, HELD);
    overruled.arguments =
        vec!["--comment", "with \"quotes\"\nand a\n1|COMPLETED|None|root|line", "-n1"];
    let second = accepted(overruled.sbatch(&agent).await);
    let queue = agent.slurm.squeue(1).await.unwrap();
    let comment = |job| {
        let record = queue.of(job).remove(0);
        assert_eq!(record.user, "alice");
        record.comment.clone()
    };
    assert_eq!(comment(first), format!("from | the 'script' {}", plain.tag));
    let quoted = "with \"quotes\"\nand a\n1|COMPLETED|None|root|line";
    assert_eq!(comment(second), format!("{quoted} {}", overruled.tag));
    assert_eq!(overruled.jobs(&agent).await, [second]);
    agent.slurm.scancel(&[first, second]).await.unwrap();
}

#[tokio::test]
async fn the_users_arguments_count() {
    let lab = SlurmLab::start().unwrap();
    let (state, home) = (tempfile::tempdir().unwrap(), workdir("alice"));
    let agent = agent(&lab, &state, &[]).await;
    let mut job = Job::new("alice", &home, HELD);
    job.arguments = vec!["-p", "compute", "--job-name=\"two words\" --time=7 # minutes"];
    let number = accepted(job.sbatch(&agent).await);
    let details = agent.slurm.details(number).await.unwrap().unwrap();
    assert_eq!(details.info["partition"], "compute");
    assert_eq!(details.info["name"], "two words");
    assert_eq!(details.info["time_limit"], 7);
    assert_eq!(details.info["current_working_directory"], home.path().to_str().unwrap());
    agent.slurm.scancel(&[number]).await.unwrap();
}

#[tokio::test]
async fn a_refusal_is_in_slurms_own_words() {
    let lab = SlurmLab::start().unwrap();
    let (state, home) = (tempfile::tempdir().unwrap(), workdir("alice"));
    let agent = agent(&lab, &state, &[]).await;
    for (script, argument, words) in [
        (HELD, "--partition=nosuch", "Invalid partition name specified"),
        (HELD, "--bogus", "unrecognized option '--bogus'"),
        (HELD, "--time=junk", "Invalid --time specification"),
        (HELD, "--gres=gpu:1", "Invalid generic resource (gres) specification"),
        ("hostname\n", "-n1", "This does not look like a batch script"),
        ("#!/bin/sh\r\nhostname\r\n", "-n1", "DOS line breaks"),
    ] {
        let mut job = Job::new("alice", &home, script);
        job.arguments = vec![argument];
        let outcome = job.sbatch(&agent).await;
        let SbatchOutcome::Refused(said) = &outcome else { panic!("{argument}: {outcome:?}") };
        assert!(said.contains(words) && !said.contains("sbatch: error"), "{said}");
    }
}

#[tokio::test]
async fn a_command_that_is_missing_refuses_nobody() {
    let lab = SlurmLab::start().unwrap();
    let (state, home) = (tempfile::tempdir().unwrap(), workdir("alice"));
    let mut config = config(&lab, state.path(), &[]);
    config.sbatch_path = "/nonexistent/sbatch".into();
    let agent = open(config).await.unwrap();
    let outcome = Job::new("alice", &home, HELD).sbatch(&agent).await;
    assert!(matches!(&outcome, SbatchOutcome::NotSent(why) if why.contains("/nonexistent/sbatch")));
}
