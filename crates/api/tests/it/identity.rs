//! The built-in identity provider.

mod agents;
mod client_libraries;
mod code_flow;
mod device;
mod endpoints;
mod keys;
mod ldap;
mod links;
mod log_in;
mod log_out;
mod people;
mod personal_tokens;
mod refreshing;
mod requests;
pub(crate) mod sign_in_links;
pub mod story;
mod worth;

use chrono::TimeDelta;
use jobbergate_api::{identity::NewClient, permission::Permission};
use reqwest::Client;
use serde_json::{Value, json};

use crate::{
    on_both,
    support::{Answer, TestApp, random},
};

const TOKEN: &str = "protocol/openid-connect/token";

/// What the token endpoint answers to a form.
async fn post(app: &TestApp, form: &[(&str, &str)]) -> Answer {
    Answer::read(Client::new().post(app.realm(TOKEN)).form(form).send().await.unwrap()).await
}

async fn page(app: &TestApp, name: &str) -> Value {
    reqwest::get(app.realm(name)).await.unwrap().json().await.unwrap()
}

/// Registers a client that may read templates. Returns its secret.
async fn registered(app: &TestApp, client_id: &str) -> String {
    let permissions = vec![Permission::JobTemplatesRead];
    let client = NewClient { client_id: client_id.to_owned(), permissions, organization: None };
    app.provider().create_client(&client, &mut random()).await.unwrap().0
}

