//! What jobs use of their nodes: measured by Slurm, collected by the agent, seen by their owners.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use jobbergate_testkit::{influxdb::Influxdb, slurm::SlurmLab};
use jobbergate_types::{
    SlurmJobState,
    job_submissions::JobSubmissionStatus,
    metrics::{
        JobSubmissionMetricSampleRate, JobSubmissionMetricSchema, JobSubmissionMetricsQuery,
    },
};
use serde_json::Value;

use crate::support::{AgentOptions, Process, Site, script_of};

/// Four seconds of a processor.
const BUSY: &str = "timeout 4 sh -c 'while :; do :; done'";

fn options(more: &[(&'static str, String)]) -> AgentOptions {
    let interval = ("JOBBERGATE_AGENT_TASK_METRICS_INTERVAL_SECONDS", "1".to_owned());
    let environment = more.iter().cloned().chain([interval]).collect();
    AgentOptions { sbatch: None, environment }
}

async fn shown(site: &Site, id: i64) -> Vec<JobSubmissionMetricSchema> {
    let sample_rate = JobSubmissionMetricSampleRate::TenSeconds;
    let query = JobSubmissionMetricsQuery { sample_rate, ..Default::default() };
    site.alice.submission_metrics(id, &query).await.unwrap()
}

async fn shown_when(
    site: &Site,
    id: i64,
    wanted: impl Fn(&[JobSubmissionMetricSchema]) -> bool,
) -> Vec<JobSubmissionMetricSchema> {
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        let rows = shown(site, id).await;
        if wanted(&rows) {
            return rows;
        }
        assert!(Instant::now() < end, "still not: {rows:?}");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

fn cpu_time(rows: &[JobSubmissionMetricSchema]) -> f64 {
    rows.iter().map(|row| row.cpu_time).sum()
}

fn nodes(rows: &[JobSubmissionMetricSchema]) -> BTreeSet<&str> {
    rows.iter().map(|row| row.node_host.as_str()).collect()
}

/// The processor time that InfluxDB has, and what is shown once it is the same.
async fn shown_as_measured(
    site: &Site,
    id: i64,
    influxdb: &Influxdb,
    which: &str,
) -> (f64, Vec<JobSubmissionMetricSchema>) {
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        let query = format!(r#"SELECT sum("value") FROM "CPUTime" {which}"#);
        let answer = influxdb.query(&query).await.unwrap();
        let measured = answer["results"][0]["series"][0]["values"][0][1].as_f64();
        let rows = shown(site, id).await;
        if let Some(measured) =
            measured.filter(|measured| (cpu_time(&rows) - measured).abs() < 0.01)
        {
            return (measured, rows);
        }
        assert!(Instant::now() < end, "InfluxDB has {measured:?}, shown is {rows:?}");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

#[tokio::test]
async fn what_slurms_plugin_writes_to_influxdb_is_seen_by_the_jobs_owner() {
    let slurm = SlurmLab::start_measuring().unwrap();
    let influxdb = Influxdb::start_at(slurm.influxdb_port().unwrap()).await.unwrap();
    let site = Site::with_slurm(slurm);
    let _agent = site.agent(options(&[("JOBBERGATE_AGENT_INFLUX_DSN", influxdb.dsn())]));
    let steps = format!("srun -N1 -n1 {BUSY}\nsleep 2\nsrun -N2 -n2 {BUSY}\ntrue");
    let script = script_of(&format!("#SBATCH -p compute -N2 -n2\n{steps}"));
    let id = site.submit(&script).await;
    let done = site.wait_for_status(id, JobSubmissionStatus::Done).await;
    let job = done.submission.slurm_job_id.unwrap();
    let which = format!("WHERE job = '{job}'");
    let (measured, rows) = shown_as_measured(&site, id, &influxdb, &which).await;
    assert!(measured > 0.5, "{measured} s");
    assert_eq!(nodes(&rows), BTreeSet::from(["node1", "node2"]));
    assert!(rows.iter().any(|row| row.cpu_utilization > 10.0), "{rows:?}");
    assert!(
        rows.iter().all(|row| row.memory_rss > 100.0 && row.memory_virtual > 100.0),
        "{rows:?}"
    );
    tokio::time::sleep(Duration::from_secs(3)).await;
    let later = shown(&site, id).await;
    assert!((cpu_time(&later) - measured).abs() < 0.01, "nothing counts twice: {later:?}");
}

#[tokio::test]
async fn all_tasks_of_an_array_count() {
    let slurm = SlurmLab::start_measuring().unwrap();
    let influxdb = Influxdb::start_at(slurm.influxdb_port().unwrap()).await.unwrap();
    let site = Site::with_slurm(slurm);
    let _agent = site.agent(options(&[("JOBBERGATE_AGENT_INFLUX_DSN", influxdb.dsn())]));
    let script = script_of(&format!("#SBATCH -p compute --array=1-3\nsrun -n1 {BUSY}\ntrue"));
    let id = site.submit(&script).await;
    site.wait_for_status(id, JobSubmissionStatus::Done).await;
    // Nobody else uses this Slurm.
    let tasks = influxdb.query(r#"SHOW TAG VALUES FROM "CPUTime" WITH KEY = job"#).await.unwrap();
    assert_eq!(tasks["results"][0]["series"][0]["values"].as_array().unwrap().len(), 3);
    shown_as_measured(&site, id, &influxdb, "").await;
}

#[tokio::test]
async fn where_there_is_no_influxdb_the_owner_sees_what_sstat_tells() {
    let site = Site::with_slurm(SlurmLab::start_measuring().unwrap());
    let _agent = site.agent(options(&[]));
    let busy = BUSY.replace("timeout 4", "timeout 25");
    let script = script_of(&format!("#SBATCH -p compute -N2 -n2\nsrun -N2 -n2 {busy}\ntrue"));
    let id = site.submit(&script).await;
    let enough = |rows: &[JobSubmissionMetricSchema]| cpu_time(rows) > 0.0;
    let rows = shown_when(&site, id, enough).await;
    assert_eq!(nodes(&rows), BTreeSet::from(["node1", "node2"]));
    assert!(
        rows.iter().all(|row| row.memory_rss > 100.0 && row.memory_virtual > 100.0),
        "{rows:?}"
    );
    assert!(rows.iter().any(|row| row.cpu_utilization > 1.0), "{rows:?}");
    site.wait_for_status(id, JobSubmissionStatus::Done).await;
    assert!(cpu_time(&shown(&site, id).await) < 52.0);
}

#[tokio::test]
async fn a_slurm_that_does_not_measure_is_said_once_and_asked_no_more() {
    let site = Site::open();
    let agent = site.agent(options(&[]));
    let id = site.submit(&script_of("sleep 5")).await;
    site.wait_for_status(id, JobSubmissionStatus::Done).await;
    let log = agent.log();
    assert_eq!(log.matches("JobAcctGatherType is none").count(), 1, "{log}");
    assert!(shown(&site, id).await.is_empty());
}

/// Why metrics can't be collected, each time that it was said.
fn troubles(agent: &Process) -> Vec<String> {
    let log = agent.log();
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let said = lines.map(|line| line["fields"].clone());
    let troubles =
        said.filter(|fields| fields["message"] == "metrics cannot be collected for the moment");
    troubles.map(|fields| fields["error"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn an_influxdb_that_cannot_be_used_is_said_once_with_the_cause() {
    let influxdb = Influxdb::start().await.unwrap();
    let site = Site::open();
    let mut jobs = Vec::new();
    for _ in 0..3 {
        jobs.push(site.submit(&script_of("sleep 50")).await);
    }
    let right = influxdb.dsn();
    for (dsn, cause) in [
        (right.replace("p%40ss", "wrong"), "refuses the user or the password"),
        (right.replace("/slurm-job-metrics", "/others"), "not authorized"),
        ("influxdb://127.0.0.1:9/db".to_owned(), "does not answer: "),
        (format!("influxdb://{}/db", site.address), "is not InfluxDB 1.x: 404"),
    ] {
        let agent = site.agent(options(&[("JOBBERGATE_AGENT_INFLUX_DSN", dsn)]));
        for id in &jobs {
            site.wait_for_state(*id, SlurmJobState::Running).await;
        }
        let before = troubles(&agent).len();
        tokio::time::sleep(Duration::from_secs(5)).await;
        let said: Vec<_> = troubles(&agent);
        let said: Vec<_> = said.iter().filter(|words| words.contains(cause)).collect();
        assert!(said.len() == 1 && before <= 4, "{cause}: {said:?}\n{:?}", troubles(&agent));
        assert!(!agent.log().contains("wrong%2Fword") && !agent.log().contains("p@ss/word"));
        assert!(agent.stop());
    }
    for id in jobs {
        site.alice.cancel_submission(id).await.unwrap();
    }
}
