//! Tokens of a provider that was not written here.

use jobbergate_testkit::oidc_provider::OidcProvider;
use reqwest::Client;
use serde_json::{Value, json};

use crate::support::TestApp;

async fn access_token(provider: &OidcProvider, client: &str) -> String {
    let url = format!("http://{}/token", provider.authority);
    let form = [("grant_type", "client_credentials")];
    let request = Client::new().post(url).basic_auth(client, Some("secret")).form(&form);
    let answer: Value = request.send().await.unwrap().json().await.unwrap();
    answer["access_token"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

async fn trusting(provider: &OidcProvider) -> TestApp {
    let domain = provider.authority.clone();
    TestApp::configured(|config| {
        config.armasec_domain = Some(domain);
        config.armasec_use_https = false;
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_a_certified_provider_are_trusted_whichever_key_signs_them() {
    let permissions = ["jobbergate:job-scripts:read", "jobbergate:job-scripts:create"];
    let claims = json!({"email": "alice@example.com", "permissions": permissions});
    let provider = OidcProvider::start(claims).await.unwrap();
    let app = trusting(&provider).await;
    for client in ["RS256", "ES256"] {
        let alice = app.bearer(&access_token(&provider, client).await);
        let script = alice.post("/job-scripts", json!({"name": client})).await.created();
        assert_eq!(script["owner_email"], "alice@example.com");
        alice.get(&format!("/job-scripts/{}", script["id"])).await.ok();
        alice.get("/job-submissions").await.expect(403);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_of_a_certified_provider_is_known_by_its_client() {
    let permissions = ["jobbergate:clusters:update", "jobbergate:clusters:read"];
    let provider = OidcProvider::start(json!({"permissions": permissions})).await.unwrap();
    let app = trusting(&provider).await;
    let agent = app.bearer(&access_token(&provider, "RS256").await);
    agent.put("/clusters/status?interval=60", Value::Null).await.expect(202);
    let cluster = agent.get("/clusters/status/RS256").await.ok();
    assert_eq!(cluster["is_healthy"], true);

    let elsewhere = OidcProvider::start(json!({"permissions": permissions})).await.unwrap();
    let stranger = app.bearer(&access_token(&elsewhere, "RS256").await);
    stranger.get("/clusters/status").await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_and_audiences_of_two_certified_providers_are_told_apart() {
    let roles = json!({"roles": ["hpc-admins", "offline_access"]});
    let keycloak = json!({"email": "alice@example.com", "realm_access": roles});
    let keycloak = OidcProvider::start(keycloak).await.unwrap();
    let azure = json!({"upn": "bob@example.com", "groups": ["hpc-admins", "hpc-users"]});
    let azure = OidcProvider::start(azure).await.unwrap();
    let app = TestApp::configured(|config| {
        let issuers = json!([
            {"url": format!("http://{}", keycloak.authority), "roles": "hpc-admins=admin",
             "permissions_claim": "realm_access.roles", "audience": "urn:jobbergate"},
            {"url": format!("http://{}/", azure.authority), "roles": "hpc-users=user",
             "permissions_claim": "groups", "email_claim": "upn"},
        ]);
        config.oidc.oidc_issuers = Some(issuers.to_string().parse().unwrap());
    })
    .await;
    let alice = app.bearer(&access_token(&keycloak, "RS256").await);
    let bob = app.bearer(&access_token(&azure, "ES256").await);
    alice.post("/job-script-templates", json!({"name": "t"})).await.created();
    bob.post("/job-script-templates", json!({"name": "t"})).await.expect(403);
    let script = bob.post("/job-scripts", json!({"name": "s"})).await.created();
    assert_eq!(script["owner_email"], "bob@example.com");

    let elsewhere = TestApp::configured(|config| {
        config.armasec_domain = Some(keycloak.authority.clone());
        config.armasec_use_https = false;
        config.oidc.claims.oidc_audience = vec!["wiki".to_owned()];
    })
    .await;
    let token = access_token(&keycloak, "RS256").await;
    elsewhere.bearer(&token).get("/job-scripts").await.expect(401);
}
