//! Servers to whose pages people sign in with an external provider.

use std::{collections::BTreeMap, ops::Deref};

use chrono::{TimeDelta, Utc};
use jobbergate_api::{config::ServeConfig, permission::Permission};
use jobbergate_testkit::{issuer::Issuer, oidc_provider::OidcProvider};
use serde_json::{Value, json};
use url::Url;

use super::{TestApp, database};

/// A server with a provider that was not written here; its clock goes with the machine's at first.
pub struct ProviderApp {
    server: TestApp,
    pub provider: OidcProvider,
}

/// A server with a provider that answers what a test says.
pub struct IssuerApp {
    server: TestApp,
    pub issuer: Issuer,
}

impl Deref for ProviderApp {
    type Target = TestApp;

    fn deref(&self) -> &TestApp {
        &self.server
    }
}

impl Deref for IssuerApp {
    type Target = TestApp;

    fn deref(&self) -> &TestApp {
        &self.server
    }
}

/// The names of all permissions that users have.
pub fn users_permissions() -> Vec<&'static str> {
    let all = Permission::ALL.into_iter().filter(|permission| permission.is_for_users());
    all.map(Permission::as_str).collect()
}

impl ProviderApp {
    pub async fn on_sqlite() -> Self {
        let provider = provider(json!({"permissions": users_permissions()})).await;
        let change = by_provider(&provider, "web", None);
        Self::of(TestApp::configured(change).await, provider).await
    }

    pub async fn on_postgres() -> Self {
        let provider = provider(json!({"permissions": users_permissions()})).await;
        let change = by_provider(&provider, "web", None);
        let server = TestApp::configured_on_database(database().await, change).await;
        Self::of(server, provider).await
    }

    /// On SQLite, with people whose tokens have these claims, and with some settings changed.
    pub async fn configured(claims: Value, change: impl FnOnce(&mut ServeConfig)) -> Self {
        let provider = provider(claims).await;
        let usual = by_provider(&provider, "web", None);
        let server = TestApp::configured(|config| {
            usual(config);
            change(config);
        });
        Self::of(server.await, provider).await
    }

    async fn of(server: TestApp, provider: OidcProvider) -> Self {
        // Its first answer takes seconds on a busy machine, more than the server waits for it.
        let url = format!("http://{}/.well-known/openid-configuration", provider.authority);
        reqwest::get(url).await.unwrap();
        server.clock.advance(Utc::now() - server.clock.now());
        Self { server, provider }
    }
}

async fn provider(claims: Value) -> OidcProvider {
    OidcProvider::start(claims).await.unwrap()
}

fn by_provider(
    provider: &OidcProvider,
    client: &str,
    secret: Option<&str>,
) -> impl FnOnce(&mut ServeConfig) + use<> {
    let (domain, client) = (provider.authority.clone(), client.to_owned());
    let secret = secret.map(str::to_owned);
    move |config| {
        config.armasec_domain = Some(domain);
        config.armasec_use_https = false;
        config.oidc.web_client.web_client_id = Some(client);
        config.oidc.web_client.web_client_secret = secret;
    }
}

/// A sign-in as the provider sees it.
pub struct Asked {
    pub address: Url,
    pub query: BTreeMap<String, String>,
}

impl Asked {
    pub fn of(location: &str) -> Self {
        let address = Url::parse(location).unwrap();
        let query = address.query_pairs().into_owned().collect();
        Self { address, query }
    }
}

impl IssuerApp {
    pub async fn on_sqlite() -> Self {
        Self::configured(|_| {}).await
    }

    pub async fn on_postgres() -> Self {
        let issuer = Issuer::start().await.unwrap();
        let change = by_issuer(&issuer);
        let server = TestApp::configured_on_database(database().await, change).await;
        Self { server, issuer }
    }

    /// On SQLite with some settings changed.
    pub async fn configured(change: impl FnOnce(&mut ServeConfig)) -> Self {
        let issuer = Issuer::start().await.unwrap();
        let usual = by_issuer(&issuer);
        let server = TestApp::configured(|config| {
            usual(config);
            change(config);
        });
        Self { server: server.await, issuer }
    }

    /// What the provider issues for alice, who began with this nonce: an access token that is good
    /// for five minutes by the server's clock, and a refresh token of this name.
    pub fn issued(&self, nonce: &str, refresh_token: &str) -> Value {
        self.issued_with(nonce, refresh_token, json!({}), json!({}))
    }

    /// The same with other claims in the access token and in the ID token.
    pub fn issued_with(&self, nonce: &str, refresh: &str, access: Value, id: Value) -> Value {
        let now = self.clock.now();
        let exp = (now + TimeDelta::minutes(5)).timestamp();
        let mut claims = json!({"sub": "alice", "email": "alice@example.com", "azp": "web", "exp": exp,
                                "permissions": users_permissions(), "jti": refresh});
        let mut about = json!({"sub": "alice", "name": "Alice", "aud": "web", "exp": exp,
                               "nonce": nonce});
        for (claims, others) in [(&mut claims, access), (&mut about, id)] {
            claims.as_object_mut().unwrap().extend(others.as_object().unwrap().clone());
        }
        json!({"access_token": self.issuer.token(claims).unwrap(), "token_type": "Bearer",
               "id_token": self.issuer.token(about).unwrap(), "expires_in": 300,
               "refresh_token": refresh})
    }
}

fn by_issuer(issuer: &Issuer) -> impl FnOnce(&mut ServeConfig) + use<> {
    let domain = issuer.domain();
    move |config| {
        config.armasec_domain = Some(domain);
        config.armasec_use_https = false;
        config.oidc.web_client.web_client_id = Some("web".to_owned());
    }
}
