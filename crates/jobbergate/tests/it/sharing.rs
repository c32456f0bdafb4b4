//! Several agents of one cluster share its submissions, and whatever becomes of them, slurm gets one
//! job of each.

use std::{
    collections::HashSet,
    fs,
    path::PathBuf,
    time::{Duration, Instant},
};

use jobbergate_types::{
    SlurmJobState,
    job_submissions::{JobOutlook, JobSubmissionAgentSubmittedRequest, JobSubmissionStatus},
};
use nix::sys::signal::Signal;

use crate::support::{AgentOptions, Gate, Hold, Process, Site, script_of, until_exists};

/// How soon another agent has taken over.
const TAKEN_OVER: Duration = Duration::from_secs(30);

fn options(sbatch: Option<PathBuf>, gate: Option<&Gate>) -> AgentOptions {
    let mut environment = vec![("JOBBERGATE_AGENT_DOUBT_SECONDS", "2".to_owned())];
    environment.extend(
        gate.map(|gate| ("JOBBERGATE_AGENT_BASE_API_URL", format!("http://{}", gate.address))),
    );
    AgentOptions { sbatch, environment }
}

/// A submission whose every run leaves a line.
async fn submit(site: &Site, number: usize) -> i64 {
    site.submit(&script_of(&format!("echo $SLURM_JOB_ID >> ran-{number}"))).await
}

/// Each has run once, as the job that the server knows.
async fn each_ran_once(site: &Site, ids: &[i64]) {
    for (number, id) in ids.iter().enumerate() {
        let is_done = |status| status == JobSubmissionStatus::Done;
        let limit = Duration::from_secs(90);
        let done = site.wait(*id, limit, |s| is_done(s.submission.status)).await;
        let ran = fs::read_to_string(site.work.path().join(format!("ran-{number}"))).unwrap();
        assert_eq!(ran, format!("{}\n", done.submission.slurm_job_id.unwrap()));
    }
    tokio::time::sleep(Duration::from_secs(3)).await;
    for (number, id) in ids.iter().enumerate() {
        assert_eq!(site.jobs_of(*id).len(), 1, "submission {id}");
        let ran = fs::read_to_string(site.work.path().join(format!("ran-{number}"))).unwrap();
        assert_eq!(ran.lines().count(), 1, "{ran}");
    }
}

#[tokio::test]
async fn two_agents_share_forty_submissions() {
    let site = Site::open();
    let agents = ["a", "b"].map(|name| site.agent_called(name, options(None, None)));
    agents.iter().for_each(|agent| drop(agent.said("lease begins")));
    let mut ids = Vec::new();
    for number in 0..40 {
        ids.push(submit(&site, number).await);
    }
    each_ran_once(&site, &ids).await;
    let submitted = agents.map(|agent| agent.log().matches("\"message\":\"submitted\"").count());
    assert_eq!(submitted.iter().sum::<usize>(), 40);
    assert!(submitted.iter().all(|count| *count > 0), "one did all: {submitted:?}");
}

/// An agent that has made a job and not reported it, that is in the midst of an `sbatch`, and that
/// has claimed one more.
async fn busy_agent(site: &Site, gate: &Gate) -> (Process, Vec<i64>) {
    let (hang, begun) = (site.work.path().join("hang"), site.work.path().join("begun"));
    let sbatch = site.sbatch_of("[ -e hang ] && touch begun && sleep 300\nexec $real \"$@\"");
    gate.close("agent/submitted", Hold::Request);
    let agent = site.agent_called("a", options(Some(sbatch), Some(gate)));
    let unreported = submit(site, 0).await;
    gate.holds().await;
    fs::write(&hang, "").unwrap();
    let attempted = submit(site, 1).await;
    until_exists(&begun).await;
    gate.close("/upload/job.sh", Hold::Request);
    let claimed = submit(site, 2).await;
    gate.holds().await;
    (agent, vec![unreported, attempted, claimed])
}

#[tokio::test]
async fn another_agent_takes_over_what_a_killed_one_had() {
    let site = Site::open();
    let gate = Gate::before(&site.address);
    let (first, ids) = busy_agent(&site, &gate).await;
    first.kill_9();
    let _second = site.agent_called("b", options(None, None));
    let known = |s: JobSubmissionStatus| s != JobSubmissionStatus::Created;
    site.wait(ids[0], TAKEN_OVER, |s| known(s.submission.status)).await;
    each_ran_once(&site, &ids).await;
}

#[tokio::test]
async fn an_agent_that_was_frozen_does_nothing_wrong_when_it_goes_on() {
    let site = Site::open();
    let gate = Gate::before(&site.address);
    let (first, mut ids) = busy_agent(&site, &gate).await;
    first.signal(Signal::SIGSTOP);
    let second = site.agent_called("b", options(None, None));
    let known = |s: JobSubmissionStatus| s != JobSubmissionStatus::Created;
    site.wait(ids[0], TAKEN_OVER, |s| known(s.submission.status)).await;
    // Before the other one's doubt is over with the rest, and after.
    first.signal(Signal::SIGCONT);
    gate.open();
    each_ran_once(&site, &ids).await;
    assert!(first.log().contains("the lease was over"), "it knows");
    // It works again.
    fs::remove_file(site.work.path().join("hang")).unwrap();
    assert!(second.stop());
    for number in 3..6 {
        ids.push(submit(&site, number).await);
    }
    each_ran_once(&site, &ids).await;
}

