//! Where the bearer token of a call comes from.

use std::{fmt, time::Duration};

use serde::Deserialize;
use tokio::{sync::Mutex, time::Instant};
use url::Url;

use crate::{Error, request};

/// A text that is not shown in logs.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The text itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// `text` without the secret, also as it is written in forms.
    pub fn mask(&self, text: &str) -> String {
        if self.0.is_empty() {
            return text.to_owned();
        }
        let in_forms: String = url::form_urlencoded::byte_serialize(self.0.as_bytes()).collect();
        text.replace(&self.0, "…").replace(&in_forms, "…")
    }
}

impl<T: Into<String>> From<T> for Secret {
    fn from(text: T) -> Self {
        Self(text.into())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Where the bearer token of a call comes from.
#[derive(Debug)]
pub enum TokenSource {
    /// Calls are made without a token.
    Anonymous,
    /// Always the same token.
    Fixed(Secret),
    /// A token for the client itself, asked for when needed.
    ClientCredentials(ClientCredentials),
}

impl TokenSource {
    /// A token that is valid now, as far as can be known here.
    pub(crate) async fn get(&self, http: &reqwest::Client) -> Result<Option<Secret>, Error> {
        match self {
            Self::Anonymous => Ok(None),
            Self::Fixed(token) => Ok(Some(token.clone())),
            Self::ClientCredentials(credentials) => credentials.get(http).await.map(Some),
        }
    }

    /// Forgets a token that the server refused; whether another can be had.
    pub(crate) async fn forget(&self, refused: &Secret) -> bool {
        match self {
            Self::Anonymous | Self::Fixed(_) => false,
            Self::ClientCredentials(credentials) => {
                let mut cached = credentials.cached.lock().await;
                // Another call may have renewed it already.
                if cached.as_ref().is_some_and(|token| token.token == *refused) {
                    *cached = None;
                }
                true
            }
        }
    }
}

/// OAuth 2.0 client credentials (RFC 6749, section 4.4).
#[derive(Debug)]
pub struct ClientCredentials {
    token_url: Url,
    client_id: String,
    client_secret: Secret,
    cached: Mutex<Option<CachedToken>>,
}

#[derive(Debug)]
struct CachedToken {
    token: Secret,
    renew_at: Instant,
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: String,
    expires_in: Option<u64>,
}

impl ClientCredentials {
    /// Credentials for the provider at `domain`, which is written as in Keycloak's layout:
    /// `host[:port]/realms/name`.
    ///
    /// # Errors
    /// When that makes no address.
    pub fn new(
        domain: &str,
        use_https: bool,
        client_id: String,
        client_secret: Secret,
    ) -> Result<Self, Error> {
        let scheme = if use_https { "https" } else { "http" };
        let domain = domain.trim_end_matches('/');
        let text = format!("{scheme}://{domain}/protocol/openid-connect/token");
        let token_url = Url::parse(&text)
            .map_err(|e| Error::BaseUrl { url: text.clone(), why: e.to_string() })?;
        Ok(Self { token_url, client_id, client_secret, cached: Mutex::new(None) })
    }

    async fn get(&self, http: &reqwest::Client) -> Result<Secret, Error> {
        // Held while asking, so that many calls at once ask once.
        let mut cached = self.cached.lock().await;
        if let Some(token) = cached.as_ref().filter(|token| Instant::now() < token.renew_at) {
            return Ok(token.token.clone());
        }
        let fresh = self.ask(http).await?;
        let token = fresh.token.clone();
        *cached = Some(fresh);
        Ok(token)
    }

    async fn ask(&self, http: &reqwest::Client) -> Result<CachedToken, Error> {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", &self.client_id),
            ("client_secret", self.client_secret.reveal()),
        ];
        let asked_at = Instant::now();
        let request = http.post(self.token_url.clone()).form(&form);
        let answer: TokenAnswer =
            request::send(request, "POST", &self.token_url, Some(&self.client_secret))
                .await?
                .decode()?;
        let lifetime = Duration::from_secs(answer.expires_in.unwrap_or(60));
        Ok(CachedToken {
            token: answer.access_token.into(),
            renew_at: asked_at + lifetime - renewal_margin(lifetime),
        })
    }
}

/// How long before its end a token is renewed: a tenth of its life, at most 30 seconds.
fn renewal_margin(lifetime: Duration) -> Duration {
    (lifetime / 10).min(Duration::from_secs(30))
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn a_secret_is_masked_as_it_is_and_as_forms_have_it() {
        let secret = Secret::from("s3/cr et");
        let said = "no such client_secret=s3%2Fcr+et (s3/cr et)";
        assert_eq!(secret.mask(said), "no such client_secret=… (…)");
        assert_eq!(Secret::from("").mask("as it is"), "as it is");
    }
}
