//! Pictures of the first page, and of applications.

use std::{env, fs};

use chrono::TimeDelta;
use serde_json::json;

use super::{Album, INTO, Person};
use crate::{
    browser::applications::publish_some,
    identity::story::person,
    support::{Actor, TestApp},
};

const PAGE: (u32, u32) = (1240, 900);
const TALL: (u32, u32) = (360, 900);

/// Some that wait and some that ended.
async fn submit_some(app: &TestApp, own: &Actor) {
    let agent = app.agent("north").await;
    agent.put("/clusters/status?interval=600", json!(null)).await.expect(202);
    for (name, status, state) in [
        ("Plate, 512", "DONE", "COMPLETED"),
        ("Plate, 2048", "ABORTED", "OUT_OF_MEMORY"),
        ("Plate, 2048 on 8 nodes", "DONE", "COMPLETED"),
        ("Plate, 1024", "SUBMITTED", "RUNNING"),
        ("Plate, 4096", "SUBMITTED", "PENDING"),
    ] {
        let body =
            json!({"name": name, "job_script_id": 1, "client_id": "north", "slurm_job_id": 4711});
        let made = own.post("/job-submissions", body).await.created();
        let mut db = app.db().write().await.unwrap();
        let sql = "UPDATE job_submissions SET status = $1, slurm_job_state = $2, \
                   slurm_pending_reason = 'Resources' WHERE id = $3";
        let arguments = jobbergate_api::args![status, state, made["id"].as_i64().unwrap()];
        db.execute(sql, arguments).await.unwrap();
        db.commit().await.unwrap();
        app.clock.advance(TimeDelta::minutes(1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn applications_are_shown_in_the_documentation() {
    let Some(directory) = env::var_os(INTO) else { return };
    let album = Album { directory: directory.into() };
    fs::create_dir_all(&album.directory).unwrap();
    let app = TestApp::on_sqlite().await;
    let Some(alice) = Person::before(&app).await else { return };
    person(&app, "alice", &["admin"]).await;
    alice.logs_in("alice@example.com").await;
    shoot_all(&album, &alice, "first-visit", "/").await;
    publish_some(&app.user("alice").await).await;
    submit_some(&app, &app.user("alice").await).await;
    alice.open("/applications?q=heat").await;
    alice.click(super::By::Css(".star")).await;
    alice.find(".star[aria-pressed=true]").await;
    for (name, path) in
        [("home", "/"), ("applications", "/applications"), ("application", "/applications/heat-2d")]
    {
        shoot_all(&album, &alice, name, path).await;
    }
}

async fn shoot_all(album: &Album, person: &Person, name: &str, path: &str) {
    person.open(path).await;
    for (suffix, size, is_dark) in [
        ("", PAGE, false),
        ("-dark", PAGE, true),
        ("-narrow", TALL, false),
        ("-dark-narrow", TALL, true),
    ] {
        album.shoot(person, &format!("{name}{suffix}"), (size, is_dark)).await;
    }
}
