//! The pages of submissions, in a browser that runs their scripts.

use std::time::{Duration, Instant};

use jobbergate_testkit::browser::thirtyfour::By;
use serde_json::{Value, json};

use super::Person;
use crate::{
    identity::story::person,
    job_submissions::metrics::uploads,
    portal::submission::agent::{keeps_answering, updates},
    support::{Actor, TestApp, start_time},
};

/// What a job writes who says how far it is.
pub fn log(steps: usize) -> Vec<u8> {
    let mut text =
        "\x1b[1mHeat equation\x1b[0m, grid 512 × 512, 8 tasks on node1 and node2\n".to_owned();
    text += "reading mesh   0 %\rreading mesh  57 %\rreading mesh 100 %\n";
    for step in 1..=steps {
        let residual = 1.0 / (step * step) as f64;
        text += &format!(
            "step {step:>5}   t = {:>7.3} s   residual \x1b[36m{residual:.3e}\x1b[0m\n",
            step as f64 * 0.025
        );
        if step % 40 == 3 {
            text += "\x1b[33mwarning\x1b[0m: cell 17 <b>cools</b> faster than its neighbours\n";
        }
    }
    text.into_bytes()
}

/// Half an hour of two nodes.
fn measured() -> Value {
    let begin = start_time().timestamp() - 1800;
    let sample = |n: i64, node: &str, phase: f64| {
        let at = n as f64;
        let cpu = 78.0 + 18.0 * (at / 5.0 + phase).sin() - if n < 4 { 50.0 } else { 0.0 };
        let memory =
            (2_200_000.0 + 900_000.0 * (1.0 - (-at / 12.0).exp()) + 90_000.0 * phase * 2.0) as i64;
        let written = if n % 10 == 9 { 180 } else { 4 };
        json!([
            begin + 30 * n,
            node,
            0,
            0,
            2.4e6,
            20.0,
            cpu,
            0,
            0.0,
            6,
            memory,
            if n < 6 { 90 } else { 1 },
            9,
            written
        ])
    };
    (0..60).flat_map(|n| [sample(n, "node1", 0.0), sample(n, "node2", 1.2)]).collect()
}

/// A job that runs, of which there is something to see: its submission.
pub async fn scene(alice: &Actor, agent: &Actor) -> i64 {
    let template = alice.has_template("heat-equation", &[("heat.sh.j2", "echo heat")]).await;
    let rendering = json!({
        "create_request": {"name": "heat-equation"},
        "render_request": {
            "template_output_name_mapping": {"heat.sh.j2": "heat.sh"}, "param_dict": {"data": {}},
        },
    });
    let path = format!("/job-scripts/render-from-template/{template}");
    let script = alice.post(&path, rendering).await.created()["id"].clone();
    let body = json!({
        "name": "Plate with cold edges", "job_script_id": script, "client_id": "c",
        "execution_directory": "/scratch/alice/plate", "sbatch_arguments": ["--partition=compute", "--nodes=2"],
    });
    let id = alice.post("/job-submissions", body).await.created()["id"].as_i64().unwrap();
    let body = json!({
        "id": id, "slurm_job_id": 4711, "slurm_job_state": "PENDING", "slurm_job_info": "{}",
        "slurm_pending_reason": "Resources",
    });
    agent.post("/job-submissions/agent/submitted", body).await.expect(202);
    runs(agent, id, "CONFIGURING").await;
    runs(agent, id, "RUNNING").await;
    uploads(agent, id, &measured()).await;
    id
}

async fn runs(agent: &Actor, id: i64, state: &str) {
    let info = json!({"partition": "compute", "nodes": "node[1-2]", "time_limit": "30:00"});
    let more = json!({"slurm_job_id": 4711, "slurm_job_info": info.to_string()});
    updates(agent, id, state, &more).await;
}

