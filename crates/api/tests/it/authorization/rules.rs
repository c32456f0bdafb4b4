//! Where tokens say what they permit, and what a provider's names mean here.

use jobbergate_api::config::ServeConfig;
use jobbergate_testkit::issuer::Issuer;
use serde_json::{Value, json};

use crate::support::{Actor, TestApp};

/// A server that trusts this provider, with some settings.
async fn configured(issuer: &Issuer, change: impl FnOnce(&mut ServeConfig)) -> TestApp {
    TestApp::configured(|config| {
        config.armasec_domain = Some(issuer.domain());
        config.armasec_use_https = false;
        change(config);
    })
    .await
}

/// Somebody with a token of these claims.
fn bearer(app: &TestApp, issuer: &Issuer, claims: Value) -> Actor {
    let mut all = json!({"sub": "s", "email": "alice@lab.co", "azp": "cluster-1"});
    all.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
    app.bearer(&issuer.token(all).unwrap())
}

/// The status with which a list of scripts is answered to somebody with these claims.
async fn status(app: &TestApp, issuer: &Issuer, claims: Value) -> u16 {
    bearer(app, issuer, claims).get("/job-scripts").await.status.as_u16()
}

#[tokio::test]
async fn roles_of_a_client_or_a_realm_groups_and_scopes_permit_what_they_are_said_to() {
    let issuer = Issuer::start().await.unwrap();
    for (claim, user, stranger) in [
        (
            "resource_access.jobs.example.com.roles",
            json!({"resource_access": {"jobs.example.com": {"roles": ["hpc-users"]}}}),
            json!({"resource_access": {"account": {"roles": ["hpc-users"]}}}),
        ),
        (
            "realm_access.roles",
            json!({"realm_access": {"roles": ["offline_access", "hpc-users"]}}),
            json!({"realm_access": {"roles": ["offline_access"]}}),
        ),
        ("groups", json!({"groups": ["hpc-users"]}), json!({"groups": ["HPC-users", "user"]})),
        ("scope", json!({"scope": "openid hpc-users"}), json!({"scope": "openid"})),
        ("scp", json!({"scp": ["hpc-users"]}), json!({"scope": "hpc-users"})),
    ] {
        let app = configured(&issuer, |config| {
            config.oidc.claims.oidc_permissions_claim = Some(claim.parse().unwrap());
            config.oidc.claims.oidc_roles = Some("hpc-users=user;bosses=admin".parse().unwrap());
        })
        .await;
        let alice = bearer(&app, &issuer, user);
        let script = alice.post("/job-scripts", json!({"name": claim})).await.created();
        assert_eq!(script["owner_email"], "alice@lab.co");
        alice.post("/job-script-templates", json!({"name": "t"})).await.expect(403);
        assert_eq!(status(&app, &issuer, stranger).await, 403, "{claim}");
        for forged in [json!(["jobbergate:admin"]), json!(["admin"]), json!(["bosses"]), json!("x")]
        {
            let claims = json!({"permissions": forged});
            assert_eq!(status(&app, &issuer, claims).await, 403, "{claim}");
        }
    }
}

#[tokio::test]
async fn scopes_may_be_permissions_themselves() {
    let issuer = Issuer::start().await.unwrap();
    let app = configured(&issuer, |config| {
        config.oidc.claims.oidc_permissions_claim = Some("scope".parse().unwrap());
    })
    .await;
    let reader = bearer(&app, &issuer, json!({"scope": "openid jobbergate:job-scripts:read"}));
    reader.get("/job-scripts").await.ok();
    reader.post("/job-scripts", json!({"name": "x"})).await.expect(403);
    assert_eq!(status(&app, &issuer, json!({"scope": "openid"})).await, 403);
    assert_eq!(status(&app, &issuer, json!({})).await, 403);
}

#[tokio::test]
async fn an_agent_is_a_client_with_the_role_of_agents() {
    let issuer = Issuer::start().await.unwrap();
    let app = configured(&issuer, |config| {
        let claims = &mut config.oidc.claims;
        claims.oidc_permissions_claim = Some("groups".parse().unwrap());
        claims.oidc_roles = Some("clusters=agent".parse().unwrap());
        claims.oidc_client_id_claim = Some("cid".parse().unwrap());
        claims.oidc_email_claim = Some("preferred_username".parse().unwrap());
    })
    .await;
    let claims = json!({"groups": ["clusters"], "cid": "titan",
                        "preferred_username": "service-account-titan"});
    let agent = bearer(&app, &issuer, claims);
    agent.put("/clusters/status?interval=60", Value::Null).await.expect(202);
    agent.get("/clusters/status/titan").await.ok();
    agent.get("/job-submissions/agent/pending").await.ok();
    agent.post("/job-scripts", json!({"name": "x"})).await.expect(403);
}

#[tokio::test]
async fn people_may_be_named_in_another_claim() {
    let issuer = Issuer::start().await.unwrap();
    let app = configured(&issuer, |config| {
        config.oidc.claims.oidc_email_claim = Some("preferred_username".parse().unwrap());
    })
    .await;
    let may = json!(["jobbergate:job-scripts:read", "jobbergate:job-scripts:create"]);
    let bob = json!({"permissions": may, "preferred_username": "bob@LAB.co"});
    let script = bearer(&app, &issuer, bob).post("/job-scripts", json!({"name": "x"})).await;
    assert_eq!(script.created()["owner_email"], "bob@lab.co");
    let nobody = bearer(&app, &issuer, json!({"permissions": may}));
    nobody.post("/job-scripts", json!({"name": "x"})).await.expect(400);
    let odd = bearer(&app, &issuer, json!({"permissions": may, "preferred_username": "bob@"}));
    let words = odd.get("/job-scripts").await.expect(400).detail();
    assert!(words.contains("preferred_username claim"), "{words}");
}

#[tokio::test]
async fn a_token_for_others_is_refused_when_an_audience_is_set() {
    let issuer = Issuer::start().await.unwrap();
    let app = configured(&issuer, |config| {
        config.oidc.claims.oidc_audience = vec!["jobbergate".to_owned(), "api://jobs".to_owned()];
    })
    .await;
    let may = json!(["jobbergate:admin"]);
    for (aud, good) in [
        (json!("jobbergate"), 200),
        (json!("api://jobs"), 200),
        (json!(["account", "jobbergate"]), 200),
        (json!(["account"]), 401),
        (json!("jobbergate2"), 401),
        (json!([]), 401),
        (json!(null), 401),
    ] {
        let claims = json!({"permissions": may, "aud": aud});
        assert_eq!(status(&app, &issuer, claims.clone()).await, good, "{claims}");
    }
    assert_eq!(status(&app, &issuer, json!({"permissions": may})).await, 401);
}
