//! What Prometheus reads of an agent that works.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
};

use jobbergate_testkit::slurm::SlurmLab;

use super::{scene::Running, scene::Scene, support::eventually};

const HELD: &str = "#!/bin/sh\n#SBATCH --hold -o /dev/null\nhostname\n";

fn scrape(address: SocketAddr) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn prometheus_reads_what_an_agent_does_and_what_it_asks_of_slurm() {
    let scene = Scene::new(SlurmLab::start().unwrap(), HELD).await;
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut config = scene.config();
    config.prometheus.metrics_listen = Some(address);
    let agent = Running::start(config);
    scene.submit(1, &[]);
    scene.submit(2, &["--partition=nosuch"]);
    scene.becomes(1, "SUBMITTED").await;
    scene.becomes(2, "REJECTED").await;
    for line in [
        r#"jobbergate_agent_submissions_total{event="begun"} 2"#,
        r#"jobbergate_agent_submissions_total{event="accepted"} 1"#,
        r#"jobbergate_agent_submissions_total{event="rejected"} 1"#,
        r#"jobbergate_agent_submission_to_sbatch_seconds_count 2"#,
        r#"jobbergate_agent_sbatch_duration_seconds_count{outcome="accepted"} 1"#,
        r#"jobbergate_agent_sbatch_duration_seconds_bucket{outcome="refused",le="+Inf"} 1"#,
        r#"jobbergate_agent_slurm_commands_total{command="squeue",result="ok"}"#,
        r#"jobbergate_agent_slurm_command_duration_seconds_sum{command="squeue"}"#,
        r#"jobbergate_agent_reports_total{report="submitted",result="ok"} 1"#,
        r#"jobbergate_agent_reports_total{report="rejected",result="ok"} 1"#,
        r#"jobbergate_agent_reports_total{report="state",result="ok"}"#,
        r#"jobbergate_agent_sbatch_limit 8"#,
        r#"jobbergate_agent_unsettled_submissions{state="attempted"} 0"#,
        r#"jobbergate_agent_oldest_doubt_seconds 0"#,
        r#"jobbergate_agent_owners_waiting_for_limits 0"#,
        r#"jobbergate_agent_slurm_silence_seconds"#,
        r#"jobbergate_agent_lease_held 1"#,
    ] {
        eventually(15, line, || async { scrape(address).contains(line) }).await;
    }
    let text = scrape(address);
    assert!(!text.contains("alice"), "it names nobody");
    assert!(text.contains("# HELP jobbergate_agent_sbatch_limit How many"), "{text}");
    agent.stop().await;
    scene.cancel_jobs();
}