on_both! {
    async fn a_client_finds_its_way_from_the_discovery_document(app: TestApp) {
        let secret = registered(&app, "c").await;
        let document = page(&app, ".well-known/openid-configuration").await;
        assert!(document["issuer"].as_str().unwrap().ends_with("/realms/jobbergate"));
        let answer = app.token("c", &secret).await.expect(200);
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        let body = answer.json();
        assert_eq!((&body["token_type"], &body["expires_in"]), (&json!("Bearer"), &json!(600)));
        let token = body["access_token"].as_str().unwrap();
        let keys: jsonwebtoken::jwk::JwkSet =
            serde_json::from_value(page(&app, "protocol/openid-connect/certs").await).unwrap();
        let kid = jsonwebtoken::decode_header(token).unwrap().kid.unwrap();
        let key = jsonwebtoken::DecodingKey::from_jwk(keys.find(&kid).unwrap()).unwrap();
        let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::RS256);
        validation.validate_exp = false;
        validation.set_issuer(&[document["issuer"].as_str().unwrap()]);
        let claims: Value = jsonwebtoken::decode(token, &key, &validation).unwrap().claims;
        assert_eq!(claims["azp"], "c");
        assert_eq!(claims["permissions"], json!(["jobbergate:job-templates:read"]));
        app.bearer(token).get("/job-script-templates").await.ok();
        app.bearer(token).get("/job-scripts").await.expect(403);
    }

    async fn the_private_key_is_nobodys_business(app: TestApp) {
        registered(&app, "c").await;
        let keys = page(&app, "protocol/openid-connect/certs").await;
        let fields: Vec<_> = keys["keys"][0].as_object().unwrap().keys().cloned().collect();
        for private in ["d", "p", "q", "dp", "dq", "qi", "k"] {
            assert!(!fields.iter().any(|field| field == private), "{private}");
        }
        for public in ["alg", "e", "kid", "kty", "n"] {
            assert!(fields.iter().any(|field| field == public), "{public}");
        }
    }

    async fn the_secret_can_be_sent_in_a_header(app: TestApp) {
        let secret = registered(&app, "c").await;
        let request = Client::new()
            .post(app.realm(TOKEN))
            .basic_auth("c", Some(&secret))
            .form(&[("grant_type", "client_credentials")]);
        Answer::read(request.send().await.unwrap()).await.expect(200);
    }

    async fn an_id_in_a_header_is_encoded_as_in_a_form(app: TestApp) {
        let secret = registered(&app, "slurm@fjord").await;
        for id in ["slurm%40fjord", "slurm@fjord"] {
            let request = Client::new()
                .post(app.realm(TOKEN))
                .basic_auth(id, Some(&secret))
                .form(&[("grant_type", "client_credentials")]);
            Answer::read(request.send().await.unwrap()).await.expect(200);
        }
    }

    async fn a_wrong_secret_or_client_gets_nothing(app: TestApp) {
        let secret = registered(&app, "c").await;
        for (client, secret) in [("c", "wrong"), ("c", ""), ("other", secret.as_str()), ("c\0", "x"), ("c", "\0")] {
            let refused = app.token(client, secret).await.expect(401).json();
            let words = "Invalid client or Invalid client credentials";
            assert_eq!(refused, json!({"error": "invalid_client", "error_description": words}));
        }
        let refused = post(&app, &[("grant_type", "client_credentials")]).await.expect(400).json();
        assert_eq!(refused["error"], "invalid_request");
        for (grant, error) in [("password", "unsupported_grant_type"), ("", "invalid_request")] {
            let refused = post(&app, &[("grant_type", grant)]).await.expect(400).json();
            assert_eq!(refused["error"], error);
        }
    }

    async fn a_token_expires(app: TestApp) {
        let secret = registered(&app, "c").await;
        let body = app.token("c", &secret).await.ok();
        let client = app.bearer(body["access_token"].as_str().unwrap());
        app.clock.advance(TimeDelta::seconds(600));
        client.get("/job-script-templates").await.ok();
        app.clock.advance(TimeDelta::seconds(1));
        client.get("/job-script-templates").await.expect(401);
    }

    async fn another_secret_ends_the_old_one(app: TestApp) {
        let old = registered(&app, "c").await;
        let new = app.provider().rotate_client("c", &mut random()).await.unwrap().0;
        app.token("c", &old).await.expect(401);
        app.token("c", &new).await.expect(200);
        let missing = app.provider().rotate_client("nobody", &mut random()).await.unwrap_err();
        assert_eq!(missing.to_string(), "There is no client nobody");
    }

    async fn a_client_that_was_deleted_gets_nothing_and_can_be_registered_again(app: TestApp) {
        let secret = registered(&app, "c").await;
        app.provider().delete_client("c").await.unwrap();
        app.token("c", &secret).await.expect(401);
        assert_eq!(app.provider().clients().await.unwrap(), []);
        assert!(app.provider().delete_client("c").await.is_err());
        let again = registered(&app, "c").await;
        app.token("c", &again).await.expect(200);
    }

    async fn a_name_is_taken_once_and_is_plain(app: TestApp) {
        registered(&app, "c").await;
        let taken = [("c", 409), ("default", 409), ("jobbergate-cli", 409), ("jobbergate-web", 409)];
        let odd = [("", 422), ("a b", 422), ("ü", 422), ("a/b", 422)];
        for (client_id, status) in taken.into_iter().chain(odd) {
            let client = NewClient { client_id: client_id.to_owned(), permissions: Vec::new(), organization: None };
            let refused = app.provider().create_client(&client, &mut random()).await.unwrap_err();
            assert_eq!(refused.status(), status, "{client_id:?}: {refused}");
        }
    }

    async fn the_keys_outlive_the_server(app: TestApp) {
        let alice = app.user("alice").await;
        let url = app.provider().issuer().replace("/realms/jobbergate", "");
        let restarted = jobbergate_api::identity::Provider::new(app.db(), app.clock.clone(), &url);
        let key = restarted.signing_key().await.unwrap();
        assert_eq!(key.id, app.provider().signing_key().await.unwrap().id);
        alice.get("/job-scripts").await.ok();
    }

    async fn two_servers_that_start_at_once_agree_on_a_key(app: TestApp) {
        let providers: Vec<_> = (0..4)
            .map(|_| jobbergate_api::identity::Provider::new(app.db(), app.clock.clone(), "http://x"))
            .collect();
        let keys = futures::future::join_all(providers.iter().map(|p| p.signing_key())).await;
        let ids: Vec<_> = keys.into_iter().map(|key| key.unwrap().id).collect();
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    }
}
