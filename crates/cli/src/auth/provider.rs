//! What is asked of the identity provider, whose endpoints are where Keycloak has them.

use std::{sync::Arc, time::Duration};

use jobbergate_client::Secret;
use reqwest::StatusCode;
use serde::Deserialize;

use crate::{
    failure::{Failure, Result},
    log::Log,
    settings::Settings,
};

const TITLE: &str = "Authentication error";
/// How long the provider may take to answer.
const DEADLINE: Duration = Duration::from_secs(5);
const NO_ANSWER: &str = "The identity provider did not answer";
/// The longest answer that is read, in bytes.
const LONGEST_ANSWER: usize = 1 << 20;

/// The provider, as one client of it.
#[derive(Debug)]
pub struct Provider {
    http: reqwest::Client,
    log: Arc<Log>,
    base: String,
    client_id: String,
    client_secret: Option<Secret>,
}

/// Tokens, as they are received.
#[derive(Deserialize)]
pub struct Tokens {
    /// For the server.
    pub access_token: String,
    /// To get another.
    pub refresh_token: Option<String>,
}

/// What a person needs to let a program in.
#[derive(Deserialize)]
pub struct Device {
    /// What to ask with.
    pub device_code: String,
    /// Where the person says yes.
    pub verification_uri_complete: String,
    /// Seconds between questions.
    #[serde(default = "usual_interval")]
    pub interval: u64,
    /// Seconds until it is too late.
    pub expires_in: u64,
}

const fn usual_interval() -> u64 {
    5
}

/// What the provider says when it gives nothing.
#[derive(Debug)]
pub struct Refusal {
    /// The status of the answer.
    pub status: StatusCode,
    /// OAuth's word for it, if there is one.
    pub error: Option<String>,
    words: String,
}

#[derive(Deserialize)]
struct OAuthError {
    error: String,
    error_description: Option<String>,
}

/// What was asked for, or why there is none.
type Answer<T> = std::result::Result<T, Refusal>;

/// Why there is no answer that could be understood.
pub enum Trouble {
    /// Nothing came, which may be for the moment.
    Away(Failure),
    /// What came is none.
    Wrong(Failure),
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Away(failure) | Trouble::Wrong(failure) => failure,
        }
    }
}

type Asked<T> = std::result::Result<Answer<T>, Trouble>;

impl Provider {
    /// As the settings have it.
    ///
    /// # Errors
    /// When they name no provider or client.
    pub fn new(settings: &Settings, http: reqwest::Client, log: Arc<Log>) -> Result<Self> {
        let domain = settings.oidc_domain.trim().trim_end_matches('/');
        if domain.is_empty() || settings.oidc_client_id.is_empty() {
            return Err(Failure::new(
                // As the Python command line spells it here, and nowhere else.
                "Configuration error",
                "OIDC_DOMAIN and OIDC_CLIENT_ID must not be empty: they say where to log in",
            ));
        }
        let scheme = if settings.oidc_use_https { "https" } else { "http" };
        let base = format!("{scheme}://{domain}/protocol/openid-connect");
        if let Err(error) = url::Url::parse(&base) {
            let text = format!("OIDC_DOMAIN is {domain:?}, which makes no address: {error}");
            return Err(Failure::new("Configuration Error", text));
        }
        let client_secret = settings.oidc_client_secret.clone();
        Ok(Self { http, log, base, client_id: settings.oidc_client_id.clone(), client_secret })
    }

    /// Whether it gives tokens to the client itself.
    pub fn has_client_secret(&self) -> bool {
        self.client_secret.is_some()
    }

    /// Another token for a refresh token.
    ///
    /// # Errors
    /// When the provider can't be asked.
    pub async fn refresh(&self, refresh_token: &str) -> Result<Answer<Tokens>> {
        let form = [("grant_type", "refresh_token"), ("refresh_token", refresh_token)];
        Ok(self.tokens(&form).await?)
    }

    /// A token for the client itself.
    ///
    /// # Errors
    /// When the provider can't be asked.
    pub async fn client_credentials(&self) -> Result<Answer<Tokens>> {
        let secret = self.client_secret.as_ref().map(Secret::reveal).unwrap_or_default();
        let form = [("client_secret", secret), ("grant_type", "client_credentials")];
        Ok(self.tokens(&form).await?)
    }

