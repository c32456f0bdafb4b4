//! The authorization code flow (RFC 6749 §4.1, OpenID Connect Core §3.1): a browser comes with a
//! request of a program and goes back with a code.

use chrono::TimeDelta;
use rand::CryptoRng;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{
    Client, Provider, Session, pkce, redirects,
    refusal::{Code, Refusal},
    scope::Scope,
    secrets, sessions,
    store::{
        codes::{self as store, CodeRow},
        families,
    },
};
use crate::error::Result;

/// How long a program has to fetch its tokens.
const LIFETIME: TimeDelta = TimeDelta::seconds(60);
/// The longest `state` and `nonce`, in bytes.
const LONGEST_PARAMETER: usize = 2048;

/// A program's request.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct AuthorizationRequest {
    pub client_id: Option<String>,
    pub redirect_uri: Option<String>,
    pub response_type: Option<String>,
    pub response_mode: Option<String>,
    pub scope: Option<String>,
    pub state: Option<String>,
    pub nonce: Option<String>,
    pub code_challenge: Option<String>,
    pub code_challenge_method: Option<String>,
    pub prompt: Option<String>,
    pub max_age: Option<String>,
    pub login_hint: Option<String>,
    pub id_token_hint: Option<String>,
    pub request: Option<String>,
    pub request_uri: Option<String>,
}

/// The browser that a request came with.
#[derive(Debug, Clone, Copy, Default)]
pub struct Browser<'a> {
    /// Who is logged in.
    pub session: Option<&'a Session>,
    /// Whether they have logged in for this request.
    pub just_logged_in: bool,
    /// Whether they have said yes to this request.
    pub consented: bool,
}

/// What to do with a browser.
#[derive(Debug, Clone)]
pub enum Decision {
    /// Send it back to the program, with a code or with an error.
    Redirect(String),
    /// Let the person log in, then ask again.
    LogIn {
        /// The program that they log in for.
        client: Client,
        /// Who they may be.
        login_hint: Option<String>,
    },
    /// Ask the person, then ask again or [`Provider::deny`].
    Consent {
        /// The program that asks.
        client: Client,
        /// What it asks for.
        scope: Scope,
    },
    /// Tell the person: there is nowhere to send them.
    Refuse(String),
}

/// A request whose program is known and where to go back to.
struct Known<'a> {
    client: Client,
    redirect_uri: &'a str,
}

impl Known<'_> {
    /// Whether any program on the person's machine may say that it is this one, so that they are
    /// asked each time (RFC 8252 §8.6): it has no secret, and others may listen where it does. Our
    /// own programs are no exception, but for the pages of this server.
    fn may_be_another(&self) -> bool {
        let is_elsewhere = redirects::is_on_the_web(self.redirect_uri)
            && (self.client.is_first_party || self.redirect_uri.starts_with("https://"));
        self.client.is_public && !is_elsewhere
    }
}

/// What a request asks for, checked.
struct Asked {
    scope: Scope,
    code_challenge: Option<String>,
    prompts: Vec<String>,
    max_age: Option<TimeDelta>,
}

impl Provider {
    /// What to do with a browser that comes with this request.
    pub async fn authorize(
        &self,
        request: &AuthorizationRequest,
        browser: Browser<'_>,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<Decision> {
        let known = match self.known(request).await? {
            Ok(known) => known,
            Err(words) => return Ok(Decision::Refuse(words.to_owned())),
        };
        match self.decide(request, &known, browser, rng).await {
            Ok(decision) => Ok(decision),
            Err(Refusal::OAuth { code, description }) => self.redirect(
                request,
                &known,
                &[("error", code.as_str()), ("error_description", &description)],
            ),
            Err(Refusal::Fault(error)) => Err(error),
        }
    }

    /// The person said no to a request.
    pub async fn deny(&self, request: &AuthorizationRequest) -> Result<Decision> {
        match self.known(request).await? {
            Ok(known) => self.redirect(
                request,
                &known,
                &[
                    ("error", Code::AccessDenied.as_str()),
                    ("error_description", "The request was denied"),
                ],
            ),
            Err(words) => Ok(Decision::Refuse(words.to_owned())),
        }
    }

