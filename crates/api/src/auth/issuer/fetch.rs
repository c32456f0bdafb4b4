//! Asking a provider what it calls itself and which keys it signs with.

use std::time::Duration;

use chrono::{DateTime, Utc};
use jsonwebtoken::{
    DecodingKey,
    jwk::{AlgorithmParameters, Jwk, KeyOperations, PublicKeyUse},
};
use reqwest::redirect::Policy;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use url::Url;

use crate::{
    config::{
        host,
        oidc::{ExternalProvider, IssuerCheck},
    },
    startup::causes,
};

/// How long the provider may take for its discovery document and its keys.
const DEADLINE: Duration = Duration::from_secs(5);

/// The largest answer that is read, in bytes.
const LARGEST: usize = 1 << 20;

/// Why a provider's keys are not known.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    #[error("the provider can't be asked: {}", causes(.0))]
    Request(#[from] reqwest::Error),
    #[error("the provider does not answer within {} s", DEADLINE.as_secs())]
    Slow,
    #[error("{url} answers with more than {LARGEST} bytes")]
    TooLarge { url: String },
    #[error("what {url} answers is not what a provider answers: {cause}")]
    NotUnderstood { url: String, cause: serde_json::Error },
    #[error("the provider calls itself {found}; that must be its url in JOBBERGATE_OIDC_ISSUERS")]
    OtherName { found: String },
    #[error(
        "the provider leads to {url}, on another machine without TLS; if the network \
         between is safe, add \"allow_plaintext\": true in JOBBERGATE_OIDC_ISSUERS"
    )]
    Exposed { url: String },
}

/// What a provider told of itself.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) issuer: String,
    pub(crate) endpoints: Endpoints,
    pub(super) keys: Vec<Jwk>,
    pub(super) fetched: DateTime<Utc>,
}

/// Where browsers are sent, and where codes are redeemed (OpenID Connect Discovery 1.0 §3, RFC 8414
/// §2, RFC 9207 §3, RP-Initiated Logout 1.0 §2.1).
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Endpoints {
    pub(crate) authorization_endpoint: Option<String>,
    pub(crate) token_endpoint: Option<String>,
    pub(crate) revocation_endpoint: Option<String>,
    pub(crate) end_session_endpoint: Option<String>,
    pub(crate) token_endpoint_auth_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    pub(crate) authorization_response_iss_parameter_supported: bool,
}

/// The part of the discovery document (OpenID Connect Discovery 1.0 §3) that matters here.
#[derive(Debug, Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

/// Keys of a kind that is not known must not hide the others.
#[derive(Debug, Deserialize)]
struct KeySet {
    keys: Vec<Value>,
}

/// What asks this provider.
pub(super) fn client(provider: &ExternalProvider) -> reqwest::Result<reqwest::Client> {
    // Whoever is known by an `https` address has no keys elsewhere.
    let only_https = provider.issuer == IssuerCheck::Exact && provider.url.starts_with("https:");
    let plaintext = provider.plaintext;
    let redirects = Policy::custom(move |attempt| match host::is_exposed(attempt.url()) {
        true if !plaintext => {
            let url = attempt.url().to_string();
            attempt.error(FetchError::Exposed { url })
        }
        _ => Policy::default().redirect(attempt),
    });
    reqwest::Client::builder().timeout(DEADLINE).https_only(only_https).redirect(redirects).build()
}

pub(super) fn discovery_url(provider: &ExternalProvider) -> String {
    format!("{}/.well-known/openid-configuration", provider.url)
}

pub(super) async fn fetch(
    http: &reqwest::Client,
    provider: &ExternalProvider,
    now: DateTime<Utc>,
) -> Result<Known, FetchError> {
    let fetching = async {
        let url = discovery_url(provider);
        let document: Value = get(http, &url).await?;
        let discovery: Discovery = serde_json::from_value(document.clone())
            .map_err(|cause| FetchError::NotUnderstood { url, cause })?;
        // Who only verifies tokens needs none of them.
        let endpoints = serde_json::from_value(document).unwrap_or_default();
        let found = discovery.issuer;
        let exact = provider.issuer == IssuerCheck::Exact;
        if exact && found.trim_end_matches('/') != provider.url {
            return Err(FetchError::OtherName { found });
        }
        let url = discovery.jwks_uri;
        if !provider.plaintext && Url::parse(&url).is_ok_and(|url| host::is_exposed(&url)) {
            return Err(FetchError::Exposed { url });
        }
        let set: KeySet = get(http, &url).await?;
        let keys = set.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok());
        let keys = keys.filter(is_of_use).collect();
        Ok(Known { issuer: found, endpoints, keys, fetched: now })
    };
    tokio::time::timeout(DEADLINE, fetching).await.unwrap_or(Err(FetchError::Slow))
}

