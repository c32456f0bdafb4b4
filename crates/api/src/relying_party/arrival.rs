//! A browser that comes back from the provider.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use rand::CryptoRng;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    RelyingParty,
    attempt::{self, Attempt},
    sessions::NewSession,
    store,
    token_request::{Issued, NotIssued},
};
use crate::{
    auth::{Expected, Identity, Known},
    error::{Error, Result},
    identity::secrets,
    permission::Permission,
};

/// How much is kept or shown of what a provider says, in characters.
const SHOWN: usize = 300;

/// What a browser comes back with (RFC 6749 §4.1.2, RFC 9207 §2).
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Callback {
    code: Option<String>,
    state: Option<String>,
    iss: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

/// Somebody is signed in.
#[derive(Debug)]
pub(crate) struct Arrival {
    /// The browser's cookie from now on.
    pub(crate) cookie: String,
    /// The page that they wanted.
    pub(crate) next: String,
}

/// Nobody is signed in.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) why: Why,
    /// The page that they wanted, if it is known.
    pub(crate) next: String,
}

#[derive(Debug)]
pub(crate) enum Why {
    /// Another browser began it, or this one keeps no cookies.
    NotBegunHere,
    /// It took too long, or came back before.
    Over,
    /// The provider says no.
    Denied(String),
    /// What the provider says is not to be trusted, or not understood.
    NotTrusted(String),
    /// The provider knows them, but nothing is permitted to them here.
    NothingPermitted(String),
    /// Something does not work.
    Fault(Error),
}

impl Why {
    /// Whether it may have gone well before.
    pub(crate) const fn is_repetition(&self) -> bool {
        matches!(self, Self::NotBegunHere | Self::Over)
    }
}

impl<E: Into<Error>> From<E> for Why {
    fn from(error: E) -> Self {
        Self::Fault(error.into())
    }
}

impl RelyingParty {
    /// Signs somebody in who comes back from the provider, in the browser with this cookie.
    pub(crate) async fn arrive(
        self: &Arc<Self>,
        callback: Callback,
        cookie: Option<&str>,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<Arrival, Refused> {
        let refused = |why: Why, next: &str| Refused { why, next: next.to_owned() };
        let state = callback.state.as_deref().unwrap_or_default();
        let attempt = match cookie.map(|cookie| attempt::read(cookie, state)).transpose() {
            Ok(attempt) => attempt.flatten(),
            Err(error) => return Err(refused(error.into(), "/")),
        };
        let Some(attempt) = attempt else { return Err(refused(Why::NotBegunHere, "/")) };
        match self.sign_in(&callback, state, &attempt, rng).await {
            Ok(cookie) => Ok(Arrival { cookie, next: attempt.next }),
            Err(why) => Err(refused(why, &attempt.next)),
        }
    }

    async fn sign_in(
        &self,
        callback: &Callback,
        state: &str,
        attempt: &Attempt,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<String, Why> {
        let now = self.clock.now();
        // A code that was redeemed twice ends what was issued for it (RFC 6749 §4.1.2).
        if attempt.ends_at <= now || !self.is_first(state, attempt.ends_at).await? {
            return Err(Why::Over);
        }
        let known = self.known().await?;
        check_issuer(callback, &known)?;
        if let Some(error) = &callback.error {
            return Err(self.denied(error, callback.error_description.as_deref()));
        }
        let missing = || Why::NotTrusted("it sent your browser back without a code".to_owned());
        let code = callback.code.as_deref().ok_or_else(missing)?;
        let issued = self.redeem(code, &attempt.verifier).await.map_err(|why| match why {
            NotIssued::Refused(words) => Why::Denied(words),
            why => Why::Fault(self.not_issued(&why)),
        })?;
        let claims = self.check_id_token(&issued, &attempt.nonce, now).await?;
        let identity = self.read(&issued.access_token).await?;
        let name = name(&claims, &identity);
        if !identity.permissions.iter().any(|it| Permission::from_name(it).is_some()) {
            tracing::info!(subject = identity.subject, "nothing is permitted to who signed in");
            return Err(Why::NothingPermitted(identity.email.unwrap_or(name)));
        }
        Ok(self.begin_session(NewSession { issued, identity, name }, rng).await?)
    }

    async fn is_first(&self, state: &str, ends_at: DateTime<Utc>) -> Result<bool> {
        let mut db = self.db.write().await?;
        let first = store::use_state(&mut db, &secrets::hash(state), ends_at).await?;
        db.commit().await?;
        Ok(first)
    }

    fn denied(&self, error: &str, description: Option<&str>) -> Why {
        let issuer = self.issuer.url();
        let words: String = description.unwrap_or(error).chars().take(SHOWN).collect();
        match error {
            "temporarily_unavailable" | "server_error" => {
                tracing::warn!(issuer, error, words, "the identity provider signs nobody in");
                Why::Fault(self.away())
            }
            _ => {
                tracing::info!(issuer, error, words, "the identity provider refuses a sign-in");
                Why::Denied(words)
            }
        }
    }

    async fn check_id_token(
        &self,
        issued: &Issued,
        nonce: &str,
        now: DateTime<Utc>,
    ) -> Result<Map<String, Value>, Why> {
        let expected = Expected { client_id: &self.client.id, nonce: Some(nonce) };
        let checked = match &issued.id_token {
            Some(token) => self.issuer.check_id_token(token, expected, now).await,
            None => Err("there is none"),
        };
        checked.map_err(|words| {
            let issuer = self.issuer.url();
            tracing::warn!(issuer, words, "the ID token of a sign-in is not accepted");
            Why::NotTrusted(format!("its ID token is not accepted: {words}"))
        })
    }

    /// Whose access token it is, as the API reads it.
    async fn read(&self, access_token: &str) -> Result<Identity, Why> {
        match self.verifier.identify(access_token).await {
            Err(Error::Unauthenticated) => {
                let issuer = self.issuer.url();
                tracing::warn!(
                    issuer,
                    "the access token of a sign-in is not accepted; it must be a JWT for this \
                     server: JOBBERGATE_WEB_AUDIENCE or JOBBERGATE_WEB_SCOPES may have to ask for \
                     that, and JOBBERGATE_OIDC_AUDIENCE to name its aud"
                );
                Err(Why::NotTrusted("its access token is none that this server accepts".to_owned()))
            }
            Err(Error::BadRequest(words)) => Err(Why::NotTrusted(words)),
            identity => Ok(identity?),
        }
    }
}

/// Whether the provider that was asked sent the browser back, and no other one (RFC 9207 §2.4).
fn check_issuer(callback: &Callback, known: &Known) -> Result<(), Why> {
    let right = match &callback.iss {
        Some(iss) => *iss == known.issuer,
        None => !known.endpoints.authorization_response_iss_parameter_supported,
    };
    let words = "your browser came back from another one than it was sent to";
    right.then_some(()).ok_or_else(|| Why::NotTrusted(words.to_owned()))
}

/// What somebody is called on pages.
fn name(claims: &Map<String, Value>, identity: &Identity) -> String {
    let claimed = ["name", "preferred_username"].into_iter();
    let mut claimed = claimed.filter_map(|name| claims.get(name)?.as_str());
    let name = claimed.find(|name| !name.trim().is_empty());
    let name = name.or(identity.email.as_deref()).unwrap_or(&identity.subject);
    name.chars().filter(|c| !c.is_control()).take(SHOWN).collect()
}
