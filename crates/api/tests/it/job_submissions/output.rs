//! `GET /job-submissions/{id}/output`, and what agents do for it

mod limits;
mod replicas;
mod unanswered;

use std::time::Duration;

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::{
    on_both,
    support::{Actor, Answer, TestApp, eventually},
};

const REQUESTS: &str = "/job-submissions/agent/output-requests";

/// A submission of somebody's that has job 7 on the cluster `c`.
async fn running(agent: &Actor, owner: &Actor) -> i64 {
    let script = owner.has_script("s", "echo").await;
    let id = owner.has_submission(script, "c").await;
    let body = json!({
        "id": id, "slurm_job_id": 7, "slurm_job_state": "RUNNING", "slurm_job_info": "{}",
    });
    agent.post("/job-submissions/agent/submitted", body).await.expect(202);
    id
}

/// Somebody who asks and waits for the answer.
fn asks(who: &Actor, id: i64, query: &str) -> JoinHandle<Answer> {
    let (who, path) = (who.clone(), format!("/job-submissions/{id}/output?{query}"));
    tokio::spawn(async move { who.get(&path).await })
}

/// Takes requests, once there are some.
async fn takes(agent: &Actor) -> Vec<Value> {
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

async fn answers(agent: &Actor, request: &Value, answer: Value) -> Answer {
    agent.put(&format!("{REQUESTS}/{}", request["id"].as_str().unwrap()), answer).await
}

fn part(from: i64, size: i64, bytes: &[u8]) -> Value {
    json!({
        "part": {"from": from, "size": size, "file": "1f-2", "path": "/home/Zoë/out%.txt",
            "ended": false, "replaced": false},
        "content": BASE64_STANDARD.encode(bytes),
    })
}

fn refusal(kind: &str) -> Value {
    json!({"refusal": {"kind": kind, "message": format!("It is {kind}.")}})
}

/// How many requests the database has.
async fn kept(app: &TestApp) -> u64 {
    let mut db = app.db().write().await.unwrap();
    let sql = "UPDATE agent_requests SET client_id = client_id";
    db.execute(sql, jobbergate_api::args![]).await.unwrap()
}

on_both! {
    async fn an_owner_reads_what_the_agent_reads_for_them(app: TestApp) {
        let (alice, agent) = (app.user("alice").await, app.agent("c").await);
        let id = running(&agent, &alice).await;
        let asked = asks(&alice, id, "stream=stderr&from=-100&limit=10&wait=5&task=3&file=ab");
        let requests = takes(&agent).await;
        let [request] = requests.as_slice() else { panic!("{requests:?}") };
        let expected = json!({"id": request["id"], "job_submission_id": id, "slurm_job_id": 7,
            "owner_email": "alice@example.com", "ended": false, "stream": "stderr", "from": -100,
            "limit": 10, "wait": 5, "task": 3, "file": "ab"});
        assert_eq!(*request, expected);
        answers(&agent, request, part(990, 1000, b"\xff\0<html>\r\n")).await.expect(202);
        let answer = asked.await.unwrap().expect(200);
        let header = |name: &str| answer.header(&format!("jobbergate-output-{name}")).unwrap();
        assert_eq!((header("from"), header("next"), header("size")), ("990", "1000", "1000"));
        assert_eq!((header("ended"), header("replaced"), header("file")), ("false", "false", "1f-2"));
        assert_eq!(header("path"), "/home/Zo%C3%AB/out%25.txt");
        assert_eq!(answer.header("content-type"), Some("application/octet-stream"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.header("content-length"), Some("10"));
        assert_eq!(kept(&app).await, 0, "nothing is kept");
    }

    async fn all_bytes_arrive_as_they_are(app: TestApp) {
        let (alice, agent) = (app.user("alice").await, app.agent("c").await);
        let id = running(&agent, &alice).await;
        let all: Vec<u8> = (0..1 << 20).map(|n: u32| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        let path = format!("/job-submissions/{id}/output?from=0&limit=1048576");
        let request = alice.request(reqwest::Method::GET, &path);
        let asked = tokio::spawn(async move { request.send().await.unwrap().bytes().await.unwrap() });
        answers(&agent, &takes(&agent).await[0], part(0, 1 << 21, &all)).await.expect(202);
        assert_eq!(asked.await.unwrap(), all);
    }

    async fn an_agent_that_waits_hears_of_it_at_once(app: TestApp) {
        let (alice, agent) = (app.user("alice").await, app.agent("c").await);
        let id = running(&agent, &alice).await;
        let other = app.agent("other").await;
        let changes = "/job-submissions/agent/changes";
        let known = agent.get(changes).await.ok()["cursor"].as_str().unwrap().to_owned();
        for _ in 0..3 {
            let (there, path) = (agent.clone(), format!("{changes}?cursor={known}&wait=30"));
            let waiting = tokio::spawn(async move { there.get(&path).await.ok() });
            let (there, path) = (other.clone(), format!("{changes}?cursor={known}&wait=1"));
            let others = tokio::spawn(async move { there.get(&path).await.ok() });
            assert!(eventually(async || app.app.long_polls.count() == 2).await);
            let asked = asks(&alice, id, "");
            let heard = tokio::time::timeout(Duration::from_secs(4), waiting).await;
            let heard = heard.expect("the agent was not woken").unwrap();
            assert_eq!(heard["requests"], true);
            assert_eq!((&heard["pending"], &heard["cancelled"]), (&json!(false), &json!(false)));
            assert_eq!(others.await.unwrap()["requests"], false, "it is no matter of theirs");
            // An agent that was away hears of it as well.
            let again = agent.get(&format!("{changes}?cursor={known}&wait=30")).await.ok();
            assert_eq!(again["requests"], true);
            answers(&agent, &takes(&agent).await[0], part(0, 1, b"x")).await.expect(202);
            assert_eq!(asked.await.unwrap().expect(200).text, "x");
            let quiet = agent.get(&format!("{changes}?cursor={known}&wait=0")).await.ok();
            assert_eq!(quiet["requests"], false);
        }
    }

    async fn each_request_is_given_to_one_agent_of_its_cluster_once(app: TestApp) {
        let (alice, agent) = (app.user("alice").await, app.agent("c").await);
        let id = running(&agent, &alice).await;
        let other = app.agent("other").await;
        let all: Vec<_> = (0..4).map(|n| asks(&alice, id, &format!("from={n}"))).collect();
        assert!(eventually(async || kept(&app).await == 4).await);
        assert_eq!(other.post(&format!("{REQUESTS}?most=64"), json!(null)).await.ok(), json!([]));
        let two = agent.post(&format!("{REQUESTS}?most=2"), json!(null)).await.ok();
        let two = two.as_array().unwrap().clone();
        let rest = takes(&agent).await;
        assert_eq!((two.len(), rest.len()), (2, 2));
        assert_eq!(agent.post(&format!("{REQUESTS}?most=64"), json!(null)).await.ok(), json!([]));
        answers(&other, &two[0], part(0, 1, b"!")).await.expect(404);
        for request in two.iter().chain(&rest) {
            let from = request["from"].as_i64().unwrap();
            answers(&agent, request, part(from, 9, from.to_string().as_bytes())).await.expect(202);
            // Some are delivered by now and gone.
            answers(&agent, request, part(from, 9, b"another")).await.expect(404);
        }
        for (n, asked) in all.into_iter().enumerate() {
            assert_eq!(asked.await.unwrap().expect(200).text, n.to_string());
        }
    }

    async fn output_is_its_owners_and_those_who_maintain_everything(app: TestApp) {
        let (alice, agent) = (app.user("alice").await, app.agent("c").await);
        let id = running(&agent, &alice).await;
        let path = format!("/job-submissions/{id}/output");
        app.anonymous().get(&path).await.expect(401);
        for stranger in [app.user("bob").await, agent.clone()] {
            let refused = stranger.get(&path).await.expect(403);
            assert_eq!(refused.detail(), "Mismatch on attribute(s): owner_email");
        }
        let asked = asks(&app.maintainer().await, id, "");
        answers(&agent, &takes(&agent).await[0], part(0, 1, b"x")).await.expect(202);
        assert_eq!(asked.await.unwrap().expect(200).text, "x");
        alice.get("/job-submissions/99/output").await.expect(404);
        // People are no agents.
        alice.post(&format!("{REQUESTS}?most=1"), json!(null)).await.expect(400);
    }

    async fn why_there_is_nothing_to_show_is_said_in_the_agents_words(app: TestApp) {
        let (alice, agent) = (app.user("alice").await, app.agent("c").await);
        let id = running(&agent, &alice).await;
        for (kind, status) in [
            ("not_yet", 409),
            ("not_there", 404),
            ("forbidden", 403),
            ("unsuitable", 422),
            ("no_answer", 504),
            ("busy", 503),
            ("switched_off", 501),
        ] {
            let asked = asks(&alice, id, "");
            answers(&agent, &takes(&agent).await[0], refusal(kind)).await.expect(202);
            assert_eq!(asked.await.unwrap().expect(status).detail(), format!("It is {kind}."));
        }
    }

    async fn an_answer_that_is_none_is_refused(app: TestApp) {
        let (alice, agent) = (app.user("alice").await, app.agent("c").await);
        let id = running(&agent, &alice).await;
        let asked = asks(&alice, id, "");
        let request = takes(&agent).await.remove(0);
        let mut both = part(0, 1, b"x");
        both["refusal"] = refusal("busy")["refusal"].clone();
        let mut garbled = part(0, 1, b"x");
        garbled["content"] = json!("%%%");
        for odd in [json!({}), both, garbled, refusal("tired"), part(-1, 1, b"x")] {
            answers(&agent, &request, odd).await.expect(422);
        }
        let mut long = part(0, 1, b"");
        long["content"] = BASE64_STANDARD.encode(vec![0; (1 << 20) + 3]).into();
        answers(&agent, &request, long).await.expect(422);
        answers(&agent, &request, part(0, 1, b"x")).await.expect(202);
        asked.await.unwrap().expect(200);
    }

    async fn a_submission_without_a_job_has_no_output(app: TestApp) {
        let (alice, agent) = (app.user("alice").await, app.agent("c").await);
        let script = alice.has_script("s", "echo").await;
        let id = alice.has_submission(script, "c").await;
        let early = alice.get(&format!("/job-submissions/{id}/output?wait=1")).await.expect(409);
        assert!(early.detail().contains("no output yet"), "{}", early.detail());
        let body = json!({"id": id, "report_message": "No."});
        agent.post("/job-submissions/agent/rejected", body).await.expect(202);
        let never = alice.get(&format!("/job-submissions/{id}/output")).await.expect(404);
        assert!(never.detail().contains("REJECTED"), "{}", never.detail());
    }

    async fn who_follows_from_the_submission_on_hears_of_the_job_when_it_is_there(app: TestApp) {
        let (alice, agent) = (app.user("alice").await, app.agent("c").await);
        let script = alice.has_script("s", "echo").await;
        let id = alice.has_submission(script, "c").await;
        let asked = asks(&alice, id, "wait=30");
        let body = json!({
            "id": id, "slurm_job_id": 7, "slurm_job_state": "PENDING", "slurm_job_info": "{}",
        });
        agent.post("/job-submissions/agent/submitted", body).await.expect(202);
        let request = takes(&agent).await.remove(0);
        assert!(request["wait"].as_i64().is_some_and(|wait| (20..=30).contains(&wait)), "{request}");
        answers(&agent, &request, part(0, 1, b"x")).await.expect(202);
        asked.await.unwrap().expect(200);
    }

    async fn an_agent_is_told_that_a_job_has_ended(app: TestApp) {
        let (alice, agent) = (app.user("alice").await, app.agent("c").await);
        let id = running(&agent, &alice).await;
        let body = json!({"slurm_job_id": 7, "slurm_job_state": "FAILED", "slurm_job_info": "{}"});
        agent.put(&format!("/job-submissions/agent/{id}"), body).await.expect(202);
        let asked = asks(&alice, id, "");
        let request = takes(&agent).await.remove(0);
        assert_eq!(request["ended"], true);
        let mut last = part(0, 1, b"x");
        last["part"]["ended"] = json!(true);
        answers(&agent, &request, last).await.expect(202);
        let answer = asked.await.unwrap().expect(200);
        assert_eq!(answer.header("jobbergate-output-ended"), Some("true"));
    }

    async fn who_goes_away_leaves_nothing_behind(app: TestApp) {
        let (alice, agent) = (app.user("alice").await, app.agent("c").await);
        let id = running(&agent, &alice).await;
        let asked = asks(&alice, id, "wait=30");
        let request = takes(&agent).await.remove(0);
        asked.abort();
        assert!(eventually(async || kept(&app).await == 0).await);
        answers(&agent, &request, part(0, 1, b"x")).await.expect(404);
        assert!(eventually(async || app.app.output_requests.count() == 0).await);
    }
}