#[tokio::test]
async fn what_a_stopped_agent_had_is_another_ones_at_once() {
    let site = Site::open();
    let program = site.sbatch_of("echo 'quota server unreachable' >&2; exit 1");
    let first = site.agent_called("a", options(Some(program), None));
    let id = submit(&site, 0).await;
    first.said("tried again later");
    // Until it is certain that there is no job.
    first.said("Slurm certainly has no job of it");
    let log = site.log_of("a");
    let begin = Instant::now();
    assert!(first.stop());
    assert!(fs::read_to_string(log).unwrap().contains("handed back what is left"));
    let _second = site.agent_called("b", options(None, None));
    each_ran_once(&site, &[id]).await;
    assert!(begin.elapsed() < Duration::from_secs(18), "it waited for the end of the lease");
}

#[tokio::test]
async fn beside_an_agent_that_claims_nothing_neither_takes_what_the_other_has() {
    let site = Site::open();
    let ours = site.agent_called("a", options(None, None));
    ours.said("lease begins");
    let plain = site.as_cluster();
    let (mut ids, mut theirs) = (Vec::new(), HashSet::new());
    for number in 0..30 {
        ids.push(submit(&site, number).await);
        for offered in plain.pending(None).await.unwrap() {
            if theirs.insert(offered.id) {
                let number = ids.iter().position(|id| *id == offered.id).unwrap();
                let job = as_python_does(&site, number, offered.id);
                plain.report_submitted(&report(offered.id, job)).await.unwrap();
            }
        }
    }
    each_ran_once(&site, &ids).await;
    let submitted = ours.log().matches("\"message\":\"submitted\"").count();
    assert_eq!(submitted + theirs.len(), 30);
}

/// Makes a job of a submission without a claim.
fn as_python_does(site: &Site, number: usize, id: i64) -> i64 {
    let (directory, comment) =
        (site.work.path().to_str().unwrap(), format!("--comment=jobbergate:{id}:python"));
    let wrap = format!("--wrap=echo $SLURM_JOB_ID >> ran-{number}");
    let usual = ["--parsable", "--uid=alice", "--mem=20", "-D", directory, "-o", "/dev/null"];
    let arguments = [&usual[..], &[comment.as_str(), wrap.as_str()]].concat();
    let printed = site.slurm.run("sbatch", &arguments).unwrap().stdout;
    String::from_utf8(printed).unwrap().trim().parse().unwrap()
}

fn report(id: i64, slurm_job_id: i64) -> JobSubmissionAgentSubmittedRequest {
    JobSubmissionAgentSubmittedRequest {
        id,
        slurm_job_id,
        slurm_job_state: SlurmJobState::Pending,
        slurm_job_info: "{}".to_owned(),
        slurm_job_state_reason: None,
        outlook: JobOutlook::default(),
        claim: None,
    }
}

/// What is in the queue of a submission's jobs.
fn states_of(site: &Site, id: i64) -> Vec<String> {
    let state = |job: &String| {
        let shown = site.slurm.run("squeue", &["-h", "-t", "all", "-j", job, "-o", "%T"]).unwrap();
        String::from_utf8(shown.stdout).unwrap().trim().to_owned()
    };
    site.jobs_of(id).iter().map(state).collect()
}

#[tokio::test]
async fn a_proxy_that_says_404_in_the_servers_place_says_nothing_of_claims_jobs_or_cancellations() {
    let site = Site::open();
    let gate = Gate::before(&site.address);
    let sbatch = site.sbatch_of("touch begun; sleep 2; exec $real \"$@\"");
    let agent = site.agent_called("a", options(Some(sbatch), Some(&gate)));
    agent.said("lease begins");
    // For the claims alone, and then for everything.
    gate.close("agent/claims", Hold::NotFound);
    gate.holds().await;
    gate.open();
    let id = site.submit(&script_of("sleep 300")).await;
    until_exists(&site.work.path().join("begun")).await;
    gate.close("", Hold::NotFound);
    tokio::time::sleep(Duration::from_secs(8)).await;
    let states = states_of(&site, id);
    assert!(matches!(&states[..], [one] if ["PENDING", "RUNNING"].contains(&&**one)), "{states:?}");
    assert_eq!(site.alice.submission(id).await.unwrap().submission.slurm_job_id, None);
    gate.open();
    site.wait_for_status(id, JobSubmissionStatus::Submitted).await;
    gate.close("", Hold::NotFound);
    gate.holds().await;
    site.alice.cancel_submission(id).await.unwrap();
    tokio::time::sleep(Duration::from_secs(5)).await;
    gate.open();
    site.wait_for_state(id, SlurmJobState::Cancelled).await;
    assert_eq!(states_of(&site, id), ["CANCELLED"]);
    let log = agent.log();
    assert!(!log.contains("the server knows no claims") && !log.contains("nobody wants"), "{log}");
}

#[tokio::test]
async fn what_a_proxy_keeps_from_an_agent_for_long_is_another_ones_and_neither_doubles_anything() {
    let site = Site::open();
    let gate = Gate::before(&site.address);
    let first = site.agent_called("a", options(None, Some(&gate)));
    first.said("lease begins");
    gate.close("", Hold::NotFound);
    gate.holds().await;
    let _second = site.agent_called("b", options(None, None));
    let mut ids = Vec::new();
    for number in 0..3 {
        ids.push(submit(&site, number).await);
    }
    first.said("lease lost: nothing is submitted until the server renews it");
    gate.open();
    for number in 3..9 {
        ids.push(submit(&site, number).await);
    }
    each_ran_once(&site, &ids).await;
    assert!(!first.log().contains("the server knows no claims"));
}
