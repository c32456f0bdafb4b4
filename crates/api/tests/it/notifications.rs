//! Who is told how submissions end, whatever stands in the way.

mod broker;
mod doctor;
mod faults;
mod mail;
mod organizations;
mod sendgrid;
mod settings;

use std::{future::Future, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use jobbergate_api::{args, config::ServeConfig};
use jobbergate_testkit::{postgres::TestDatabase, rabbitmq::VirtualHost, smtp::Smtp};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Actor, TestApp, database, settings};

/// Runs each test once with a place on SQLite and once with one on PostgreSQL.
macro_rules! in_both {
    ($(async fn $name:ident($place:ident: Place) $body:block)*) => {
        $(
            async fn $name($place: $crate::notifications::Place) $body

            mod $name {
                #[tokio::test(flavor = "multi_thread")]
                async fn sqlite() {
                    super::$name($crate::notifications::Place::sqlite()).await;
                }

                #[tokio::test(flavor = "multi_thread")]
                async fn postgres() {
                    super::$name($crate::notifications::Place::postgres().await).await;
                }
            }
        )*
    };
}
use in_both;

/// Where servers keep their data, one after the other or side by side.
pub struct Place {
    directory: TempDir,
    database: Option<TestDatabase>,
}

impl Place {
    fn sqlite() -> Self {
        Self { directory: tempfile::tempdir().unwrap(), database: None }
    }

    async fn postgres() -> Self {
        Self { directory: tempfile::tempdir().unwrap(), database: Some(database().await) }
    }

    fn settings(&self, change: impl FnOnce(&mut ServeConfig)) -> ServeConfig {
        let mut config = settings(&self.directory);
        config.database_url = self.database.as_ref().map(|database| database.url().to_owned());
        config.database_pool_size = 5;
        change(&mut config);
        config
    }

    /// Another server with this data.
    async fn server(&self, change: impl FnOnce(&mut ServeConfig)) -> TestApp {
        let unused = tempfile::tempdir().unwrap();
        TestApp::start(self.settings(change), unused, None, None).await
    }
}

/// Settings of a server that tells this broker, which it reaches by `port`.
fn tells(config: &mut ServeConfig, host: &VirtualHost, port: u16) {
    config.rabbitmq.rabbitmq_host = Some("127.0.0.1".to_owned());
    config.rabbitmq.rabbitmq_port = Some(port);
    config.rabbitmq.rabbitmq_vhost.clone_from(&host.name);
}

/// Somebody submits a job to the cluster `c`; its number.
async fn submits(user: &Actor) -> i64 {
    let script = user.has_script("s", "echo").await;
    user.has_submission(script, "c").await
}

/// The agent rejects a submission.
async fn rejects(agent: &Actor, id: i64, reason: &str) {
    let body = json!({"id": id, "report_message": reason});
    agent.post("/job-submissions/agent/rejected", body).await.expect(202);
}

/// Slurm takes a submission as job 7, and reports these states one after the other.
async fn runs(agent: &Actor, id: i64, states: &[&str]) {
    let body = json!({
        "id": id, "slurm_job_id": 7, "slurm_job_state": "PENDING", "slurm_job_info": "{}",
    });
    agent.post("/job-submissions/agent/submitted", body).await.expect(202);
    for state in states {
        let body = json!({"slurm_job_id": 7, "slurm_job_state": state, "slurm_job_info": "{}"});
        agent.put(&format!("/job-submissions/agent/{id}"), body).await.expect(202);
    }
}

/// What is still to be told.
#[derive(Debug, Clone, PartialEq, sqlx_macros::FromRow)]
struct Waiting {
    channel: String,
    job_submission_id: i32,
    failures: i32,
    due_at: DateTime<Utc>,
}

async fn waiting(app: &TestApp) -> Vec<Waiting> {
    let sql = "SELECT channel, job_submission_id, failures, due_at FROM outbox ORDER BY id";
    app.db().read().await.unwrap().fetch_all(sql, args![]).await.unwrap()
}

/// Waits until all is told, or was given up.
async fn nothing_waits(app: &TestApp) {
    until(async || waiting(app).await.is_empty().then_some(())).await;
}

/// Waits until something was tried, but in vain; time passes then until it is tried again.
async fn fails_once(app: &TestApp) {
    until(async || waiting(app).await.iter().any(|row| row.failures > 0).then_some(())).await;
}

/// Time passes until everything that failed is tried again.
fn a_minute_passes(app: &TestApp) {
    app.clock.advance(TimeDelta::minutes(1));
}

/// Waits for something, for 20 seconds at most.
async fn until<T, F: Future<Output = Option<T>>>(mut look: impl FnMut() -> F) -> T {
    for _ in 0..1000 {
        if let Some(found) = look().await {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it does not happen");
}

/// Waits until there are as many messages in the queue; what they say of submissions, in order.
async fn told(host: &VirtualHost, count: usize) -> Vec<Value> {
    let mut bodies = Vec::new();
    for _ in 0..1000 {
        bodies.extend(host.take("jobs").await.unwrap().into_iter().map(|message| message.body));
        if bodies.len() >= count {
            assert_eq!(bodies.len(), count, "{bodies:?}");
            return bodies;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("only these messages arrive: {bodies:?}");
}

/// What a message says of a submission.
fn body(id: i64, status: &str, state: Option<&str>) -> Value {
    json!({
        "path": format!("jobs.job_submissions.{id}"),
        "user_email": "alice@example.com",
        "action": "status",
        "additional_context": {"status": status, "slurm_job_state": state},
    })
}

/// An SMTP server that accepts mail from everybody.
fn smtp() -> Smtp {
    Smtp::start().unwrap()
}
