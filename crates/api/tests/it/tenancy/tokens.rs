//! What a token must say of its bearer's organization.

use chrono::TimeDelta;
use jobbergate_api::permission::Permission;
use jobbergate_testkit::issuer::Issuer;
use serde_json::{Value, json};

use crate::{
    on_both,
    support::{Actor, TestApp, start_time},
};

fn missing(names: &[&str]) -> String {
    let lines = names.iter().enumerate().map(|(i, name)| format!("\n  {}: {name}", i + 1));
    format!(
        "Checked expressions failed: Access token does not contain{}",
        lines.collect::<String>()
    )
}

on_both! {
    async fn a_missing_organization_comes_after_the_permission_and_before_the_input(app: TenantApp) {
        let odd = json!({"name": 5});
        let path = "/job-script-templates";
        app.anonymous().post(path, odd.clone()).await.expect(401);
        let reader = app.somebody("a@example.com", None, &[Permission::JobTemplatesRead]).await;
        reader.post(path, odd.clone()).await.expect(403);
        let writer = app.somebody("a@example.com", None, &[Permission::JobTemplatesCreate]).await;
        let refused = writer.post(path, odd.clone()).await.expect(400);
        assert_eq!(refused.detail(), missing(&["organization_id"]));
        let organization = app.organization().await;
        organization.user("alice").await.post(path, odd).await.expect(422);
    }

    async fn all_that_is_missing_is_numbered(app: TenantApp) {
        let nameless = app.without_email(Permission::JobTemplatesCreate).await;
        let refused = nameless.post("/job-script-templates", json!({"name": "x"})).await;
        assert_eq!(refused.expect(400).detail(), missing(&["email", "organization_id"]));
        let user = app.user("alice").await;
        let agent = app.somebody("a@example.com", None, &[Permission::JobSubmissionsRead]).await;
        let refused = agent.get("/job-submissions/agent/pending").await.expect(400);
        assert_eq!(refused.detail(), missing(&["client_id", "organization_id"]));
        let refused = user.get("/job-scripts").await.expect(400);
        assert_eq!(refused.detail(), missing(&["organization_id"]));
    }

    async fn health_needs_no_organization_and_heartbeats_may_do_without(app: TenantApp) {
        app.anonymous().get("/health").await.expect(204);
        let agent = app.agent("lonely").await;
        agent.put("/clusters/status?interval=60", json!({})).await.expect(202);
        let all = [Permission::ClustersRead];
        let watcher = app.somebody("w@example.com", None, &all).await;
        let seen = watcher.get("/clusters/status").await.ok();
        assert_eq!(seen["items"][0]["client_id"], "lonely");
        let organization = app.organization().await;
        let ours = organization.agent("ours").await;
        ours.put("/clusters/status?interval=60", json!({})).await.expect(202);
        let seen = organization.administrator().await.get("/clusters/status").await.ok();
        assert_eq!((&seen["total"], &seen["items"][0]["client_id"]), (&json!(1), &json!("ours")));
        assert_eq!(watcher.get("/clusters/status").await.ok()["total"], 1);
    }

    async fn an_id_that_names_nothing_that_can_be_is_refused(app: TenantApp) {
        let long = "x".repeat(64);
        for id in ["", ".", "..", "../org-1", "a/b", "a\\b", "Org", "ä", "a b", "-x", "a\nb", &long] {
            let refused = app.unknown_organization(id).user("alice").await;
            let refused = refused.get("/job-scripts").await.expect(400).detail();
            assert!(refused.contains("organization's id must have"), "{id:?}: {refused}");
        }
        for id in ["postgres", "template0", "template1"] {
            let refused = app.unknown_organization(id).user("alice").await;
            let refused = refused.get("/job-scripts").await.expect(403).detail();
            assert_eq!(refused, format!("The organization {id} is not served: its name is reserved"));
        }
    }

    async fn an_agents_secret_gets_it_a_token_of_its_organization(app: TenantApp) {
        let organization = app.organization().await;
        let agent = organization.agent("cluster").await;
        agent.get("/job-submissions/agent/pending").await.ok();
        let clients = app.provider().clients().await.unwrap();
        assert_eq!(clients[0].organization.as_deref(), Some(organization.id.as_str()));
        app.clock.advance(TimeDelta::seconds(601));
        agent.get("/job-submissions/agent/pending").await.expect(401);
    }
}

/// Somebody whose token has this claim.
fn member(app: &TestApp, issuer: &Issuer, organization: &Value) -> Actor {
    let claims = json!({
        "sub": "s",
        "exp": start_time().timestamp() + 60,
        "email": "tester@lab.co",
        "permissions": ["jobbergate:admin"],
        "organization": organization,
    });
    app.bearer(&issuer.token(claims).unwrap())
}

#[tokio::test]
async fn both_shapes_of_the_claim_name_the_same_organization() {
    let issuer = Issuer::start().await.unwrap();
    let app = TestApp::configured(|config| {
        config.armasec_domain = Some(issuer.domain());
        config.armasec_use_https = false;
        config.tenancy.multi_tenancy_enabled = true;
    })
    .await;
    let old = member(&app, &issuer, &json!({"lab-1": {}}));
    let new = member(&app, &issuer, &json!({"The Lab": {"id": "lab-1"}}));
    old.has_script("shared", "echo").await;
    assert_eq!(new.get("/job-scripts").await.ok()["total"], 1);
    for nobody in [json!(null), json!("lab-1")] {
        let refused = member(&app, &issuer, &nobody).get("/job-scripts").await.expect(400);
        assert_eq!(refused.detail(), missing(&["organization_id"]));
    }
    member(&app, &issuer, &json!({"a": {}, "b": {}})).get("/job-scripts").await.expect(400);
}

#[tokio::test]
async fn without_separate_data_the_organization_does_not_matter() {
    let app = TestApp::on_sqlite().await;
    let issued = jobbergate_api::identity::UserToken {
        email: "a@example.com".to_owned(),
        permissions: Permission::ALL.to_vec(),
        client_id: None,
        lifetime: 60,
        organization: Some("Any Thing".to_owned()),
    };
    app.token_holder(&issued).await.has_script("shared", "echo").await;
    assert_eq!(app.user("bob").await.get("/job-scripts").await.ok()["total"], 1);
}
