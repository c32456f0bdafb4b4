//! `jobbergate agent doctor`, between a real server and a real Slurm.

use std::process::Output;

use crate::support::{AgentOptions, Site};

fn doctor(site: &Site, more: &[&str], variables: &[(&'static str, &str)]) -> (Output, String) {
    let environment = variables.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    let mut agent = site.agent_program(AgentOptions { environment, ..AgentOptions::default() });
    let output = agent.arg("doctor").args(more).output().unwrap();
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    (output, text)
}

#[tokio::test]
async fn a_healthy_agent_has_a_line_for_each_check_and_exit_code_0() {
    let site = Site::open();
    let work = site.work.path().to_str().unwrap();
    let place = ("JOBBERGATE_AGENT_DEFAULT_SLURM_WORK_DIR", work);
    let (output, said) = doctor(&site, &["--email", "alice@example.com"], &[place]);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert_eq!(said.lines().filter(|line| line.starts_with("ok      ")).count(), 15, "{said}");
    assert!(said.contains("permissions: all that an agent needs"), "{said}");
    assert!(said.contains("alice@example.com is alice"), "{said}");
    let statuses = site.alice.cluster_statuses(&Default::default()).await.unwrap();
    assert_eq!(statuses.total, 0, "the doctor is no agent");
}

#[tokio::test]
async fn what_is_wrong_is_said_with_what_to_do_and_exit_code_1() {
    let site = Site::open();
    let wrong = [
        ("JOBBERGATE_AGENT_OIDC_CLIENT_SECRET", "not-the-secret"),
        ("JOBBERGATE_AGENT_SACCT_PATH", "/nonexistent/sacct"),
    ];
    let (output, said) = doctor(&site, &[], &wrong);
    assert_eq!(output.status.code(), Some(1), "{said}");
    let failed: Vec<_> = said.lines().filter(|line| line.starts_with("failed  ")).collect();
    assert!(failed.iter().any(|line| line.contains("token:") && line.contains("401")), "{said}");
    assert!(failed.iter().any(|line| line.contains("JOBBERGATE_AGENT_SACCT_PATH")), "{said}");
    assert!(!said.contains("not-the-secret"), "{said}");
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert!(complaint.contains("3 checks failed"), "{complaint}");
}

#[tokio::test]
async fn a_user_sees_what_the_cluster_is_once_its_agent_runs() {
    let site = Site::open();
    let _agent = site.agent(AgentOptions::default());
    let end = std::time::Instant::now() + std::time::Duration::from_secs(30);
    let facts = loop {
        match site.alice.cluster_facts("test-cluster").await {
            Ok(facts) => break facts,
            Err(error) => assert!(std::time::Instant::now() < end, "{error}"),
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    };
    let names: Vec<_> = facts.facts.partitions.iter().map(|p| p.name.as_str()).collect();
    assert!(names.contains(&"debug") && names.contains(&"compute"), "{names:?}");
    assert!(facts.facts.slurm_version.is_some_and(|version| version.starts_with("22.05")));
    let status = site.alice.cluster_status("test-cluster").await.unwrap();
    assert!(status.is_healthy && status.slurm_answered_at.is_some(), "{status:?}");
}