async fn get<T: DeserializeOwned>(http: &reqwest::Client, url: &str) -> Result<T, FetchError> {
    let response = http.get(url).send().await?.error_for_status()?;
    let body = read_limited(response, url).await?;
    serde_json::from_slice(&body)
        .map_err(|cause| FetchError::NotUnderstood { url: url.to_owned(), cause })
}

/// What a provider answers, unless it is too much.
pub(crate) async fn read_limited(
    mut response: reqwest::Response,
    url: &str,
) -> Result<Vec<u8>, FetchError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > LARGEST {
            return Err(FetchError::TooLarge { url: url.to_owned() });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Whether tokens can be verified with this key, and the provider signs with it, as far as it
/// says what it does with it (RFC 7517 §4.2 and §4.3).
fn is_of_use(key: &Jwk) -> bool {
    let said = &key.common;
    let is_secret = matches!(key.algorithm, AlgorithmParameters::OctetKey(_));
    said.public_key_use.as_ref().is_none_or(|it| *it == PublicKeyUse::Signature)
        && said.key_operations.as_ref().is_none_or(|all| all.contains(&KeyOperations::Verify))
        && !is_secret
        && DecodingKey::from_jwk(key).is_ok()
}

#[cfg(test)]
mod tests {
    use axum::{Json, Router, response::Redirect, routing::get};
    use serde_json::json;

    use super::*;
    use crate::config::oidc::ClaimRules;

    #[tokio::test]
    async fn a_provider_on_this_machine_leads_to_no_other_one_without_tls() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let document =
            json!({"issuer": format!("{address}/keys"), "jwks_uri": "http://id.lab.invalid/keys"});
        let router = Router::new()
            .route(
                "/moved/.well-known/openid-configuration",
                get(|| async { Redirect::temporary("http://id.lab.invalid/moved") }),
            )
            .route("/keys/.well-known/openid-configuration", get(|| async { Json(document) }));
        tokio::spawn(async { axum::serve(listener, router).await });
        for path in ["moved", "keys"] {
            let provider = ExternalProvider {
                url: format!("{address}/{path}"),
                variable: "JOBBERGATE_OIDC_ISSUERS",
                issuer: IssuerCheck::Exact,
                plaintext: false,
                rules: ClaimRules::default(),
            };
            let refused = fetch(&client(&provider).unwrap(), &provider, DateTime::UNIX_EPOCH).await;
            let words = refused.unwrap_err().to_string();
            let place = format!("leads to http://id.lab.invalid/{path}, on another machine");
            assert!(words.contains(&place), "{words}");
        }
    }

    #[test]
    fn keys_for_other_purposes_and_secrets_sign_no_token() {
        for (said, trusted) in [
            (json!({}), true),
            (json!({"use": "sig"}), true),
            (json!({"use": "sig", "key_ops": ["verify"]}), true),
            (json!({"use": "enc"}), false),
            (json!({"use": "other"}), false),
            (json!({"key_ops": ["encrypt", "wrapKey"]}), false),
            (json!({"n": "not base64!"}), false),
            (json!({"kty": "oct", "k": "AQAB"}), false),
            (json!({"kty": "other"}), false),
        ] {
            let mut key = json!({"kty": "RSA", "kid": "1", "n": "AQAB", "e": "AQAB"});
            key.as_object_mut().unwrap().extend(said.as_object().unwrap().clone());
            let key = serde_json::from_value(key);
            assert_eq!(key.is_ok_and(|key| is_of_use(&key)), trusted, "{said}");
        }
    }
}