    /// Only a program that is known is told of what is wrong with its request, and only at an
    /// address that it registered.
    async fn known<'a>(
        &self,
        request: &'a AuthorizationRequest,
    ) -> Result<std::result::Result<Known<'a>, &'static str>> {
        let Some(client_id) = given(&request.client_id) else {
            return Ok(Err("The program did not say which one it is: client_id is missing."));
        };
        let client = self.find_client(client_id).await?;
        let Some(client) = client.filter(|client| !client.redirect_uris.is_empty()) else {
            return Ok(Err("No program of this name is registered here for people to log in."));
        };
        let Some(redirect_uri) = given(&request.redirect_uri) else {
            return Ok(Err(
                "The program did not say where to go back to: redirect_uri is missing.",
            ));
        };
        if !redirects::is_registered(redirect_uri, &client.redirect_uris) {
            let words = "The program wants you to go to an address that is not registered for it.";
            return Ok(Err(words));
        }
        Ok(Ok(Known { client, redirect_uri }))
    }

    async fn decide(
        &self,
        request: &AuthorizationRequest,
        known: &Known<'_>,
        browser: Browser<'_>,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<Decision, Refusal> {
        let asked = asked(request, &known.client)?;
        let prompts = |prompt: &str| asked.prompts.iter().any(|it| it == prompt);
        let log_in = |words| match prompts("none") {
            true => Err(Refusal::new(Code::LoginRequired, words)),
            false => Ok(Decision::LogIn {
                client: known.client.clone(),
                login_hint: given(&request.login_hint).map(str::to_owned),
            }),
        };
        let expected = self.expected_person(request).await?;
        let Some(session) = browser.session else { return log_in("Nobody is logged in") };
        if expected.is_some_and(|expected| expected != session.user.id) {
            let words = "Somebody else is logged in than the one of id_token_hint";
            return match browser.just_logged_in {
                true => Err(Refusal::new(Code::LoginRequired, words)),
                false => log_in(words),
            };
        }
        let age = self.clock.now() - session.created_at;
        let anew = prompts("login")
            || prompts("select_account")
            || asked.max_age.is_some_and(|most| age > most);
        if anew && !browser.just_logged_in {
            return log_in("The log-in is too long ago");
        }
        let needs_consent = !browser.consented
            && (prompts("consent")
                || known.may_be_another()
                || !known.client.is_first_party
                    && !self.has_consented(session, known, &asked.scope).await?);
        if needs_consent && prompts("none") {
            return Err(Refusal::new(Code::ConsentRequired, "Consent was not given yet"));
        }
        if needs_consent {
            let client = known.client.clone();
            return Ok(Decision::Consent { client, scope: asked.scope });
        }
        let code = self.issue_code(request, known, session, &asked, rng).await?;
        let Some(code) = code else { return log_in("The log-in has ended") };
        Ok(self.redirect(request, known, &[("code", &code)])?)
    }

    /// The person for whom alone the program wants a code: that of an ID token of ours, which may
    /// have expired.
    async fn expected_person(
        &self,
        request: &AuthorizationRequest,
    ) -> Result<Option<String>, Refusal> {
        let Some(token) = given(&request.id_token_hint) else { return Ok(None) };
        let claims = self.signed_claims(token, "ID").await?.unwrap_or_default();
        match claims.get("sub").and_then(serde_json::Value::as_str) {
            Some(person) => Ok(Some(person.to_owned())),
            None => {
                let words = "id_token_hint is no ID token of this server";
                Err(Refusal::new(Code::InvalidRequest, words))
            }
        }
    }

    /// Whether a person has let this program in before, with all that it asks for.
    async fn has_consented(
        &self,
        session: &Session,
        known: &Known<'_>,
        scope: &Scope,
    ) -> Result<bool> {
        let mut db = self.db.read().await?;
        let rows = families::of_user(&mut db, &session.user.id, self.clock.now()).await?;
        Ok(rows.iter().any(|row| {
            row.client_id == known.client.client_id && Scope::granted(&row.scope).covers(scope)
        }))
    }

    /// Nothing if the session has ended meanwhile.
    async fn issue_code(
        &self,
        request: &AuthorizationRequest,
        known: &Known<'_>,
        session: &Session,
        asked: &Asked,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<Option<String>> {
        let code = secrets::random(rng);
        let row = CodeRow {
            hash: secrets::hash(&code),
            client_id: known.client.client_id.clone(),
            user_id: session.user.id.clone(),
            session: session.id.clone(),
            redirect_uri: known.redirect_uri.to_owned(),
            scope: asked.scope.to_string(),
            nonce: given(&request.nonce).map(str::to_owned),
            code_challenge: asked.code_challenge.clone(),
            authenticated_at: session.created_at,
            family: secrets::id(rng),
            expires_at: self.clock.now() + LIFETIME,
            used_at: None,
        };
        let mut db = self.db.write().await?;
        if !sessions::locked(&mut db, session, self.clock.now()).await? {
            return Ok(None);
        }
        store::insert(&mut db, &row).await?;
        db.commit().await?;
        Ok(Some(code))
    }

    /// Back to the program, with our name (RFC 9207) and the request's `state`.
    fn redirect(
        &self,
        request: &AuthorizationRequest,
        known: &Known<'_>,
        answer: &[(&str, &str)],
    ) -> Result<Decision> {
        let mut url = Url::parse(known.redirect_uri).map_err(crate::error::Error::internal)?;
        let mut query = url.query_pairs_mut();
        query.extend_pairs(answer);
        if let Some(state) = given(&request.state) {
            query.append_pair("state", state);
        }
        query.append_pair("iss", &self.issuer());
        drop(query);
        Ok(Decision::Redirect(url.into()))
    }
}

