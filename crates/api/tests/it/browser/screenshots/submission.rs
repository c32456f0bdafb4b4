//! Pictures of submissions.

use std::{env, fs, time::Duration};

use serde_json::json;

use super::{Album, INTO, Person};
use crate::{
    browser::submission::{log, scene},
    identity::story::person,
    portal::submission::agent::keeps_answering,
    support::{Actor, TestApp},
};

const PAGE: (u32, u32) = (1240, 1330);
const TALL: (u32, u32) = (360, 1500);

async fn others(alice: &Actor, agent: &Actor) {
    let script = alice.has_script("mesh", "echo").await;
    for (job, (name, state)) in [
        ("Mesh, coarse", "COMPLETED"),
        ("Mesh, fine", "OUT_OF_MEMORY"),
        ("Plate, 200 points", "COMPLETED"),
        ("Plate, 400 points", "TIMEOUT"),
        ("Wing, Re 10 000", "PENDING"),
    ]
    .into_iter()
    .enumerate()
    {
        let body = json!({"name": name, "job_script_id": script, "client_id": "c"});
        let id = alice.post("/job-submissions", body).await.created()["id"].clone();
        let body = json!({
            "id": id, "slurm_job_id": 4000 + job, "slurm_job_state": "PENDING",
            "slurm_job_info": "{}", "slurm_pending_reason": "Priority",
        });
        agent.post("/job-submissions/agent/submitted", body).await.expect(202);
        if state != "PENDING" {
            let body = json!({
                "slurm_job_id": 4000 + job, "slurm_job_state": state, "slurm_job_info": "{}",
            });
            let path = format!("/job-submissions/agent/{id}");
            agent.put(&path, body).await.expect(202);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn submissions_are_shown_in_the_documentation() {
    let Some(directory) = env::var_os(INTO) else { return };
    let album = Album { directory: directory.into() };
    fs::create_dir_all(&album.directory).unwrap();
    let app = TestApp::on_sqlite().await;
    let Some(alice) = Person::before(&app).await else { return };
    person(&app, "alice", &["user"]).await;
    let (actor, agent) = (app.user("alice").await, app.agent("c").await);
    others(&actor, &agent).await;
    let id = scene(&actor, &agent).await;
    let answering = keeps_answering(&agent, log(400), false);
    alice.logs_in("alice@example.com").await;
    let pictures = [
        ("", PAGE, false),
        ("-dark", PAGE, true),
        ("-narrow", TALL, false),
        ("-dark-narrow", TALL, true),
    ];
    for (name, size, dark) in pictures {
        alice.resize(size).await;
        alice.browser.set_dark(dark).await.unwrap();
        alice.open(&format!("/submissions/{id}")).await;
        alice.find(".plots canvas").await;
        alice.find("#output pre .ansi-3").await;
        tokio::time::sleep(Duration::from_millis(600)).await;
        album.shoot(&alice, &format!("submission{name}"), (size, dark)).await;
    }
    for (name, size, dark) in [
        ("", (1240, 760), false),
        ("-dark", (1240, 760), true),
        ("-narrow", (360, 900), false),
        ("-dark-narrow", (360, 900), true),
    ] {
        alice.open("/submissions").await;
        alice.find("table .standing").await;
        album.shoot(&alice, &format!("submissions{name}"), (size, dark)).await;
    }
    answering.abort();
}
