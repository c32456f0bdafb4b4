//! Numbers and instants at and beyond every limit: no answer is a fault of the server.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    on_both,
    support::{Actor, TestApp, in_url},
};

const NUMBERS: &[&str] = &[
    "0",
    "-1",
    "-0",
    "+1",
    "1_0",
    "1.0",
    "1.5",
    "1e3",
    "2147483647",
    "2147483648",
    "-2147483648",
    "-2147483649",
    "4294967296",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "-9223372036854775809",
    "99999999999999999999999999",
    "nan",
    "inf",
    "",
    "0x10",
    "١",
];

async fn refused_at_most(actor: &Actor, method: Method, path: &str, body: Option<&Value>) {
    let mut request = actor.request(method.clone(), path);
    if let Some(body) = body {
        request = request.json(body);
    }
    let answer = actor.send(request).await;
    assert!(answer.status.as_u16() < 500, "{method} {path} {body:?}: {answer:?}");
}

async fn with_a_submission(app: &TestApp) -> (Actor, Actor) {
    let (alice, agent) = (app.user("alice").await, app.agent("c").await);
    alice.has_script("s", "echo").await;
    alice.has_submission(1, "c").await;
    (alice, agent)
}

fn values() -> Vec<Value> {
    let numbers = NUMBERS.iter().filter_map(|text| serde_json::from_str(text).ok());
    let others = [json!(null), json!(true), json!([1]), json!({}), json!(1e300), json!(u64::MAX)];
    numbers.chain(NUMBERS.iter().map(|text| json!(text))).chain(others).collect()
}

on_both! {
    async fn in_paths(app: TestApp) {
        let (alice, agent) = with_a_submission(&app).await;
        for number in NUMBERS {
            let id = in_url(number);
            for path in [
                format!("/job-submissions/{id}"),
                format!("/job-submissions/{id}/progress"),
                format!("/job-submissions/{id}/metrics"),
                format!("/job-submissions/{id}/metrics/timestamps"),
                format!("/job-submissions/agent/metrics/{id}"),
            ] {
                refused_at_most(&alice, Method::GET, &path, None).await;
            }
            let one = format!("/job-submissions/{id}");
            refused_at_most(&alice, Method::PUT, &one, Some(&json!({"name": "x"}))).await;
            let path = format!("/job-submissions/cancel/{id}");
            refused_at_most(&alice, Method::PUT, &path, None).await;
            let path = format!("/job-submissions/clone/{id}");
            refused_at_most(&alice, Method::POST, &path, None).await;
            let body = json!({"slurm_job_state": "RUNNING", "slurm_job_info": ""});
            let path = format!("/job-submissions/agent/{id}");
            refused_at_most(&agent, Method::PUT, &path, Some(&body)).await;
            refused_at_most(&alice, Method::DELETE, &one, None).await;
        }
    }

    async fn in_queries(app: TestApp) {
        let (alice, agent) = with_a_submission(&app).await;
        for number in NUMBERS {
            let value = in_url(number);
            for (lists, names) in [
                (&["/job-submissions"][..], &["page", "size", "from_job_script_id", "slurm_job_ids", "submit_status", "sort_ascending"][..]),
                (&["/job-submissions/1/progress"], &["page", "size", "sort_ascending"]),
                (&["/job-submissions/1/metrics"], &["start_time", "end_time", "sample_rate", "node"]),
            ] {
                for (list, name) in lists.iter().flat_map(|list| names.iter().map(move |name| (list, name))) {
                    refused_at_most(&alice, Method::GET, &format!("{list}?{name}={value}"), None).await;
                }
            }
            for list in ["pending", "active"] {
                let path = format!("/job-submissions/agent/{list}?page={value}");
                refused_at_most(&agent, Method::GET, &path, None).await;
            }
        }
        let many = vec!["7"; 30_000].join(",");
        let path = format!("/job-submissions?slurm_job_ids={many}");
        refused_at_most(&alice, Method::GET, &path, None).await;
    }

    async fn in_bodies(app: TestApp) {
        let (alice, agent) = with_a_submission(&app).await;
        for value in values() {
            for field in ["job_script_id", "slurm_job_id"] {
                let mut body = json!({"name": "x", "job_script_id": 1, "client_id": "c"});
                body[field] = value.clone();
                refused_at_most(&alice, Method::POST, "/job-submissions", Some(&body)).await;
            }
            for field in ["id", "slurm_job_id"] {
                let mut body = json!({
                    "id": 1, "slurm_job_id": 1, "slurm_job_state": "RUNNING", "slurm_job_info": "",
                });
                body[field] = value.clone();
                let path = "/job-submissions/agent/submitted";
                refused_at_most(&agent, Method::POST, path, Some(&body)).await;
                refused_at_most(&agent, Method::PUT, "/job-submissions/agent/1", Some(&body)).await;
            }
            let body = json!({"id": value, "report_message": "no"});
            refused_at_most(&agent, Method::POST, "/job-submissions/agent/rejected", Some(&body)).await;
        }
    }
}
