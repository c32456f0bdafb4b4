//! An `sbatch` that starts late and outlives its agent.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command},
    time::Duration,
};

use jobbergate_testkit::slurm::SlurmLab;

use super::{
    scene::{self, Scene},
    support::{eventually, help, use_sbatch, workdir, wrapper},
};

/// What makes a process of this test an agent: the address of its server.
const SERVER: &str = "TEST_AGENT_SERVER";
const STATE: &str = "TEST_AGENT_STATE";
const SBATCH: &str = "TEST_AGENT_SBATCH";
/// How long its `sbatch` may take, in seconds.
const DEADLINE: &str = "TEST_AGENT_DEADLINE";
const AGENT: &str = "slurm::late::an_agent_that_can_be_killed";

/// Does nothing in a run of tests; started by the tests below it is an agent.
#[tokio::test]
async fn an_agent_that_can_be_killed() {
    let Ok(server) = std::env::var(SERVER) else { return };
    let lab = SlurmLab::start().unwrap();
    let state = std::env::var(STATE).unwrap();
    let mut config = scene::config(&lab, Path::new(&state), &server);
    use_sbatch(&mut config, &lab, PathBuf::from(std::env::var(SBATCH).unwrap()));
    if let Ok(seconds) = std::env::var(DEADLINE) {
        config.sbatch_timeout_seconds = Duration::from_secs(seconds.parse().unwrap());
        config.doubt_seconds = Duration::from_secs(1);
    }
    help(&config);
    jobbergate_agent::run(config, std::future::pending()).await.unwrap();
}

/// An agent in a process of its own; the `sbatch` that it starts is none of its children's kin.
struct AgentProcess(Child);

impl AgentProcess {
    fn start(scene: &Scene, sbatch: &Path) -> Self {
        Self::spawn(Self::command(scene, sbatch))
    }

    /// One that gives an `sbatch` so many seconds.
    fn start_impatient(scene: &Scene, sbatch: &Path, seconds: u32) -> Self {
        let mut agent = Self::command(scene, sbatch);
        agent.env(DEADLINE, seconds.to_string());
        Self::spawn(agent)
    }

    fn spawn(mut agent: Command) -> Self {
        Self(agent.spawn().unwrap())
    }

    fn command(scene: &Scene, sbatch: &Path) -> Command {
        let mut agent = Command::new(std::env::current_exe().unwrap());
        agent.args(["--exact", AGENT, "--nocapture"]).env(SERVER, &scene.server.address);
        agent.env(STATE, scene.state.path()).env(SBATCH, sbatch);
        agent
    }
}

