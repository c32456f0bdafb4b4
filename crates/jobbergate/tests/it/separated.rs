//! An agent that gave up root, with a helper that did not.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use jobbergate_testkit::slurm::SlurmLab;
use jobbergate_types::{SlurmJobState, job_submissions::JobSubmissionStatus, output::OutputQuery};
use nix::{
    sys::signal::{Signal, kill},
    unistd::{Pid, User},
};
use reqwest::StatusCode;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{AgentOptions, Process, Site, directory_of, script_of};

/// Whom the agent becomes: a user of the system, as there is one for each service.
const USER: &str = "daemon";

/// A place for the state of an agent that is not root.
fn state() -> TempDir {
    let place = tempfile::tempdir().unwrap();
    fs::set_permissions(&place, fs::Permissions::from_mode(0o755)).unwrap();
    place
}

fn options(state: &TempDir, more: &[(&'static str, &str)]) -> AgentOptions {
    let directory = state.path().join("agent").to_str().unwrap().to_owned();
    let mut environment = vec![
        ("JOBBERGATE_AGENT_RUN_AS", USER.to_owned()),
        ("JOBBERGATE_AGENT_STATE_DIR", directory),
        ("JOBBERGATE_AGENT_DOUBT_SECONDS", "3".to_owned()),
    ];
    environment.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
    AgentOptions { sbatch: None, environment }
}

fn status(pid: u32) -> BTreeMap<String, String> {
    read_status(Path::new(&format!("/proc/{pid}")))
}

fn read_status(of: &Path) -> BTreeMap<String, String> {
    let text = fs::read_to_string(of.join("status")).unwrap();
    let pairs = text.lines().filter_map(|line| line.split_once(':'));
    pairs.map(|(name, value)| (name.to_owned(), value.trim().to_owned())).collect()
}

/// The helper of an agent.
fn helper_of(agent: &Process) -> u32 {
    let pid = agent.id();
    let children = || fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap();
    let is_helper = |child: &u32| {
        let line = fs::read(format!("/proc/{child}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).contains("agent-helper")
    };
    let end = Instant::now() + Duration::from_secs(10);
    loop {
        let children = children();
        let mut numbers = children.split_whitespace().map(|child| child.parse().unwrap());
        if let Some(helper) = numbers.find(is_helper) {
            return helper;
        }
        assert!(Instant::now() < end, "there is no helper");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn is_gone(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.is_empty() || stat.contains(") Z ")
}

fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !condition() {
        assert!(Instant::now() < end, "not within 20 s: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn owner_of(site: &Site, job: i64) -> String {
    let shown = site.slurm.run("squeue", &["-h", "-t", "all", "-o", "%u", "-j", &job.to_string()]);
    String::from_utf8(shown.unwrap().stdout).unwrap().trim().to_owned()
}

/// The fields of all lines of a log that are of a submission.
fn lines_of(log: &str, submission: i64) -> Vec<Value> {
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.filter(|line| line["fields"]["submission"] == submission).collect()
}

#[tokio::test]
async fn two_users_have_their_jobs_from_an_agent_that_has_no_privileges() {
    let (site, state) = (Site::open(), state());
    let agent = site.agent(options(&state, &[]));
    let (bob, home) = (site.somebody("bob@example.com"), directory_of("bob"));
    let home_of_bob = home.path().to_str().unwrap().to_owned();
    let hers = site.submit(&script_of("id -un > whose; sleep 300")).await;
    let his = site.submit_by(&bob, &script_of("id -un > whose"), Some(home_of_bob), &[]).await;

    let running = site.wait_for_state(hers, SlurmJobState::Running).await;
    let job = running.submission.slurm_job_id.unwrap();
    assert_eq!(owner_of(&site, job), "alice");
    let whose = |place: &Path| fs::read_to_string(place.join("whose")).unwrap_or_default();
    until("her job runs", || whose(site.work.path()) == "alice\n");
    until("his job ran", || whose(home.path()) == "bob\n");

    let user = User::from_name(USER).unwrap().unwrap();
    let (uid, gid) = (user.uid.to_string(), user.gid.to_string());
    let threads = fs::read_dir(format!("/proc/{}/task", agent.id())).unwrap();
    for thread in threads.map(|thread| read_status(&thread.unwrap().path())) {
        let name = &thread["Name"];
        assert_eq!(thread["Uid"], [uid.as_str(); 4].join("\t"), "{name}");
        assert_eq!(thread["Gid"], [gid.as_str(); 4].join("\t"), "{name}");
        for set in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
            assert_eq!(thread[set], "0000000000000000", "{set} of {name}");
        }
        assert_eq!(thread["NoNewPrivs"], "1", "{name}");
    }
    let helper = helper_of(&agent);
    assert!(status(helper)["Uid"].starts_with("0\t"));
    assert_eq!(status(helper)["Name"], "jobbergate", "as ps shows it");
    let sockets = || {
        let files = fs::read_dir(format!("/proc/{helper}/fd")).unwrap();
        let links = files.filter_map(|file| fs::read_link(file.unwrap().path()).ok());
        links.filter(|link| link.to_string_lossy().starts_with("socket:")).count()
    };
    assert!(
        sockets() <= 2,
        "it has the socket to the agent only, which is its standard input, too"
    );
    let environment = fs::read(format!("/proc/{helper}/environ")).unwrap();
    assert!(!String::from_utf8_lossy(&environment).contains("SECRET"));

    site.alice.cancel_submission(hers).await.unwrap();
    site.wait_for_state(hers, SlurmJobState::Cancelled).await;
    let log = agent.log();
    for (submission, user) in [(hers, "alice"), (his, "bob")] {
        let lines = lines_of(&log, submission);
        let by = |part: &str| -> Vec<&Value> {
            let of_part = |line: &&Value| line["target"].as_str().unwrap().contains(part);
            lines.iter().filter(of_part).collect()
        };
        let said: Vec<_> = by("helper").iter().map(|line| line["fields"].clone()).collect();
        assert!(said.iter().any(|f| f["action"] == "place" && f["message"] == "done"), "{said:?}");
        assert!(said.iter().any(|f| f["action"] == "run" && f["message"] == "ended"), "{said:?}");
        assert!(said.iter().all(|fields| fields["user"] == user), "{said:?}");
        assert!(by("submit").iter().any(|line| line["fields"]["message"] == "submitted"));
    }
    // The server's lines of the same story have the number, too, and the id of each request.
    let served = site.server.log();
    let of_hers = served.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let spans: Vec<Value> = of_hers
        .map(|line| line["span"].clone())
        .filter(|span| span["submission"] == hers)
        .collect();
    assert!(spans.iter().all(|span| span["id"].as_str().is_some_and(|id| !id.is_empty())));
    let one = format!("/jobbergate/job-submissions/agent/{hers}");
    for path in ["/jobbergate/job-submissions", "/jobbergate/job-submissions/agent/submitted", &one]
    {
        assert!(spans.iter().any(|span| span["path"] == path), "{path}: {spans:?}");
    }
    assert!(agent.stop(), "it stops well");
    until("the helper ends with it", || is_gone(helper));
}

#[tokio::test]
async fn owners_read_what_only_they_may_and_nothing_that_is_anothers() {
    let (site, state) = (Site::open(), state());
    let agent = site.agent(options(&state, &[]));
    let (bob, home) = (site.somebody("bob@example.com"), directory_of("bob"));
    let home_of_bob = home.path().to_str().unwrap().to_owned();
    let own = "chmod 600 slurm-$SLURM_JOB_ID.out; echo of $(id -un)";
    let hers = site.submit(&script_of(own)).await;
    let his = site.submit_by(&bob, &script_of(own), Some(home_of_bob), &[]).await;
    for id in [hers, his] {
        site.wait_for_status(id, JobSubmissionStatus::Done).await;
    }
    let query = OutputQuery::default();
    let part = site.alice.submission_output(hers, &query).await.unwrap();
    assert_eq!((part.bytes.as_slice(), part.ended), (&b"of alice\n"[..], true));
    assert_eq!(fs::metadata(&part.path).unwrap().permissions().mode() & 0o777, 0o600);
    let of_bob = bob.submission_output(his, &query).await.unwrap();
    assert_eq!(of_bob.bytes, b"of bob\n");

    let refused = bob.submission_output(hers, &query).await.unwrap_err();
    assert_eq!(refused.status(), Some(StatusCode::FORBIDDEN));
    // She may put a link where her job wrote; what it leads to is his all the same.
    fs::remove_file(&part.path).unwrap();
    std::os::unix::fs::symlink(&of_bob.path, &part.path).unwrap();
    let refused = site.alice.submission_output(hers, &query).await.unwrap_err();
    assert_eq!(refused.status(), Some(StatusCode::FORBIDDEN), "{refused}");
    assert!(refused.to_string().contains("alice may not read"), "{refused}");

    let of_helper = lines_of(&agent.log(), hers).into_iter().map(|line| line["fields"].clone());
    let said: Vec<_> = of_helper.filter(|fields| fields["action"] == "read").collect();
    for outcome in ["done", "failed"] {
        assert!(said.iter().any(|fields| fields["message"] == outcome), "{said:?}");
    }
    assert!(said.iter().all(|fields| fields["user"] == "alice"), "{said:?}");
}

#[tokio::test]
async fn a_separated_agent_that_is_killed_makes_no_second_job() {
    let (site, state) = (Site::open(), state());
    let flag = site.work.path().join("submitted");
    let sbatch = Some(site.sbatch_then(&format!("touch {}; sleep 20", flag.display())));
    let agent = site.agent(AgentOptions { sbatch, ..options(&state, &[]) });
    let id = site.submit(&script_of("sleep 5")).await;
    until("sbatch got through", || flag.exists());
    let helper = helper_of(&agent);
    agent.kill_9();
    until("the helper ends with it", || is_gone(helper));
    assert_eq!(site.jobs_of(id).len(), 1);
    let _next = site.agent(options(&state, &[]));
    let done = site.wait_for_status(id, JobSubmissionStatus::Done).await;
    assert_eq!(site.jobs_of(id), [done.submission.slurm_job_id.unwrap().to_string()]);
    until("nothing is left beside the script", || {
        let files = fs::read_dir(site.work.path()).unwrap();
        !files.flatten().any(|file| file.file_name().to_string_lossy().starts_with(".jobbergate"))
    });
}

#[tokio::test]
async fn an_sbatch_that_hangs_is_ended_by_the_helper() {
    let (site, state) = (Site::open(), state());
    let (begun, path) = (site.work.path().join("begun"), site.work.path().join("sbatch"));
    let real = site.slurm.command("sbatch");
    let lines = format!(
        "#!/bin/bash\n[ -e {0} ] && exec {1} \"$@\"\necho $$ > {0}\nsleep 300 & wait\n",
        begun.display(),
        real.display()
    );
    fs::write(&path, lines).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    let haste = [("JOBBERGATE_AGENT_SBATCH_TIMEOUT_SECONDS", "2")];
    let _agent = site.agent(AgentOptions { sbatch: Some(path), ..options(&state, &haste) });
    let id = site.submit(&script_of("true")).await;
    until("it hangs", || fs::read_to_string(&begun).is_ok_and(|pid| pid.ends_with('\n')));
    let hung: u32 = fs::read_to_string(&begun).unwrap().trim().parse().unwrap();
    until("it is ended", || is_gone(hung));
    let done = site.wait_for_status(id, JobSubmissionStatus::Done).await;
    assert_eq!(site.jobs_of(id), [done.submission.slurm_job_id.unwrap().to_string()]);
}

/// Waits for the end of an agent that can't go on; how it ended and what it said.
fn end_of(mut agent: Child) -> (Option<i32>, String) {
    let code = agent.wait().unwrap().code();
    let mut said = String::new();
    std::io::Read::read_to_string(&mut agent.stderr.take().unwrap(), &mut said).unwrap();
    (code, said)
}

fn started(mut agent: Command) -> Child {
    agent.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

#[tokio::test]
async fn without_its_helper_the_agent_stops_and_says_so() {
    let (site, state) = (Site::open(), state());
    let agent = site.agent(options(&state, &[]));
    let helper = helper_of(&agent);
    agent.said("agent started");
    kill(Pid::from_raw(helper.try_into().unwrap()), Signal::SIGKILL).unwrap();
    until("the agent stops", || is_gone(agent.id()));
    assert!(agent.log().contains("helper of the agent"), "{}", agent.log());
    assert!(!agent.stop(), "it did not end well");
}

#[tokio::test]
async fn what_makes_no_sense_is_said_before_anything_begins() {
    let (site, state) = (Site::open(), state());
    let theirs = state.path().join("theirs");
    fs::create_dir(&theirs).unwrap();
    let alice = User::from_name("alice").unwrap().unwrap();
    std::os::unix::fs::chown(&theirs, Some(alice.uid.as_raw()), None).unwrap();
    let notes = state.path().join("notes");
    fs::create_dir(&notes).unwrap();
    fs::write(notes.join("12.slurm_job_id"), "7").unwrap();
    for (variable, value, words) in [
        ("JOBBERGATE_AGENT_RUN_AS", "no-such-user", "useradd --system"),
        ("JOBBERGATE_AGENT_RUN_AS", "root", "other than root"),
        ("JOBBERGATE_AGENT_STATE_DIR", theirs.to_str().unwrap(), "install -d -m 700 -o daemon"),
        ("JOBBERGATE_AGENT_CACHE_DIR", notes.to_str().unwrap(), "NUMBER.slurm_job_id"),
    ] {
        let agent = started(site.agent_program(options(&state, &[(variable, value)])));
        let (code, said) = end_of(agent);
        assert!(code == Some(1) && said.contains(words), "{value}: {said}");
    }
}

#[tokio::test]
async fn jobs_that_slurm_hides_from_the_agents_user_keep_it_from_starting() {
    let site = Site::with_slurm(SlurmLab::start_alone().unwrap());
    site.slurm.restart_with("PrivateData=jobs").unwrap();
    let state = state();
    let (code, said) = end_of(started(site.agent_program(options(&state, &[]))));
    site.slurm.restart_with("").unwrap();
    assert!(code == Some(1) && said.contains("PrivateData"), "{said}");
    assert!(said.contains("adminlevel=operator"), "{said}");
}

#[tokio::test]
async fn a_program_that_is_replaced_while_submissions_flow_loses_none() {
    let (site, state) = (Site::open(), state());
    let place = state.path().join("jobbergate");
    let install = || {
        let draft = state.path().join("jobbergate.new");
        fs::copy(env!("CARGO_BIN_EXE_jobbergate"), &draft).unwrap();
        fs::rename(&draft, &place).unwrap();
    };
    let start = || {
        let usual = site.agent_program(options(&state, &[]));
        let mut agent = Command::new(&place);
        agent.args(usual.get_args()).env_clear().stdin(Stdio::null());
        agent.envs(usual.get_envs().filter_map(|(name, value)| Some((name, value?))));
        Process::start(agent, &state.path().join("agent.log"))
    };
    install();
    let mut agent = start();
    let mut ids = Vec::new();
    for update in 0..3 {
        for _ in 0..6 {
            ids.push(site.submit(&script_of("true")).await);
        }
        if update < 2 {
            install();
            assert!(agent.stop(), "it finishes what it has begun");
            agent = start();
        }
    }
    for id in ids {
        let done = site.wait_for_status(id, JobSubmissionStatus::Done).await;
        assert_eq!(site.jobs_of(id), [done.submission.slurm_job_id.unwrap().to_string()]);
    }
    assert!(agent.stop());
}
