//! Administrators at work, and who looks at clusters.

use chrono::TimeDelta;
use jobbergate_testkit::browser::thirtyfour::By;
use serde_json::{Value, json};

use super::{Person, person::NARROW};
use crate::{identity::story::person as account, support::TestApp};

/// A server that has been in use for a while: people, agents, clusters.
pub async fn in_use(app: &TestApp) {
    account(app, "ada", &["admin"]).await;
    for (name, roles) in
        [("alice", &["user"][..]), ("bob", &["expert"]), ("carol", &["maintainer"]), ("dan", &[])]
    {
        account(app, name, roles).await;
    }
    let new = jobbergate_api::identity::NewUser {
        email: "eve@example.com".to_owned(),
        name: Some("Eve".to_owned()),
        roles: vec!["user".to_owned()],
        ..Default::default()
    };
    app.provider().create_user(&new, &mut crate::support::random()).await.unwrap();
    app.provider().disable_user("carol@example.com").await.unwrap();
    let permission = jobbergate_api::permission::Permission::JobScriptsRead;
    app.provider().create_role("reader", &[permission]).await.unwrap();
    let old = app.agent("old-cluster").await;
    old.put("/clusters/status?interval=60", Value::Null).await.expect(202);
    app.clock.advance(TimeDelta::minutes(42));
    let agent = app.agent("north").await;
    let heartbeat = "/clusters/status?interval=600&slurm_silent_seconds=2";
    agent.put(heartbeat, Value::Null).await.expect(202);
    agent.put("/clusters/facts", facts()).await.expect(202);
    agent
        .post("/job-submissions/agent/claims", json!({"instance": "login-1", "new": 0}))
        .await
        .ok();
}

fn facts() -> Value {
    let partition = |name: &str, is_default: bool, nodes: u64, more: Value| {
        let mut partition = json!({
            "name": name, "is_default": is_default, "is_hidden": false, "state": "UP",
            "node_names": format!("{name}[01-{nodes:02}]"), "total_nodes": nodes,
            "total_cpus": nodes * 96, "max_time_minutes": 2880, "default_time_minutes": 60,
            "min_nodes": null, "max_nodes": 8, "max_cpus_per_node": null,
            "max_memory_per_node_mb": 515_000, "max_memory_per_cpu_mb": null,
            "default_memory_per_node_mb": null, "default_memory_per_cpu_mb": 4000,
            "allowed_accounts": null, "denied_accounts": null, "allowed_groups": null,
            "allowed_qos": null, "denied_qos": null, "qos": null,
        });
        partition.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        partition
    };
    let nodes = |name: &str, state: &str, count: u64, used: u64| {
        json!({"state": state, "state_flags": [], "count": count, "partitions": [name], "cpus": 96,
               "memory_mb": 515_000, "features": [], "gres": [], "allocated_cpus": used,
               "allocated_memory_mb": 0})
    };
    json!({
        "agent_version": "0.1.0", "slurm_version": "24.05.3",
        "partitions": [
            partition("compute", true, 48, json!({})),
            partition("gpu", false, 6, json!({"max_nodes": 2, "allowed_accounts": ["physics", "ml"]})),
            partition("debug", false, 2, json!({"state": "DOWN", "max_time_minutes": 30})),
        ],
        "nodes": [
            nodes("compute", "ALLOCATED", 30, 2880), nodes("compute", "IDLE", 16, 0),
            nodes("compute", "DOWN", 2, 0), nodes("gpu", "MIXED", 6, 200), nodes("debug", "IDLE", 2, 0),
        ],
        "jobs": {"RUNNING": 117, "PENDING": 34, "COMPLETING": 2},
        "accounting": {
            "accounts": [{"name": "physics", "parent": "root"}, {"name": "ml", "parent": "root"}],
            "qos": [{"name": "normal", "priority": 10, "max_time_minutes": 2880,
                "max_jobs_per_user": 50, "max_submitted_per_user": 200,
                "max_resources_per_job": null, "max_resources_per_user": "cpu=960"}],
            "associations": [{"user": "alice", "account": "physics"}],
        },
        "remarks": [],
    })
}

/// All pages that there are here.
pub async fn pages(app: &TestApp) -> Vec<(&'static str, String)> {
    let alice = app.provider().user("alice@example.com").await.unwrap().id;
    vec![
        ("clusters", "/clusters".to_owned()),
        ("cluster", "/clusters/north".to_owned()),
        ("admin", "/admin".to_owned()),
        ("admin-people", "/admin/people".to_owned()),
        ("admin-person", format!("/admin/people/{alice}")),
        ("admin-roles", "/admin/roles".to_owned()),
        ("admin-agents", "/admin/agents".to_owned()),
        ("admin-agent", "/admin/agents/north".to_owned()),
        ("admin-organizations", "/admin/organizations".to_owned()),
        ("admin-settings", "/admin/settings".to_owned()),
        ("admin-doctor", "/admin/doctor".to_owned()),
        ("admin-outbox", "/admin/outbox".to_owned()),
        ("admin-cleaning", "/admin/cleaning".to_owned()),
        ("admin-keys", "/admin/keys".to_owned()),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_for_administrators_are_for_everybody() {
    let app = TestApp::on_sqlite().await;
    let Some(ada) = Person::before(&app).await else { return };
    in_use(&app).await;
    ada.logs_in("ada@example.com").await;
    for (name, path) in pages(&app).await {
        ada.open(&path).await;
        ada.finds_it_accessible(name).await;
    }
    ada.open("/admin/cleaning").await;
    ada.press("See what there is to do").await;
    ada.reads("What there is to do").await;
    ada.finds_it_accessible("what there is to clean").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ada_connects_a_cluster_and_invites_somebody_with_scripts() {
    let app = TestApp::on_sqlite().await;
    let Some(ada) = Person::before(&app).await else { return };
    account(&app, "ada", &["admin"]).await;
    ada.logs_in("ada@example.com").await;
    ada.open("/admin").await;
    ada.reads("The doctor").await;
    ada.open("/admin/agents").await;
    ada.press("Register it").await;
    ada.sees("demo-cluster").await;
    ada.reads("shown this once").await;
    assert!(ada.browser.find_all(By::Css("button.copy")).await.unwrap().len() >= 5);
    ada.click(By::Css("button.copy")).await;
    ada.finds_it_accessible("a new agent").await;
    ada.open("/admin/people").await;
    ada.fill("email", "bob@example.com").await;
    ada.press("Make the account").await;
    ada.sees("bob@example.com").await;
    ada.reads("/realms/jobbergate/password?link=").await;
    ada.finds_it_accessible("an invitation").await;
    ada.press("Delete the account").await;
    ada.sees("Delete the account of bob@example.com?").await;
    ada.finds_it_accessible("a question").await;
    ada.press("Delete the account").await;
    ada.sees("People").await;
    ada.fill("q", "ada").await;
    ada.reads("1 found").await;
    ada.resize(NARROW).await;
    ada.needs_no_scrolling_sideways("people").await;
}