    /// Begins to let a person in.
    ///
    /// # Errors
    /// When the provider can't be asked.
    pub async fn begin_device(&self, code_challenge: &str) -> Result<Answer<Device>> {
        let form = [
            ("client_id", self.client_id.as_str()),
            ("grant_type", "client_credentials"),
            ("code_challenge", code_challenge),
            ("code_challenge_method", "S256"),
        ];
        Ok(self.ask("auth/device", &form).await?)
    }

    /// Asks whether the person said yes.
    ///
    /// # Errors
    /// When the provider can't be asked.
    pub async fn device_tokens(&self, code: &str, verifier: &str) -> Asked<Tokens> {
        self.tokens(&[
            ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
            ("device_code", code),
            ("code_verifier", verifier),
        ])
        .await
    }

    /// Where a person logs in with a browser, which then comes back to `redirect_uri`.
    ///
    /// # Errors
    /// When that makes no address.
    pub fn authorization_link(
        &self,
        redirect_uri: &str,
        state: &str,
        code_challenge: &str,
    ) -> Result<String> {
        let query = [
            ("response_type", "code"),
            ("client_id", self.client_id.as_str()),
            ("redirect_uri", redirect_uri),
            ("scope", "openid"),
            ("state", state),
            ("code_challenge", code_challenge),
            ("code_challenge_method", "S256"),
        ];
        let link = url::Url::parse_with_params(&format!("{}/auth", self.base), query);
        link.map(String::from).map_err(|error| Failure::new(TITLE, error.to_string()))
    }

    /// The tokens that a code is worth, which came to `redirect_uri`.
    ///
    /// # Errors
    /// When the provider can't be asked.
    pub async fn code_tokens(
        &self,
        code: &str,
        redirect_uri: &str,
        verifier: &str,
    ) -> Result<Answer<Tokens>> {
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", redirect_uri),
            ("code_verifier", verifier),
        ];
        // A client that has one is not believed without.
        form.extend(self.client_secret.as_ref().map(|secret| ("client_secret", secret.reveal())));
        Ok(self.tokens(&form).await?)
    }

    async fn tokens(&self, form: &[(&str, &str)]) -> Asked<Tokens> {
        let mut all = vec![("client_id", self.client_id.as_str())];
        all.extend(form);
        self.ask("token", &all).await
    }

    async fn ask<T: for<'de> Deserialize<'de>>(
        &self,
        endpoint: &str,
        form: &[(&str, &str)],
    ) -> Asked<T> {
        let url = format!("{}/{endpoint}", self.base);
        let unanswered = |why: &str| {
            let text = format!(
                "{NO_ANSWER} -- {url}: {why} -- Please check OIDC_DOMAIN, OIDC_USE_HTTPS and the \
                 network"
            );
            Trouble::Away(Failure::new(TITLE, text))
        };
        let unreachable = |error: reqwest::Error| {
            self.log.write(&format!("POST {url}: no answer"));
            unanswered(&causes(&error.without_url()))
        };
        let wrong = |text: String| Trouble::Wrong(Failure::new(TITLE, text));
        let sent = self.http.post(&url).form(form).timeout(DEADLINE).send().await;
        let mut response = sent.map_err(unreachable)?;
        let status = response.status();
        self.log.write(&format!("POST {url}: {status}"));
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
            body.extend_from_slice(&chunk);
            if body.len() > LONGEST_ANSWER {
                return Err(wrong(format!("{url}: the answer has no end")));
            }
        }
        if status.is_server_error() {
            return Err(unanswered(&status.to_string()));
        }
        if status != StatusCode::OK {
            return Ok(Err(Refusal::read(status, &body)));
        }
        serde_json::from_slice(&body)
            .map(Ok)
            .map_err(|error| wrong(format!("{url}: the answer is not what is needed: {error}")))
    }
}

impl Refusal {
    fn read(status: StatusCode, body: &[u8]) -> Self {
        let read = serde_json::from_slice::<OAuthError>(body).ok();
        let words = read.as_ref().map_or_else(
            || format!("{status}"),
            |read| match &read.error_description {
                Some(description) => format!("{}: {description}", read.error),
                None => read.error.clone(),
            },
        );
        Self { status, error: read.map(|read| read.error), words }
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.words)
    }
}

/// Whether this is said because the provider is not there for the moment.
pub fn is_unanswered(text: &str) -> bool {
    text.starts_with(NO_ANSWER)
}

/// An error with all its causes.
pub fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