impl Person {
    /// Waits until a part of the page has these words; how long it took.
    async fn sees_in(&self, css: &str, words: &str) -> Duration {
        let began = Instant::now();
        let mut seen = String::new();
        while began.elapsed() < Duration::from_secs(15) {
            if let Ok(found) = self.browser.find(By::Css(css)).await {
                seen = found.text().await.unwrap_or_default();
            }
            if seen.contains(words) {
                return began.elapsed();
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{words:?} is not in {css}: {seen:?}")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_job_is_watched_until_it_ends() {
    let app = TestApp::on_sqlite().await;
    let Some(alice) = Person::before(&app).await else { return };
    person(&app, "alice", &["user"]).await;
    let (actor, agent) = (app.user("alice").await, app.agent("c").await);
    let id = scene(&actor, &agent).await;
    let answering = keeps_answering(&agent, log(400), false);
    alice.logs_in("alice@example.com").await;
    alice.open(&format!("/submissions/{id}")).await;
    alice.sees("Plate with cold edges").await;
    alice.sees_in("#output pre", "step   400").await;
    let output = alice.find("#output pre").await.text().await.unwrap();
    assert!(output.contains("reading mesh 100 %") && !output.contains("57 %"), "{output}");
    assert!(output.contains("<b>cools</b>") && !output.contains('\u{1b}'), "{output}");
    alice.find("#output pre .ansi-3").await;
    alice.find(".plots canvas").await;
    assert_eq!(alice.browser.find_all(By::Css(".plots canvas")).await.unwrap().len(), 3);

    alice.fill("output-find", "warning").await;
    alice.sees_in("#output-found", "10 found").await;
    alice.click(By::Css("[data-do=next]")).await;
    alice.sees_in("#output-found", "1 of 10").await;
    alice.click(By::Css("[data-do=wrap]")).await;
    alice.find("#output pre.wrap").await;
    alice.click(By::Css("[data-do=follow]")).await;
    alice.sees_in("#output-status", "Paused").await;

    let ended = Instant::now();
    ends_as(&agent, id, "COMPLETED").await;
    alice.sees_in("#now .state", "Done").await;
    assert!(ended.elapsed() < Duration::from_secs(4), "{:?}", ended.elapsed());
    alice.sees_in("#timeline", "Completed").await;
    answering.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_job_is_shown_to_everybody() {
    let app = TestApp::on_sqlite().await;
    let Some(alice) = Person::before(&app).await else { return };
    person(&app, "alice", &["user"]).await;
    let (actor, agent) = (app.user("alice").await, app.agent("c").await);
    let id = scene(&actor, &agent).await;
    let answering = keeps_answering(&agent, log(6), false);
    alice.logs_in("alice@example.com").await;
    alice.open(&format!("/submissions/{id}")).await;
    alice.sees_in("#output pre", "step     6").await;
    alice.find(".plots canvas").await;
    alice.finds_it_accessible("a running submission").await;
    ends_as(&agent, id, "COMPLETED").await;
    alice.sees_in("#now .state", "Done").await;
    alice.finds_it_accessible("a submission that has ended").await;
    answering.abort();
}

async fn ends_as(agent: &Actor, id: i64, state: &str) {
    updates(agent, id, state, &json!({"slurm_job_id": 4711})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_submission_of_which_there_is_nothing_yet() {
    let app = TestApp::on_sqlite().await;
    let Some(alice) = Person::before(&app).await else { return };
    person(&app, "alice", &["user"]).await;
    let (actor, _agent) = (app.user("alice").await, app.agent("c").await);
    let script = actor.has_script("s", "echo").await;
    let id = actor.has_submission(script, "c").await;
    alice.logs_in("alice@example.com").await;
    alice.open(&format!("/submissions/{id}")).await;
    alice.sees_in("#now", "It waits for the agent of cluster c").await;
    alice.sees_in("#metrics-status", "Nothing is measured before its job runs.").await;
    alice.sees_in("#output-status", "waits for its cluster and has no job").await;
    alice.finds_it_accessible("a new submission").await;
    alice.open(&format!("/submissions/{id}/output")).await;
    alice.finds_it_accessible("no output").await;
    alice.open(&format!("/submissions/{id}/metrics")).await;
    alice.finds_it_accessible("nothing measured").await;
    alice.open(&format!("/submissions/{id}/script")).await;
    alice.finds_it_accessible("a script").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn binary_output_is_said_to_be_that() {
    let app = TestApp::on_sqlite().await;
    let Some(alice) = Person::before(&app).await else { return };
    person(&app, "alice", &["user"]).await;
    let (actor, agent) = (app.user("alice").await, app.agent("c").await);
    let id = scene(&actor, &agent).await;
    let answering = keeps_answering(&agent, b"\x7fELF\0\0\0".to_vec(), false);
    alice.logs_in("alice@example.com").await;
    alice.open(&format!("/submissions/{id}")).await;
    alice.sees_in("#output-status", "is no text").await;
    answering.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_changes_while_one_looks_at_it() {
    let app = TestApp::on_sqlite().await;
    let Some(alice) = Person::before(&app).await else { return };
    person(&app, "alice", &["user"]).await;
    let (actor, agent) = (app.user("alice").await, app.agent("c").await);
    alice.logs_in("alice@example.com").await;
    alice.open("/submissions").await;
    alice.sees("Submissions").await;
    alice.finds_it_accessible("no submissions").await;
    let id = scene(&actor, &agent).await;
    let script = actor.has_script("s", "echo").await;
    let other = actor.has_submission(script, "c").await;
    alice.open("/submissions").await;
    alice.sees_in("table .standing .busy", "Running").await;
    alice.finds_it_accessible("submissions").await;
    assert!(other > id);
    ends_as(&agent, id, "FAILED").await;
    alice.sees_in("table .standing .bad", "Failed").await;
    alice.click(By::Css("#choose-all")).await;
    alice.sees_in("#chosen", "(2)").await;
}