fn asked(request: &AuthorizationRequest, client: &Client) -> Result<Asked, Refusal> {
    let refuse = |code, words: &'static str| Err(Refusal::new(code, words));
    if given(&request.request).is_some() {
        return refuse(Code::RequestNotSupported, "request is not supported");
    }
    if given(&request.request_uri).is_some() {
        return refuse(Code::RequestUriNotSupported, "request_uri is not supported");
    }
    match given(&request.response_type) {
        Some("code") => {}
        Some(_) => return refuse(Code::UnsupportedResponseType, "response_type must be code"),
        None => return refuse(Code::InvalidRequest, "response_type is missing"),
    }
    if given(&request.response_mode).is_some_and(|mode| mode != "query") {
        return refuse(Code::InvalidRequest, "response_mode must be query");
    }
    let long =
        |text: &Option<String>| text.as_ref().is_some_and(|text| text.len() > LONGEST_PARAMETER);
    if long(&request.state) || long(&request.nonce) {
        return refuse(Code::InvalidRequest, "state and nonce must have at most 2048 bytes");
    }
    if given(&request.nonce).is_some_and(|nonce| nonce.chars().any(char::is_control)) {
        return refuse(Code::InvalidRequest, "nonce must have no control characters");
    }
    let method = given(&request.code_challenge_method);
    let code_challenge = pkce::challenge(given(&request.code_challenge), method)?;
    if client.is_public && code_challenge.is_none() {
        return refuse(Code::InvalidRequest, "code_challenge is missing");
    }
    let prompts: Vec<_> =
        given(&request.prompt).unwrap_or_default().split_whitespace().map(str::to_owned).collect();
    if prompts.len() > 1 && prompts.iter().any(|prompt| prompt == "none") {
        return refuse(Code::InvalidRequest, "prompt must be none or something else");
    }
    let max_age = match given(&request.max_age).map(str::parse) {
        None => None,
        Some(Ok(seconds)) => Some(TimeDelta::seconds(u32::into(seconds))),
        Some(Err(_)) => return refuse(Code::InvalidRequest, "max_age must be a number of seconds"),
    };
    let scope = Scope::requested(given(&request.scope));
    Ok(Asked { scope, code_challenge, prompts, max_age })
}

/// A parameter without a value counts as left out (RFC 6749 §3.1).
pub(super) fn given(parameter: &Option<String>) -> Option<&str> {
    parameter.as_deref().filter(|value| !value.is_empty())
}
