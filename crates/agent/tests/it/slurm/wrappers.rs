//! Programs of sites in the place of `sbatch`, and ways of `sbatch` to end that are not usual.

use std::{fs, time::Duration};

use jobbergate_agent::{config::AgentConfig, slurm::SbatchOutcome};
use jobbergate_testkit::slurm::SlurmLab;
use tempfile::TempDir;

use super::{
    scene::{Running, Scene},
    support::{Job, accepted, agent, config, eventually, open, use_sbatch, workdir, wrapper},
};

const QUICK: &str = "#!/bin/sh\n#SBATCH -p compute -o /dev/null\nhostname\n";

/// An agent between `scene` and lines of shell.
async fn start(lines: &str) -> (Scene, TempDir, AgentConfig) {
    let scene = Scene::new(SlurmLab::start().unwrap(), QUICK).await;
    let tools = workdir("root");
    let mut config = scene.config();
    use_sbatch(&mut config, &scene.lab, wrapper(&scene.lab, &tools, lines));
    config.doubt_seconds = Duration::from_secs(1);
    config.refusal_seconds = Duration::from_secs(3);
    (scene, tools, config)
}

#[tokio::test]
async fn what_a_sites_program_says_reaches_the_owner() {
    for lines in [
        "echo 'Your project is out of hours.'; exit 1",
        "echo 'Your project is out of hours.'; exit 0",
        "echo 'sbatch: error: slurmctld: Your project is out of hours.' >&2; exit 1",
        "echo 'sbatch: error: Munge: Your project is out of hours.' >&2; exit 1",
        "echo 'Your project is out of hours.' >&2; exit 255",
        "printf 'no\\0\\033: Your project is out of hours.\\n' >&2; exit 1",
        "echo 'sbatch: error: Unable to contact slurm controller (connect failure)' >&2\n\
         echo 'sbatch: error: Batch job submission failed: Unable to contact slurm controller \
         (connect failure)' >&2; echo 'Your project is out of hours.' >&2; exit 1",
    ] {
        let (scene, _tools, config) = start(lines).await;
        let agent = Running::start(config);
        scene.submit(1, &[]);
        scene.becomes(1, "REJECTED").await;
        let message = scene.server.with(1, |submission| submission.message.clone()).unwrap();
        assert!(message.contains("Your project is out of hours.\n"), "{message}");
        assert!(message.contains("UTC. Submit again"), "{message}");
        let left = fs::read_dir(scene.home.path()).unwrap().count();
        assert_eq!(left, 1, "only the script");
        agent.stop().await;
    }
}

#[tokio::test]
async fn the_owner_learns_of_an_sbatch_that_crashes_each_time() {
    let (scene, _tools, config) = start("echo 'out of memory' >&2; kill -SEGV $$").await;
    let agent = Running::start(config);
    scene.submit(1, &[]);
    scene.becomes(1, "REJECTED").await;
    let message = scene.server.with(1, |submission| submission.message.clone()).unwrap();
    assert!(message.contains("ended by SIGSEGV\nout of memory"), "{message}");
    agent.stop().await;
}

#[tokio::test]
async fn the_owner_learns_of_an_sbatch_that_can_not_be_started() {
    let (scene, tools, config) = start("exit 1").await;
    let program = fs::read_dir(tools.path()).unwrap().next().unwrap().unwrap().path();
    fs::remove_file(program).unwrap();
    let agent = Running::start(config);
    scene.submit(1, &[]);
    scene.becomes(1, "REJECTED").await;
    let message = scene.server.with(1, |submission| submission.message.clone()).unwrap();
    assert!(message.contains("cannot be started"), "{message}");
    agent.stop().await;
}

#[tokio::test]
async fn an_outage_is_waited_out_and_the_owner_learns_of_one_that_does_not_end() {
    let scene = Scene::new(SlurmLab::start_alone().unwrap(), QUICK).await;
    let agent = scene.agent();
    scene.lab.stop_controller();
    scene.submit(1, &[]);
    tokio::time::sleep(Duration::from_secs(15)).await;
    assert_eq!(scene.server.status(1), "CREATED");
    agent.stop().await;
    let mut config = scene.config();
    config.outage_seconds = Duration::from_secs(10);
    let agent = Running::start(config);
    eventually(90, "a rejection", || async { scene.server.status(1) == "REJECTED" }).await;
    let message = scene.server.with(1, |submission| submission.message.clone()).unwrap();
    assert!(message.contains("ontroller") && message.contains("since 20"), "{message}");
    agent.stop().await;
    scene.lab.up().unwrap();
}

#[tokio::test]
async fn what_a_program_leaves_behind_is_not_waited_for() {
    for lines in [
        "echo 'over budget'; sleep 300 & exit 1",
        "echo 'over budget'; setsid sleep 300 & exit 1",
        "echo 'over budget'; setsid sleep 300 & kill -9 $$",
    ] {
        let (scene, _tools, config) = start(lines).await;
        let agent = Running::start(config);
        scene.submit(1, &[]);
        eventually(60, lines, || async { scene.server.status(1) == "REJECTED" }).await;
        let message = scene.server.with(1, |submission| submission.message.clone()).unwrap();
        assert!(message.contains("over budget") || message.contains("signal"), "{message}");
        agent.stop().await;
    }
}

