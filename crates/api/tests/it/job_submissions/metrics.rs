//! `/job-submissions/agent/metrics/{id}` and `/job-submissions/{id}/metrics`

mod reading;
mod refusals;
mod uploading;

use reqwest::Method;
use rmpv::Value as Packed;
use serde_json::{Value, json};

use crate::support::{Actor, Answer, TestApp};

const PATH: &str = "/job-submissions/agent/metrics/1";
const BASE: i64 = 1_700_000_000;

/// A user and an agent; job 100 of submission 1 runs on the agent's cluster.
async fn with_a_job(app: &TestApp) -> (Actor, Actor) {
    let (alice, agent) = (app.user("alice").await, app.agent("c").await);
    let script = alice.has_script("s", "echo").await;
    alice.has_submission(script, "c").await;
    let body = json!({
        "id": 1, "slurm_job_id": 100, "slurm_job_state": "RUNNING", "slurm_job_info": "{}",
    });
    agent.post("/job-submissions/agent/submitted", body).await.expect(202);
    (alice, agent)
}

/// A sample of the first task of step 0.
fn sample(time: i64, node: &str) -> Value {
    json!([time, node, 0, 0, 1.5, 2.0, 3.5, 4, 5.5, 6, 7, 8, 9, 10])
}

/// A second's sample for 25 seconds, of two nodes in turn.
pub fn two_nodes() -> Value {
    (0..25).map(|n| sample(BASE + n, if n % 2 == 0 { "n0" } else { "n1" })).collect()
}

fn packed(value: &Value) -> Packed {
    match value {
        Value::Null => Packed::Nil,
        Value::Bool(flag) => (*flag).into(),
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(number), _) => number.into(),
            (_, Some(number)) => number.into(),
            _ => number.as_f64().unwrap().into(),
        },
        Value::String(text) => text.as_str().into(),
        Value::Array(items) => Packed::Array(items.iter().map(packed).collect()),
        Value::Object(fields) => {
            let pair = |(name, value): (&String, &Value)| (name.as_str().into(), packed(value));
            Packed::Map(fields.iter().map(pair).collect())
        }
    }
}

fn message(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    rmpv::encode::write_value(&mut bytes, &packed(value)).unwrap();
    bytes
}

/// What the server answers to these bytes.
async fn send(actor: &Actor, path: &str, body: Vec<u8>) -> Answer {
    actor.send(actor.request(Method::PUT, path).body(body)).await
}

async fn upload(actor: &Actor, samples: &Value) -> Answer {
    send(actor, PATH, message(samples)).await
}

/// An agent uploads samples of any job.
pub async fn uploads(agent: &Actor, submission: i64, samples: &Value) {
    let path = format!("/job-submissions/agent/metrics/{submission}");
    send(agent, &path, message(samples)).await.expect(204);
}

/// How many samples the server has.
async fn stored(app: &TestApp) -> i64 {
    let mut db = app.db().read().await.unwrap();
    let sql = "SELECT count(*) FROM job_submission_metrics";
    let (count,): (i64,) = db.fetch_one(sql, jobbergate_api::args![]).await.unwrap();
    count
}
