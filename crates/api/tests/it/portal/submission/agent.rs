//! What a cluster's agent does meanwhile.

use std::time::Duration;

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

use crate::support::Actor;

const REQUESTS: &str = "/job-submissions/agent/output-requests";

/// A submission of somebody's that has job 7 on the cluster `c`.
pub async fn running(agent: &Actor, owner: &Actor) -> i64 {
    let script = owner.has_script("s", "echo").await;
    let body = json!({"name": "name", "job_script_id": script, "client_id": "c"});
    let id = owner.post("/job-submissions", body).await.created()["id"].as_i64().unwrap();
    let body = json!({
        "id": id, "slurm_job_id": 7, "slurm_job_state": "RUNNING", "slurm_job_info": "{}",
    });
    agent.post("/job-submissions/agent/submitted", body).await.expect(202);
    id
}

/// Reports a state, with more of it.
pub async fn updates(agent: &Actor, id: i64, state: &str, more: &Value) {
    let mut body = json!({"slurm_job_state": state, "slurm_job_info": "{}", "slurm_job_id": 7});
    let more = more.as_object().unwrap().clone();
    body.as_object_mut().unwrap().extend(more);
    agent.put(&format!("/job-submissions/agent/{id}"), body).await.expect(202);
}

pub async fn ends(agent: &Actor, id: i64, state: &str) {
    updates(agent, id, state, &json!({})).await;
}

/// What is asked for of jobs' output, once there is something.
pub async fn takes(agent: &Actor) -> Vec<Value> {
    for _ in 0..500 {
        let taken = agent.post(&format!("{REQUESTS}?most=64"), json!(null)).await.ok();
        let taken = taken.as_array().unwrap().clone();
        if !taken.is_empty() {
            return taken;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("nobody asks")
}

pub async fn answers(agent: &Actor, request: &Value, answer: Value) {
    let path = format!("{REQUESTS}/{}", request["id"].as_str().unwrap());
    agent.put(&path, answer).await.expect(202);
}

/// Answers all that is asked for with parts of this file, as long as the task goes on.
pub fn keeps_answering(agent: &Actor, file: Vec<u8>, ended: bool) -> tokio::task::JoinHandle<()> {
    let agent = agent.clone();
    tokio::spawn(async move {
        loop {
            let taken = agent.post(&format!("{REQUESTS}?most=64"), json!(null)).await.ok();
            for request in taken.as_array().unwrap() {
                let path = format!("{REQUESTS}/{}", request["id"].as_str().unwrap());
                // Whoever asked may have left.
                agent.put(&path, part_of(&file, request, ended)).await;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
}

fn part_of(file: &[u8], request: &Value, ended: bool) -> Value {
    let size = file.len() as i64;
    let limit = request["limit"].as_i64().unwrap();
    let from = request["from"].as_i64().unwrap_or(size - limit).clamp(0, size);
    let end = (from + limit).min(size);
    part(from, size, &file[from as usize..end as usize], ended)
}

pub fn part(from: i64, size: i64, bytes: &[u8], ended: bool) -> Value {
    json!({
        "part": {"from": from, "size": size, "file": "1f-2", "path": "/home/Zoë/out%.txt",
            "ended": ended, "replaced": false},
        "content": BASE64_STANDARD.encode(bytes),
    })
}