#[tokio::test]
async fn a_refusal_is_not_certain_while_what_was_left_behind_had_to_be_killed() {
    let lab = SlurmLab::start().unwrap();
    let (state, home, tools) = (tempfile::tempdir().unwrap(), workdir("alice"), workdir("root"));
    let refusal = "echo 'sbatch: error: Batch job submission failed: Invalid partition' >&2";
    let unsent = "echo 'sbatch: error: Batch job submission failed: Unable to contact slurm \
                  controller (connect failure)' >&2";
    let mut outcomes = Vec::new();
    for lines in [refusal, unsent] {
        for more in ["exit 1", "sleep 300 & exit 1"] {
            let mut config = config(&lab, state.path(), &[]);
            use_sbatch(&mut config, &lab, wrapper(&lab, &tools, &format!("{lines}; {more}")));
            let agent = open(config).await.unwrap();
            outcomes.push(Job::new("alice", &home, QUICK).sbatch(&agent).await);
        }
    }
    let [refused, doubtful, not_sent, unclear] = outcomes.as_slice() else { unreachable!() };
    assert!(matches!(refused, SbatchOutcome::Refused(_)), "{refused:?}");
    assert!(matches!(doubtful, SbatchOutcome::Failed(_)), "{doubtful:?}");
    assert!(matches!(not_sent, SbatchOutcome::NotSent(_)), "{not_sent:?}");
    assert!(matches!(unclear, SbatchOutcome::Unclear(_)), "{unclear:?}");
}

#[tokio::test]
async fn a_number_that_comes_after_the_program_ended_counts() {
    let (scene, _tools, config) = start("{ sleep 1; $real \"$@\"; } & exit 1").await;
    let agent = Running::start(config);
    scene.submit(1, &[]);
    scene.becomes(1, "DONE").await;
    assert_eq!(scene.server.with(1, |submission| submission.jobs.len()), 1);
    agent.stop().await;
}

#[tokio::test]
async fn an_sbatch_that_hangs_is_no_outage_where_the_controller_answers() {
    let (scene, _tools, mut config) = start("exec sleep 300").await;
    config.sbatch_timeout_seconds = Duration::from_secs(2);
    let agent = Running::start(config);
    scene.submit(1, &[]);
    scene.becomes(1, "REJECTED").await;
    let message = scene.server.with(1, |submission| submission.message.clone()).unwrap();
    assert!(message.contains("did not end within 2 s"), "{message}");
    agent.stop().await;
}

#[tokio::test]
async fn a_refusal_that_passes_is_none() {
    let (scene, tools, mut config) = start("echo 'quota server unreachable' >&2; exit 1").await;
    config.refusal_seconds = Duration::from_secs(60);
    let agent = Running::start(config);
    scene.submit(1, &[]);
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert_eq!(scene.server.status(1), "CREATED");
    wrapper(&scene.lab, &tools, "exec $real \"$@\"");
    scene.becomes(1, "DONE").await;
    assert_eq!(scene.server.with(1, |submission| submission.jobs.len()), 1);
    agent.stop().await;
}

#[tokio::test]
async fn what_failed_before_a_pause_is_tried_before_it_is_rejected() {
    let (scene, tools, mut config) = start("echo 'come back later'; exit 1").await;
    config.refusal_seconds = Duration::from_secs(20);
    let agent = Running::start(config.clone());
    scene.submit(1, &[]);
    tokio::time::sleep(Duration::from_secs(5)).await;
    agent.stop().await;
    wrapper(&scene.lab, &tools, "exec $real \"$@\"");
    tokio::time::sleep(Duration::from_secs(20)).await;
    let agent = Running::start(config);
    scene.becomes(1, "DONE").await;
    agent.stop().await;
}

#[tokio::test]
async fn a_number_is_a_job_whatever_else_is_wrong() {
    for lines in [
        "$real \"$@\"; echo 'sbatch: error: Munge something' >&2; exit 1",
        "$real \"$@\"; kill -9 $$",
        "$real --quiet \"$@\"",
        "echo Welcome; $real \"$@\"; echo good bye; exit 3",
        "echo Submitted batch job $($real \"$@\"); exit 255",
        "$real \"$@\"; exec sleep 300",
        "$real \"$@\"; sleep 300 & sleep 300",
    ] {
        let (scene, _tools, config) = start(lines).await;
        let agent = Running::start(config);
        scene.submit(1, &[]);
        scene.becomes(1, "DONE").await;
        assert_eq!(scene.server.with(1, |submission| submission.jobs.len()), 1, "{lines}");
        agent.stop().await;
    }
}

