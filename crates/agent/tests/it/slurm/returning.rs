//! Jobs that Slurm queues again, and numbers that it gives away again.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::Utc;
use jobbergate_agent::follow::Follower;
use jobbergate_testkit::slurm::SlurmLab;

use super::{
    scene::Scene,
    support::{Job, accepted, agent, eventually, open},
    whole_agent::LONG,
};

/// What was reported last of a submission's job: its state and the reason.
fn last(scene: &Scene, id: i64) -> Option<(String, Option<String>)> {
    scene.server.with(id, |submission| submission.states.last().cloned())
}

/// All that was said of a submission, and what is in Slurm.
fn seen(scene: &Scene, id: i64) -> String {
    let told = scene.server.with(id, |submission| format!("{submission:?}"));
    let show = |name, arguments: &[&str]| {
        String::from_utf8(scene.lab.run(name, arguments).unwrap().stdout).unwrap()
    };
    let queue = show("squeue", &["-a", "-t", "all", "-o", "%i %u %P %T %r %C %m %k"]);
    let nodes = show("sinfo", &["-N", "-l"]);
    format!("last seen: {told}\n{queue}\n{nodes}")
}

async fn comes_to(scene: &Scene, id: i64, state: &str) {
    let end = Instant::now() + Duration::from_secs(40);
    while last(scene, id).is_none_or(|(last, _)| last != state) {
        assert!(Instant::now() < end, "not within 40 s: {state}; {}", seen(scene, id));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// A submission whose job runs; the job's number.
async fn running(scene: &Scene, id: i64) -> String {
    scene.submit(id, &["--requeue"]);
    comes_to(scene, id, "RUNNING").await;
    scene.server.with(id, |submission| submission.jobs[0]).to_string()
}

#[tokio::test]
async fn a_job_that_is_queued_again_has_not_ended_and_one_that_is_held_says_why() {
    let scene = Scene::new(SlurmLab::start().unwrap(), LONG).await;
    let agent = scene.agent();
    let requeued = running(&scene, 1).await;
    scene.lab.run("scontrol", &["requeue", &requeued]).unwrap();
    comes_to(&scene, 1, "PENDING").await;
    let held = running(&scene, 2).await;
    scene.lab.run("scontrol", &["requeuehold", "State=SpecialExit", &held]).unwrap();
    comes_to(&scene, 2, "SPECIAL_EXIT").await;
    let reason = last(&scene, 2).unwrap().1.unwrap();
    assert!(reason.contains("held"), "{reason}");
    for id in [1, 2] {
        assert_eq!(scene.server.status(id), "SUBMITTED");
        scene.server.with(id, |submission| submission.status = "CANCELLED");
        comes_to(&scene, id, "CANCELLED").await;
    }
    agent.stop().await;
}

/// A job that ended, as an agent that was started after it sees it in a single look.
async fn told_at_first_sight(scene: &Scene, id: i64, script: &str) -> Option<String> {
    let agent = Arc::new(open(scene.config()).await.unwrap());
    let job = Job::of(id, "alice", &scene.home, script.to_owned().leak());
    let number = accepted(job.sbatch(&agent).await);
    let state = || async {
        let shown = agent.slurm.details(number).await.unwrap().unwrap();
        (shown.states[0].to_string(), shown.restarts())
    };
    eventually(20, script, || async {
        let (state, restarts) = state().await;
        state == "FAILED" || restarts > Some(0)
    })
    .await;
    scene.submit(id, &[]);
    scene.server.with(id, |submission| {
        submission.status = "SUBMITTED";
        submission.jobs.push(number);
    });
    Follower::new(Arc::clone(&agent)).tick(rand::random()).await.unwrap();
    agent.slurm.scancel(&[number]).await.unwrap();
    last(scene, id).map(|(state, _)| state)
}

#[tokio::test]
async fn a_job_that_failed_is_told_as_soon_as_one_that_completed() {
    let scene = Scene::new(SlurmLab::start().unwrap(), "").await;
    for (id, lines) in
        [(1, "-o /dev/null\nexit 3"), (2, "-o /dev/null\nkill -9 $$"), (3, "-o /root/out\ntrue")]
    {
        let script = format!("#!/bin/sh\n#SBATCH -p compute --requeue {lines}\n");
        assert_eq!(told_at_first_sight(&scene, id, &script).await.as_deref(), Some("FAILED"));
    }
}

#[tokio::test]
async fn a_sites_rules_say_which_ends_are_final() {
    let lab = SlurmLab::start_alone().unwrap();
    lab.restart_with(
        "RequeueExit=3-5,9\nPreemptType=preempt/partition_prio\nPreemptMode=REQUEUE\n\
         PartitionName=low Nodes=ALL PriorityTier=1 PreemptMode=CANCEL\n\
         PartitionName=back Nodes=ALL PriorityTier=1\n\
         PartitionName=high Nodes=ALL PriorityTier=9 PreemptMode=OFF\n",
    )
    .unwrap();
    let scene = Scene::new(lab, "").await;
    for (id, end, state) in
        [(1, "exit 1", "FAILED"), (2, "kill -9 $$", "FAILED"), (3, "exit 4", "PENDING")]
    {
        let script = format!("#!/bin/sh\n#SBATCH -p debug --requeue -o /dev/null\n{end}\n");
        assert_eq!(told_at_first_sight(&scene, id, &script).await.as_deref(), Some(state), "{end}");
    }
    let agent = scene.agent();
    for (id, partition) in [(4, "low"), (5, "back")] {
        let script = format!("#!/bin/sh\n#SBATCH -p {partition} -c2 -o /dev/null\nsleep 300\n");
        scene.submit(id, &["--requeue"]);
        scene.server.with(id, |submission| submission.script = Some(script));
        comes_to(&scene, id, "RUNNING").await;
    }
    let wrap = ["-p", "high", "-c4", "-D", "/tmp", "-o", "/dev/null", "--wrap=sleep 9"];
    scene.lab.run("sbatch", &wrap).unwrap();
    // A minute would be the patience with an end that Slurm may undo.
    comes_to(&scene, 4, "PREEMPTED").await;
    comes_to(&scene, 5, "PENDING").await;
    agent.stop().await;
    let back = scene.server.with(5, |submission| submission.jobs[0].to_string());
    scene.lab.run("scancel", &[&back]).unwrap();
    scene.lab.restart_with("").unwrap();
}

#[tokio::test]
async fn an_array_whose_failed_task_is_queued_again_ends_as_its_tasks_end() {
    let script = "#!/bin/sh\n#SBATCH -p compute -a 0-1 -o /dev/null\n\
                  [ $SLURM_ARRAY_TASK_ID$SLURM_RESTART_COUNT = 1 ] && exit 1\nsleep 7\n";
    let scene = Scene::new(SlurmLab::start().unwrap(), script).await;
    let agent = scene.agent();
    scene.submit(1, &["--requeue"]);
    comes_to(&scene, 1, "RUNNING").await;
    let task = scene.server.with(1, |submission| format!("{}_1", submission.jobs[0]));
    eventually(10, "the task has failed", || async {
        let shown = scene.lab.run("squeue", &["-h", "-t", "all", "-j", &task, "-o", "%T"]).unwrap();
        String::from_utf8(shown.stdout).unwrap().trim() == "FAILED"
    })
    .await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    scene.lab.run("scontrol", &["requeue", &task]).unwrap();
    scene.lab.run("scontrol", &["update", &format!("JobId={task}"), "StartTime=now"]).unwrap();
    scene.becomes(1, "DONE").await;
    assert_eq!(last(&scene, 1).unwrap().0, "COMPLETED");
    agent.stop().await;
}

#[tokio::test]
async fn a_number_that_is_another_users_now_is_neither_believed_nor_cancelled() {
    let scene = Scene::new(SlurmLab::start().unwrap(), LONG).await;
    let wrap = ["--parsable", "-p", "compute", "-D", "/tmp", "-o", "/dev/null", "--uid=bob"];
    let others = scene.lab.run("sbatch", &[&wrap[..], &["--wrap=sleep 300"]].concat()).unwrap();
    let number: i64 = String::from_utf8(others.stdout).unwrap().trim().parse().unwrap();
    let job = Job::of(1, "alice", &scene.home, LONG);
    {
        // What is left of a job whose number a controller without memory gave away again.
        let before = agent(&scene.lab, &scene.state, &[]).await;
        let origin = "1@2026-01-02T03:04:05Z";
        before.journal.attempt(1, origin, &job.tag, "alice", None, Utc::now()).await.unwrap();
        before.journal.submitted(1, number, Utc::now()).await.unwrap();
        before.journal.settle(1, Utc::now()).await.unwrap();
    }
    scene.submit(1, &[]);
    scene.server.with(1, |submission| {
        submission.status = "CANCELLED";
        submission.jobs.push(number);
    });
    let agent = scene.agent();
    tokio::time::sleep(Duration::from_secs(5)).await;
    let shown = scene.lab.run("squeue", &["-h", "-j", &number.to_string(), "-o", "%T"]).unwrap();
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(["PENDING", "RUNNING"].contains(&shown.trim()), "{shown:?}");
    assert_eq!(last(&scene, 1), None);
    agent.stop().await;
    scene.lab.run("scancel", &[&number.to_string()]).unwrap();
}
