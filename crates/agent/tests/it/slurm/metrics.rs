//! What jobs use: from a real InfluxDB to a server that may fail.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use chrono::Utc;
use jobbergate_agent::config::AgentConfig;
use jobbergate_testkit::{influxdb::Influxdb, slurm::SlurmLab};

use super::{
    scene::{Running, Scene},
    server::Fault,
    support::eventually,
    whole_agent::LONG,
};

/// A job that Slurm does not know: only InfluxDB does.
const JOB: i64 = 70_001;

async fn scene() -> Scene {
    let scene = Scene::new(SlurmLab::start().unwrap(), "#!/bin/sh\nsleep 1\n").await;
    scene.submit(1, &[]);
    scene.server.with(1, |submission| {
        submission.status = "SUBMITTED";
        submission.jobs.push(JOB);
    });
    scene
}

fn config(scene: &Scene, influxdb: &Influxdb) -> AgentConfig {
    let mut config = scene.config();
    config.metrics.influx_dsn = Some(influxdb.dsn().parse().unwrap());
    config.metrics.influx_timeout = 2;
    config.metrics.task_metrics_interval_seconds = Duration::from_secs(1);
    config
}

/// What a task used, as Slurm's plugin writes it: a second of processor time each second.
fn points(step: i32, task: i32, host: &str, seconds: std::ops::Range<i64>) -> Vec<String> {
    let tags = format!("job={JOB},step={step},task={task},host={host}");
    let lines = |second: i64| {
        [
            format!("CPUTime,{tags} value=1 {second}"),
            format!("RSS,{tags} value={} {second}", second % 1000),
        ]
    };
    seconds.flat_map(lines).collect()
}

async fn arrive(scene: &Scene, count: usize) {
    eventually(60, "the samples are there", || async {
        scene.server.with(1, |submission| submission.metrics.samples.len()) >= count
    })
    .await;
    scene.server.with(1, |submission| {
        let metrics = &submission.metrics;
        assert_eq!(metrics.samples.len(), count);
        for ((second, ..), sample) in &metrics.samples {
            assert_eq!(*sample, (1.0, second % 1000), "at {second}");
        }
    });
}

#[tokio::test]
async fn a_backlog_is_uploaded_in_pieces_and_nothing_twice() {
    let (scene, influxdb) = (scene().await, Influxdb::start().await.unwrap());
    let now = Utc::now().timestamp();
    let mut lines = points(0, 0, "n1", now - 9000..now - 1000);
    lines.extend(points(0, 1, "n2", now - 3000..now - 1000));
    influxdb.write(&lines).await.unwrap();
    let agent = Running::start(config(&scene, &influxdb));
    arrive(&scene, 10_000).await;
    influxdb.write(&points(0, 0, "n1", now - 1000..now - 900)).await.unwrap();
    arrive(&scene, 10_100).await;
    // Some rounds that find nothing new.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let uploaded = scene.server.with(1, |submission| submission.metrics.uploaded());
    assert_eq!(uploaded, 10_100);
    agent.stop().await;
}

#[tokio::test]
async fn steps_tasks_and_nodes_that_come_later_are_collected() {
    let (scene, influxdb) = (scene().await, Influxdb::start().await.unwrap());
    let now = Utc::now().timestamp();
    influxdb.write(&points(0, 0, "n1", now - 100..now - 50)).await.unwrap();
    let agent = Running::start(config(&scene, &influxdb));
    arrive(&scene, 50).await;
    // slurmd buffers: what comes later may be older.
    influxdb.write(&points(0, 1, "n1", now - 90..now - 40)).await.unwrap();
    influxdb.write(&points(0, 0, "n2", now - 80..now - 70)).await.unwrap();
    influxdb.write(&points(1, 0, "n1", now - 95..now - 85)).await.unwrap();
    influxdb.write(&points(-5, 0, "n1", now - 95..now - 85)).await.unwrap();
    arrive(&scene, 130).await;
    agent.stop().await;
}

#[tokio::test]
async fn what_comes_after_the_jobs_end_is_collected_too() {
    let (scene, influxdb) = (scene().await, Influxdb::start().await.unwrap());
    let now = Utc::now().timestamp();
    influxdb.write(&points(0, 0, "n1", now - 100..now - 50)).await.unwrap();
    let agent = Running::start(config(&scene, &influxdb));
    arrive(&scene, 50).await;
    scene.server.with(1, |submission| submission.status = "DONE");
    tokio::time::sleep(Duration::from_secs(3)).await;
    influxdb.write(&points(0, 0, "n1", now - 50..now - 20)).await.unwrap();
    arrive(&scene, 80).await;
    agent.stop().await;
}

#[tokio::test]
async fn an_influxdb_that_stops_or_hangs_keeps_nothing_waiting_and_nothing_is_lost() {
    let (scene, mut influxdb) = (scene().await, Influxdb::start().await.unwrap());
    let now = Utc::now().timestamp();
    influxdb.write(&points(0, 0, "n1", now - 500..now - 400)).await.unwrap();
    let agent = Running::start(config(&scene, &influxdb));
    arrive(&scene, 100).await;
    influxdb.write(&points(0, 0, "n1", now - 400..now - 300)).await.unwrap();
    influxdb.freeze().unwrap();
    tokio::time::sleep(Duration::from_secs(2)).await;
    scene.submit(2, &[]);
    let begin = Instant::now();
    scene.becomes(2, "SUBMITTED").await;
    assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
    influxdb.thaw().unwrap();
    arrive(&scene, 200).await;
    influxdb.stop();
    tokio::time::sleep(Duration::from_secs(2)).await;
    influxdb.resume().await.unwrap();
    influxdb.write(&points(0, 0, "n1", now - 300..now - 200)).await.unwrap();
    arrive(&scene, 300).await;
    agent.stop().await;
}