impl Drop for AgentProcess {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// A script that leaves a file with the numbers of the jobs that ran it.
fn marker(id: i64) -> Option<String> {
    Some(format!("#!/bin/sh\n#SBATCH -p compute -o /dev/null\necho $SLURM_JOB_ID >> ran.{id}\n"))
}

#[tokio::test]
async fn each_script_runs_once_though_sbatch_starts_under_the_next_agent() {
    let scene = Scene::new(SlurmLab::start().unwrap(), "").await;
    let tools = workdir("root");
    let (home, begun) = (scene.home.path(), scene.home.path().join("begun"));
    // The first one's starts when the second one's has ended.
    let late = format!(
        "case \"$*\" in *jobbergate:1:*) touch {begun}; while ! [ -e {home}/ran.2 ]; do sleep 0.1; \
         done;; esac\nexec $real \"$@\"",
        begun = begun.display(),
        home = home.display()
    );
    let sbatch = wrapper(&scene.lab, &tools, &late);
    scene.submit(1, &[]);
    scene.server.with(1, |submission| submission.script = marker(1));
    let first = AgentProcess::start(&scene, &sbatch);
    eventually(20, "sbatch was started", || async { begun.exists() }).await;
    drop(first);
    scene.submit(2, &[]);
    scene.server.with(2, |submission| submission.script = marker(2));
    let second = AgentProcess::start(&scene, &sbatch);
    for id in [2, 1] {
        scene.becomes(id, "DONE").await;
        let jobs = scene.server.with(id, |submission| submission.jobs.clone());
        let ran = fs::read_to_string(home.join(format!("ran.{id}"))).unwrap();
        assert_eq!(jobs.iter().map(|job| format!("{job}\n")).collect::<String>(), ran);
    }
    assert_eq!(fs::read_to_string(home.join("job.sh")).ok(), marker(2), "users see the latest");
    let left = || fs::read_dir(home).unwrap().count();
    eventually(5, "no copy is left", || async { left() == 4 }).await;
    drop(second);
}

#[tokio::test]
async fn copies_that_a_killed_agent_left_are_removed_by_the_next() {
    let scene = Scene::new(SlurmLab::start().unwrap(), "").await;
    let tools = workdir("root");
    let home = scene.home.path();
    let late = format!("touch {0}/begun; sleep 2; exec $real \"$@\"", home.display());
    let sbatch = wrapper(&scene.lab, &tools, &late);
    scene.submit(1, &[]);
    scene.server.with(1, |submission| submission.script = marker(1));
    let first = AgentProcess::start(&scene, &sbatch);
    eventually(20, "sbatch was started", || async { home.join("begun").exists() }).await;
    drop(first);
    assert!(scene.state.path().read_dir().unwrap().count() > 3);
    let _second = AgentProcess::start(&scene, &sbatch);
    scene.becomes(1, "DONE").await;
    let hidden = |entry: &fs::DirEntry| entry.file_name().to_string_lossy().starts_with('.');
    let copies = || fs::read_dir(home).unwrap().flatten().filter(hidden).count();
    eventually(5, "no copy is left", || async { copies() == 0 }).await;
}

#[tokio::test]
async fn a_job_is_found_though_its_sbatch_never_ends_and_keeps_the_number_to_itself() {
    let scene = Scene::new(SlurmLab::start().unwrap(), "").await;
    let tools = workdir("root");
    let home = scene.home.path();
    let lines = format!("n=$($real \"$@\"); echo $n > {}/got; exec sleep 20", home.display());
    let sbatch = wrapper(&scene.lab, &tools, &lines);
    scene.submit(1, &[]);
    scene.server.with(1, |submission| submission.script = marker(1));
    let first = AgentProcess::start(&scene, &sbatch);
    eventually(20, "Slurm has it", || async { home.join("got").exists() }).await;
    drop(first);
    let _second = AgentProcess::start(&scene, &sbatch);
    eventually(8, "it is found", || async { scene.server.status(1) != "CREATED" }).await;
    scene.becomes(1, "DONE").await;
}

#[tokio::test]
async fn what_a_killed_agents_program_left_behind_is_not_waited_for() {
    let scene = Scene::new(SlurmLab::start().unwrap(), "").await;
    let tools = workdir("root");
    let home = scene.home.path();
    // The first one ends without a number and leaves something in a session of its own.
    let lines = format!(
        "[ -e {0}/begun ] && exec $real \"$@\"; touch {0}/begun; setsid sleep 300 & sleep 1",
        home.display()
    );
    let sbatch = wrapper(&scene.lab, &tools, &lines);
    scene.submit(1, &[]);
    scene.server.with(1, |submission| submission.script = marker(1));
    let first = AgentProcess::start(&scene, &sbatch);
    eventually(20, "sbatch was started", || async { home.join("begun").exists() }).await;
    drop(first);
    let _second = AgentProcess::start(&scene, &sbatch);
    eventually(40, "it is submitted", || async { scene.server.status(1) == "DONE" }).await;
    assert_eq!(scene.server.with(1, |submission| submission.jobs.len()), 1);
}

#[tokio::test]
async fn an_sbatch_that_hangs_behind_a_wrapper_that_ended_makes_no_second_job() {
    let scene = Scene::new(SlurmLab::start().unwrap(), "").await;
    let tools = workdir("root");
    let home = scene.home.path();
    // The first one has read the script when it hangs, and gets through when it is let.
    let lines = format!(
        "[ -e {0}/begun ] && exec $real \"$@\"; for script; do :; done; cp $script {0}/read.sh; \
         touch {0}/begun\n\
         {{ while ! [ -e {0}/go ]; do sleep 0.1; done; $real \"$1\" \"$2\" {0}/read.sh; }} &\nsleep 1",
        home.display()
    );
    let sbatch = wrapper(&scene.lab, &tools, &lines);
    scene.submit(1, &[]);
    scene.server.with(1, |submission| submission.script = marker(1));
    let first = AgentProcess::start_impatient(&scene, &sbatch, 3);
    eventually(20, "sbatch was started", || async { home.join("begun").exists() }).await;
    drop(first);
    let _second = AgentProcess::start_impatient(&scene, &sbatch, 3);
    eventually(60, "it is submitted", || async { scene.server.status(1) == "DONE" }).await;
    fs::write(home.join("go"), "").unwrap();
    tokio::time::sleep(Duration::from_secs(4)).await;
    let jobs = scene.server.with(1, |submission| submission.jobs.clone());
    let ran = fs::read_to_string(home.join("ran.1")).unwrap();
    assert_eq!(jobs.iter().map(|job| format!("{job}\n")).collect::<String>(), ran);
}

#[tokio::test]
async fn users_see_the_name_of_the_file_that_they_uploaded() {
    let scene = Scene::new(SlurmLab::start().unwrap(), "").await;
    let (home, agent) = (scene.home.path(), scene.agent());
    scene.submit(1, &[]);
    let script = "#!/bin/sh\n#SBATCH -p compute -o out.%x\npwd; basename $0\nsleep 2\n";
    scene.server.with(1, |submission| submission.script = Some(script.to_owned()));
    scene.becomes(1, "SUBMITTED").await;
    let job = scene.server.with(1, |submission| submission.jobs[0].to_string());
    let shown = scene.lab.run("scontrol", &["show", "job", &job]).unwrap();
    let shown = String::from_utf8(shown.stdout).unwrap();
    let value = |name: &str| {
        let value = shown.split_whitespace().find_map(|word| word.strip_prefix(name));
        value.unwrap_or_default().to_owned()
    };
    let home_path = home.to_str().unwrap();
    assert_eq!((value("JobName="), value("WorkDir=")), ("job.sh".to_owned(), home_path.to_owned()));
    let command = value("Command=");
    assert!(command.starts_with(home_path) && command.ends_with("/job.sh"), "{command}");
    assert_eq!(value("StdOut="), format!("{home_path}/out.job.sh"));
    let saved = scene.lab.run("scontrol", &["write", "batch_script", &job, "-"]).unwrap();
    assert!(String::from_utf8(saved.stdout).unwrap().starts_with(script));
    scene.becomes(1, "DONE").await;
    let out = fs::read_to_string(home.join("out.job.sh")).unwrap();
    assert_eq!(out, format!("{home_path}\nslurm_script\n"));
    agent.stop().await;
}
