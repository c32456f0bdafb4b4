//! What is asked of the provider's token endpoint, and its answers (RFC 6749 §4.1.3, §5 and §6).

use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::{StatusCode, header};
use serde::{Deserialize, de::DeserializeOwned};
use url::form_urlencoded::byte_serialize;

use super::{RelyingParty, provider::Needed};
use crate::{
    auth::{Known, read_limited},
    error::{Error, Result},
};

/// How much is shown of what a provider says, in characters.
const SHOWN: usize = 500;

/// What a provider issues.
#[derive(Deserialize)]
pub(super) struct Issued {
    pub(super) access_token: String,
    pub(super) refresh_token: Option<String>,
    pub(super) id_token: Option<String>,
    /// For how many seconds the access token is good.
    #[serde(default)]
    pub(super) expires_in: Option<f64>,
}

/// Why nothing was issued.
#[derive(Debug)]
pub(super) enum NotIssued {
    /// The provider refuses: the code or the refresh token is good no more.
    Refused(String),
    /// It refuses this server, whoever signs in; the log says why.
    NotUs,
    /// It does not answer as it should; the log says why.
    Away,
}

#[derive(Debug, Deserialize)]
struct OAuthError {
    error: String,
    #[serde(default)]
    error_description: Option<String>,
}

impl RelyingParty {
    pub(super) async fn redeem(&self, code: &str, verifier: &str) -> Result<Issued, NotIssued> {
        let redirect_uri = self.redirect_uri();
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &redirect_uri),
            ("code_verifier", verifier),
        ];
        self.ask(&form).await
    }

    pub(super) async fn refresh_tokens(&self, refresh_token: &str) -> Result<Issued, NotIssued> {
        self.ask(&[("grant_type", "refresh_token"), ("refresh_token", refresh_token)]).await
    }

    /// Tells the provider that a refresh token is of no use any more (RFC 7009), if it wants to know.
    pub(super) async fn revoke(&self, refresh_token: &str) {
        let Ok(known) = self.known().await else { return };
        let address = known.endpoints.revocation_endpoint.as_deref();
        let Some(url) = address.and_then(|address| self.usable(address)) else { return };
        let form = [("token", refresh_token), ("token_type_hint", "refresh_token")];
        let sent = self.authenticated(&known, self.http.post(url), &form).send().await;
        if let Err(error) = sent.and_then(reqwest::Response::error_for_status) {
            tracing::debug!(%error, "a refresh token was not revoked");
        }
    }

    async fn ask(&self, form: &[(&str, &str)]) -> Result<Issued, NotIssued> {
        let known = self.known().await.map_err(|_| NotIssued::Away)?;
        let url = self.endpoint(&known, Needed::Token).map_err(|_| NotIssued::Away)?;
        let request = self.authenticated(&known, self.http.post(url.clone()), form);
        let asked = async {
            let response = request.send().await?;
            Ok((response.status(), read_limited(response, url.as_str()).await?))
        };
        let (status, body) = asked.await.map_err(|error: crate::auth::FetchError| {
            tracing::warn!(%url, %error, "the identity provider gives no tokens");
            NotIssued::Away
        })?;
        if status.is_success() {
            return parse(&body).ok_or_else(|| {
                tracing::warn!(%url, "what the identity provider answers has no access token");
                NotIssued::Away
            });
        }
        Err(self.refused(status, parse(&body)))
    }

    fn refused(&self, status: StatusCode, said: Option<OAuthError>) -> NotIssued {
        let (issuer, client_id) = (self.issuer.url(), &self.client.id);
        let Some(OAuthError { error, error_description }) =
            said.filter(|_| status.is_client_error())
        else {
            tracing::warn!(issuer, %status, "the identity provider gives no tokens");
            return NotIssued::Away;
        };
        let said: String = error_description.unwrap_or_default().chars().take(SHOWN).collect();
        match error.as_str() {
            "invalid_client" | "unauthorized_client" | "unsupported_grant_type" => {
                tracing::warn!(
                    issuer,
                    client_id,
                    error,
                    said,
                    "the identity provider refuses this server; check JOBBERGATE_WEB_CLIENT_ID and JOBBERGATE_WEB_CLIENT_SECRET"
                );
                NotIssued::NotUs
            }
            "temporarily_unavailable" | "server_error" | "slow_down" => {
                tracing::warn!(issuer, error, said, "the identity provider gives no tokens");
                NotIssued::Away
            }
            _ => {
                tracing::info!(issuer, error, said, "the identity provider refuses to give tokens");
                NotIssued::Refused(if said.is_empty() { error } else { said })
            }
        }
    }

    /// A request of this server's own (§2.3): with its secret in the header, as all providers must
    /// understand, or in the body where one wants that.
    fn authenticated(
        &self,
        known: &Known,
        request: reqwest::RequestBuilder,
        form: &[(&str, &str)],
    ) -> reqwest::RequestBuilder {
        let request = request.header(header::ACCEPT, "application/json");
        let mut form = form.to_vec();
        let methods = known.endpoints.token_endpoint_auth_methods_supported.as_deref();
        let basic = methods.is_none_or(|all| all.iter().any(|it| it == "client_secret_basic"));
        let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
        match &self.client.secret {
            Some(secret) if basic => {
                let pair = format!("{}:{}", encoded(&self.client.id), encoded(secret));
                let value = format!("Basic {}", STANDARD.encode(pair));
                return request.header(header::AUTHORIZATION, value).form(&form);
            }
            Some(secret) => form.push(("client_secret", secret)),
            None => {}
        }
        form.push(("client_id", &self.client.id));
        request.form(&form)
    }

    /// What people read of it, where there is nothing else to be done.
    pub(super) fn not_issued(&self, why: &NotIssued) -> Error {
        match why {
            NotIssued::NotUs | NotIssued::Refused(_) => Error::NotReady(format!(
                "The identity provider {} refuses this server; tell your administrator, whom this \
                 server's log tells more",
                self.provider_name()
            )),
            NotIssued::Away => self.away(),
        }
    }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Option<T> {
    serde_json::from_slice(body).ok()
}
