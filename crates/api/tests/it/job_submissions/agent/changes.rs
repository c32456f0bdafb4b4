//! `GET /job-submissions/agent/changes`

mod organizations;
mod replicas;
mod stopping;

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::{
    on_both,
    support::{Actor, TestApp},
};

/// An answer within this time did not wait.
const AT_ONCE: Duration = Duration::from_secs(15);

async fn changes(agent: &Actor, cursor: &str, wait: u32) -> Value {
    agent.get(&format!("/job-submissions/agent/changes?cursor={cursor}&wait={wait}")).await.ok()
}

/// Where an agent that knows everything goes on.
async fn cursor(agent: &Actor) -> String {
    let answer = agent.get("/job-submissions/agent/changes").await.ok();
    assert_eq!((&answer["pending"], &answer["cancelled"]), (&json!(true), &json!(true)));
    answer["cursor"].as_str().unwrap().to_owned()
}

/// An agent that waits, which it is sure to do when this returns.
async fn waiting(app: &TestApp, agent: &Actor, cursor: &str) -> JoinHandle<Value> {
    let (agent, cursor) = (agent.clone(), cursor.to_owned());
    let before = app.app.long_polls.count();
    let waiting = tokio::spawn(async move { changes(&agent, &cursor, 30).await });
    while app.app.long_polls.count() == before {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    waiting
}

/// What an agent hears that waits; fails if it has to wait until the time is up.
async fn heard(waiting: JoinHandle<Value>) -> Value {
    tokio::time::timeout(AT_ONCE, waiting).await.expect("the agent was not woken").unwrap()
}

fn told(answer: &Value) -> (bool, bool) {
    (answer["pending"].as_bool().unwrap(), answer["cancelled"].as_bool().unwrap())
}

on_both! {
    async fn a_submission_wakes_its_agent_and_no_other(app: TestApp) {
        let (alice, agent) = (app.user("alice").await, app.agent("c").await);
        let other = app.agent("other").await;
        let script = alice.has_script("s", "echo").await;
        let ours = waiting(&app, &agent, &cursor(&agent).await).await;
        let others = waiting(&app, &other, &cursor(&other).await).await;
        alice.has_submission(script, "c").await;
        assert_eq!(told(&heard(ours).await), (true, false));
        assert!(!others.is_finished());
        alice.has_submission(script, "other").await;
        assert_eq!(told(&heard(others).await), (true, false));
    }

    async fn whatever_an_agent_has_to_do_wakes_it(app: TestApp) {
        let (alice, agent) = (app.user("alice").await, app.agent("c").await);
        let script = alice.has_script("s", "echo").await;
        alice.has_submission(script, "c").await;
        let known = cursor(&agent).await;
        let cancelling = waiting(&app, &agent, &known).await;
        alice.put("/job-submissions/cancel/1", json!(null)).await.ok();
        let cancelled = heard(cancelling).await;
        assert_eq!(told(&cancelled), (false, true));
        let cloning = waiting(&app, &agent, cancelled["cursor"].as_str().unwrap()).await;
        alice.post("/job-submissions/clone/1", json!(null)).await.created();
        let cloned = heard(cloning).await;
        assert_eq!(told(&cloned), (true, false));
        let reviving = waiting(&app, &agent, cloned["cursor"].as_str().unwrap()).await;
        alice.put("/job-submissions/1", json!({"status": "CREATED"})).await.ok();
        assert_eq!(told(&heard(reviving).await), (true, false));
    }

    async fn what_happened_while_nobody_waited_is_told_at_once(app: TestApp) {
        let (alice, agent) = (app.user("alice").await, app.agent("c").await);
        let script = alice.has_script("s", "echo").await;
        let known = cursor(&agent).await;
        for _ in 0..3 {
            alice.has_submission(script, "c").await;
        }
        alice.put("/job-submissions/cancel/1", json!(null)).await.ok();
        let begin = Instant::now();
        let answer = changes(&agent, &known, 30).await;
        assert_eq!(told(&answer), (true, true));
        assert!(begin.elapsed() < AT_ONCE);
        let nothing = changes(&agent, answer["cursor"].as_str().unwrap(), 0).await;
        assert_eq!((told(&nothing), &nothing["cursor"]), ((false, false), &answer["cursor"]));
    }

    async fn an_agents_own_reports_do_not_wake_it(app: TestApp) {
        let (alice, agent) = (app.user("alice").await, app.agent("c").await);
        let script = alice.has_script("s", "echo").await;
        alice.has_submission(script, "c").await;
        let known = cursor(&agent).await;
        let waiting = waiting(&app, &agent, &known).await;
        let body = json!({
            "id": 1, "slurm_job_id": 7, "slurm_job_state": "PENDING", "slurm_job_info": "{}",
        });
        agent.post("/job-submissions/agent/submitted", body).await.expect(202);
        let body = json!({"slurm_job_id": 7, "slurm_job_state": "FAILED", "slurm_job_info": "{}"});
        agent.put("/job-submissions/agent/1", body).await.expect(202);
        assert_eq!(told(&changes(&agent, &known, 1).await), (false, false));
        assert!(!waiting.is_finished());
    }

    async fn a_cursor_that_is_not_known_is_answered_at_once(app: TestApp) {
        let agent = app.agent("c").await;
        for odd in ["", "what", "1.2", "9.9.9.9.9.9.9.9", "-1.0.0.0.0.0.0.0"] {
            assert_eq!(told(&changes(&agent, odd, 30).await), (true, true), "{odd}");
        }
        for odd in ["wait=31", "wait=-1", "wait=soon"] {
            let path = format!("/job-submissions/agent/changes?{odd}");
            agent.get(&path).await.expect(422);
        }
    }

    async fn it_is_for_agents(app: TestApp) {
        let path = "/job-submissions/agent/changes";
        app.anonymous().get(path).await.expect(401);
        let refused = app.user("alice").await.get(path).await.expect(400);
        assert!(refused.detail().contains("client_id"), "{refused:?}");
    }

    async fn one_agent_leaves_places_for_others(app: TestApp) {
        let (agent, other) = (app.agent("c").await, app.agent("other").await);
        let known = cursor(&agent).await;
        let mut all = Vec::new();
        for _ in 0..16 {
            all.push(waiting(&app, &agent, &known).await);
        }
        let path = format!("/job-submissions/agent/changes?cursor={known}");
        let refused = agent.get(&path).await.expect(429);
        assert_eq!(refused.header("retry-after"), Some("5"));
        assert_eq!(told(&changes(&other, &cursor(&other).await, 0).await), (false, false));
        for waiting in all {
            waiting.abort();
        }
        let leaves = async || app.app.long_polls.count() == 0;
        assert!(crate::support::eventually(leaves).await, "who went away waits no more");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_wait_take_no_connection_from_those_who_work() {
    let app = TestApp::configured(|config| config.memory.max_connections = 2).await;
    let (alice, agents) = (app.user("alice").await, ["a", "b", "c", "d"]);
    let mut all = Vec::new();
    for name in agents {
        let agent = app.agent(name).await;
        all.push(waiting(&app, &agent, &cursor(&agent).await).await);
    }
    let begin = Instant::now();
    alice.get("/job-scripts").await.ok();
    // A connection that finds no place waits for one for 10 seconds.
    assert!(begin.elapsed() < Duration::from_secs(5));
    assert!(all.iter().all(|waiting| !waiting.is_finished()));
}