#[tokio::test]
async fn an_agent_that_dies_before_it_hears_of_an_upload_loses_and_doubles_nothing() {
    let (scene, influxdb) = (scene().await, Influxdb::start().await.unwrap());
    let now = Utc::now().timestamp();
    influxdb.write(&points(0, 0, "n1", now - 5000..now - 1000)).await.unwrap();
    scene.server.world().fault = Some(("agent/metrics", Fault::LosesAnswers));
    let agent = Running::start(config(&scene, &influxdb));
    tokio::time::sleep(Duration::from_secs(2)).await;
    agent.stop().await;
    scene.server.world().fault = None;
    let agent = Running::start(config(&scene, &influxdb));
    arrive(&scene, 4000).await;
    agent.stop().await;
}

#[tokio::test]
async fn points_of_an_earlier_job_of_the_same_number_are_not_this_ones() {
    let (scene, influxdb) = (scene().await, Influxdb::start().await.unwrap());
    // The server says that the submission was made at 1700000000.
    influxdb.write(&points(0, 0, "n1", 1_699_990_000..1_699_990_100)).await.unwrap();
    influxdb.write(&points(0, 0, "n1", 1_700_000_100..1_700_000_110)).await.unwrap();
    let agent = Running::start(config(&scene, &influxdb));
    arrive(&scene, 10).await;
    agent.stop().await;
}

#[tokio::test]
async fn tls_is_spoken_and_certificates_are_checked_if_they_are_to_be() {
    let (scene, influxdb) = (scene().await, Influxdb::start_with_tls().await.unwrap());
    let now = Utc::now().timestamp();
    let mut config = config(&scene, &influxdb);
    influxdb.write(&points(0, 0, "n1", now - 100..now - 90)).await.unwrap();
    config.metrics.influx_verify_ssl = true;
    let agent = Running::start(config.clone());
    tokio::time::sleep(Duration::from_secs(3)).await;
    arrive(&scene, 0).await;
    agent.stop().await;
    config.metrics.influx_cert_path = Some(influxdb.authority());
    let agent = Running::start(config.clone());
    arrive(&scene, 10).await;
    agent.stop().await;
    influxdb.write(&points(0, 0, "n1", now - 90..now - 80)).await.unwrap();
    config.metrics.influx_cert_path = None;
    config.metrics.influx_verify_ssl = false;
    let agent = Running::start(config);
    arrive(&scene, 20).await;
    agent.stop().await;
}

/// A program of these lines of shell.
fn program(directory: &Path, name: &str, lines: &str) -> PathBuf {
    let path = directory.join(name);
    fs::write(&path, format!("#!/bin/bash\n{lines}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

#[tokio::test]
async fn an_sstat_that_hangs_keeps_nothing_waiting_and_a_server_that_is_away_gets_all_later() {
    let scene = Scene::new(SlurmLab::start().unwrap(), LONG).await;
    let mut config = scene.config();
    let home = scene.home.path();
    config.scontrol_path = Some(program(
        home,
        "scontrol",
        &format!(
            r#"if [ "$*" = "show config" ]; then echo "JobAcctGatherType = jobacct_gather/linux"
else exec {} "$@"; fi"#,
            scene.lab.command("scontrol").display()
        ),
    ));
    // Each job has used 3 s more than at the time before, and a job is there twice.
    let counter = home.join("counter");
    let hang = home.join("hang");
    let lines = format!(
        r#"[ -e {hang} ] && sleep 100
count=$(($(cat {counter} 2>/dev/null) + 3)); echo $count > {counter}
for job in ${{@: -1}} ${{@: -1}}; do for job in ${{job//,/ }}; do
echo "$job.batch|1|node[1-2]|2000K|mem=1048576,vmem=2097152|cpu=00:00:$count,fs/disk=0|fs/disk=0"
done; done"#,
        hang = hang.display(),
        counter = counter.display()
    );
    config.sstat_path = Some(program(home, "sstat", &lines));
    config.slurm_timeout_seconds = Duration::from_secs(2);
    config.metrics.task_metrics_interval_seconds = Duration::from_secs(1);
    fs::write(&hang, "").unwrap();
    let agent = Running::start(config);
    for id in [1, 2] {
        let begin = Instant::now();
        scene.submit(id, &[]);
        scene.becomes(id, "SUBMITTED").await;
        assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
    scene.server.world().fault = Some(("agent/metrics", Fault::Unavailable));
    fs::remove_file(&hang).unwrap();
    tokio::time::sleep(Duration::from_secs(5)).await;
    scene.server.world().fault = None;
    eventually(30, "samples of both jobs", || async {
        [1, 2].iter().all(|id| scene.server.with(*id, |s| s.metrics.samples.len() >= 6))
    })
    .await;
    agent.stop().await;
    for id in [1, 2] {
        scene.server.with(id, |submission| {
            let samples = &submission.metrics.samples;
            assert!(samples.keys().all(|(_, node, step, task)| {
                ["node1", "node2"].contains(&node.as_str()) && (*step, *task) == (-5, 0)
            }));
            let first = samples.keys().next().unwrap().0;
            for ((time, ..), (cpu_time, rss)) in samples {
                let expected = if *time == first { 0.0 } else { 1.5 };
                assert_eq!((*cpu_time, *rss), (expected, 1024), "at {time}, first {first}");
            }
            let job = submission.jobs[0].to_string();
            scene.lab.run("scancel", &[&job]).unwrap();
        });
    }
}