#[tokio::test]
async fn who_waits_for_a_job_is_not_waited_for() {
    let scene = Scene::new(SlurmLab::start().unwrap(), "").await;
    let agent = scene.agent();
    let waiting = "#!/bin/sh\n#SBATCH -p compute -o /dev/null -QW\nsleep 4; exit 3\n";
    for id in 1..=12 {
        scene.submit(id, &[]);
        scene.server.with(id, |submission| submission.script = Some(waiting.to_owned()));
    }
    scene.submit(13, &["--wait --quiet"]);
    scene.server.with(13, |submission| submission.script = Some(QUICK.to_owned()));
    let known = || async { (1..=13).all(|id| scene.server.status(id) != "CREATED") };
    eventually(8, "all are jobs", known).await;
    scene.becomes(13, "DONE").await;
    for id in 1..=12 {
        scene.becomes(id, "ABORTED").await;
        assert_eq!(scene.server.with(id, |submission| submission.message.clone()), None);
    }
    agent.stop().await;
}

#[tokio::test]
async fn one_users_sbatch_that_hangs_keeps_no_other_user_waiting() {
    let hang = "[ $(id -un) = alice ] && exec sleep 300\nexec $real \"$@\"";
    let (scene, _tools, config) = start(hang).await;
    let agent = Running::start(config);
    for id in 1..=120 {
        scene.submit(id, &[]);
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    let home = workdir("bob");
    scene.server.add(200, home.path().to_str().unwrap(), &[]);
    scene.server.with(200, |submission| submission.owner = "bob@lab.org");
    eventually(5, "bob's", || async { scene.server.status(200) != "CREATED" }).await;
    assert_eq!(scene.server.status(1), "CREATED");
    drop(agent);
}

#[tokio::test]
async fn an_option_among_arguments_means_what_it_means_in_a_script() {
    let lab = SlurmLab::start().unwrap();
    let (state, home) = (tempfile::tempdir().unwrap(), workdir("alice"));
    let agent = agent(&lab, &state, &[]).await;
    let compared = [
        "JobName",
        "Nice",
        "Dependency",
        "TimeLimit",
        "Partition",
        "ReqNodeList",
        "NumNodes",
        "NumTasks",
        "CPUs/Task",
        "MinMemoryNode",
        "Features",
        "OverSubscribe",
        "StdOut",
        "MailUser",
        "MailType",
        "ExcNodeList",
        "Contiguous",
    ];
    for line in [
        "--partition compute",
        "--constraint=\"\" -p compute",
        "-N 2 --exclusive -p compute",
        "--time=10 # ten",
        "--time=\"0-00:12\" --job-name='two words'",
        "-J a\\\"b --mem 100M",
        "-pcompute -Qn3",
        "--part=compute --nodel node2",
        "--mail-user=\"a#b\" --mail-type END",
        "--output=%x.\\#.out",
        "--dependency=singleton --job x --comment 'it'\\''s mine'",
        "--exclude=node3 --output out\\ -n2",
        "--begin now+1hour --parsable --wait -vv",
    ] {
        let held = "#!/bin/sh\n#SBATCH --hold -o out\n";
        let script = format!("{held}#SBATCH {line}\nhostname\n");
        let mut jobs = Vec::new();
        for (script, argument) in [(script, None), (format!("{held}hostname\n"), Some(line))] {
            let mut job = Job::new("alice", &home, script.leak());
            job.arguments.extend(argument);
            let number = accepted(job.sbatch(&agent).await);
            let shown = lab.run("scontrol", &["show", "job", &number.to_string()]).unwrap();
            let shown = String::from_utf8(shown.stdout).unwrap();
            // What is no pair belongs to the value before it.
            let is_compared =
                |word: &&str| word.split_once('=').is_none_or(|(key, _)| compared.contains(&key));
            let lines = shown.lines().filter(|line| !line.trim_start().starts_with("Comment="));
            let words =
                lines.flat_map(str::split_whitespace).filter(is_compared).map(str::to_owned);
            jobs.push((words.collect::<Vec<_>>(), job.comment(&agent).await));
            agent.slurm.scancel(&[number]).await.unwrap();
        }
        assert_eq!(jobs[0], jobs[1], "{line}");
    }
}

#[tokio::test]
async fn a_script_in_memory_is_complete_and_of_any_length() {
    let lab = SlurmLab::start().unwrap();
    let (state, home) = (tempfile::tempdir().unwrap(), workdir("alice"));
    let agent = agent(&lab, &state, &[]).await;
    let long = format!("#!/bin/sh\n#SBATCH --hold\n{}\necho end\n", "# filler\n".repeat(50_000));
    let job = Job::new("alice", &home, long.clone().leak());
    let outcome = job.sbatch(&agent).await;
    let SbatchOutcome::Accepted(number) = outcome else { panic!("{outcome:?}") };
    let saved = lab.run("scontrol", &["write", "batch_script", &number.to_string(), "-"]).unwrap();
    assert!(String::from_utf8(saved.stdout).unwrap().starts_with(&long));
    agent.slurm.scancel(&[number]).await.unwrap();
}
