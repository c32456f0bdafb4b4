//! The device authorization grant (RFC 8628): a program in a terminal shows a code, which a person
//! types in a browser, where they are logged in.

use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};
use rand::{CryptoRng, RngExt};
use serde::{Deserialize, Serialize};

use super::{
    Client, Provider, REALM_PATH, Session,
    attempts::Limit,
    families::{Grant, Origin},
    pkce,
    refusal::{Code, Refusal},
    scope::Scope,
    secrets, sessions,
    store::device_codes::{self as store, DeviceCodeRow},
    tokens::{TokenRequest, TokenResponse},
};
use crate::error::{Error, Result};

/// How long a person has to type the code.
const LIFETIME: TimeDelta = TimeDelta::minutes(10);
/// How long a program waits until it asks again, in seconds, and how much longer if it was too
/// quick.
const INTERVAL: i32 = 5;
/// The longest that a program has to wait, in seconds.
const LONGEST_INTERVAL: i32 = 60;
/// How much too early a question may come: the one before may have been held up on its way.
const TOLERANCE: TimeDelta = TimeDelta::seconds(1);
/// How many programs at one address may wait at once: that of a login node is many people's.
const PER_ADDRESS: i64 = 1000;
/// Letters that can't be mistaken for each other and make no words (RFC 8628 §6.1).
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
/// The page where the code is typed, below the realm.
pub const DEVICE_PAGE: &str = "/device";

/// A request of a program that wants to be let in.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct DeviceRequest {
    pub scope: Option<String>,
    pub code_challenge: Option<String>,
    pub code_challenge_method: Option<String>,
}

/// What the program shows and asks with (RFC 8628 §3.2).
#[derive(Clone, Serialize)]
pub struct DeviceResponse {
    pub device_code: String,
    pub user_code: String,
    pub verification_uri: String,
    pub verification_uri_complete: String,
    pub expires_in: i64,
    pub interval: i32,
}

/// A program that waits, for the page where a person lets it in.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// The code, as it is shown.
    pub user_code: String,
    /// The program.
    pub client: Client,
    /// What it asks for.
    pub scope: Scope,
    /// From which address it asked.
    pub address: String,
    /// When it asked.
    pub created_at: DateTime<Utc>,
}

/// What a person typed.
#[derive(Debug, Clone)]
pub enum TypedCode {
    /// The code of a program that waits.
    Waiting(Box<Waiting>),
    /// No code, or one that has expired or was used.
    Unknown,
    /// Too many codes that were none.
    TooMany {
        /// How long to wait.
        wait: TimeDelta,
    },
}

impl Provider {
    /// A program wants to be let in.
    pub(super) async fn begin_device(
        &self,
        client: &Client,
        request: &DeviceRequest,
        address: IpAddr,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<DeviceResponse, Refusal> {
        if client.redirect_uris.is_empty() {
            let words = "This client is not for people to log in with";
            return Err(Refusal::new(Code::UnauthorizedClient, words));
        }
        let method = request.code_challenge_method.as_deref();
        let code_challenge = pkce::challenge(request.code_challenge.as_deref(), method)?;
        let (secret, now) = (secrets::random(rng), self.clock.now());
        let mut row = DeviceCodeRow {
            hash: secrets::hash(&secret),
            user_code: user_code(rng),
            client_id: client.client_id.clone(),
            scope: Scope::requested(request.scope.as_deref()).to_string(),
            code_challenge,
            address: address.to_string(),
            seconds_between_polls: INTERVAL,
            last_polled_at: None,
            user_id: None,
            authenticated_at: None,
            decision: None,
            created_at: now,
            expires_at: now + LIFETIME,
        };
        let mut db = self.db.write().await?;
        if store::count_of_address(&mut db, &row.address, now).await? >= PER_ADDRESS {
            return Err(Refusal::Fault(Error::TooMany(
                "Too many log-ins wait at this address; try again in a few minutes",
            )));
        }
        while !store::insert(&mut db, &row).await? {
            row.user_code = user_code(rng);
        }
        db.commit().await?;
        let page = format!("{}{REALM_PATH}{DEVICE_PAGE}", self.base_url);
        Ok(DeviceResponse {
            device_code: secret,
            verification_uri_complete: format!("{page}?user_code={}", row.user_code),
            verification_uri: page,
            user_code: row.user_code,
            expires_in: LIFETIME.num_seconds(),
            interval: INTERVAL,
        })
    }

    /// The program whose code a person typed. Wrong ones are counted: there are not so many codes
    /// that nobody could guess.
    pub async fn typed_code(&self, session: &Session, typed: &str) -> Result<TypedCode> {
        let limits = [Limit::Codes(&session.user.id)];
        if let Some(wait) = self.attempt(&limits).await? {
            return Ok(TypedCode::TooMany { wait });
        }
        let Some(code) = normalized(typed) else { return Ok(TypedCode::Unknown) };
        let now = self.clock.now();
        let found = store::undecided(&mut self.db.read().await?, &code, now).await?;
        let Some(row) = found else { return Ok(TypedCode::Unknown) };
        let Some(client) = self.find_client(&row.client_id).await? else {
            return Ok(TypedCode::Unknown);
        };
        let mut db = self.db.write().await?;
        self.succeeded(&mut db, &limits).await?;
        db.commit().await?;
        Ok(TypedCode::Waiting(Box::new(Waiting {
            user_code: row.user_code,
            client,
            scope: Scope::granted(&row.scope),
            address: row.address,
            created_at: row.created_at,
        })))
    }

    /// A person lets the program with this code in; false if it waits no more.
    pub async fn approve_device(&self, session: &Session, user_code: &str) -> Result<bool> {
        self.decide_device(session, user_code, "approved").await
    }

    /// A person does not let the program with this code in; false if it waits no more.
    pub async fn deny_device(&self, session: &Session, user_code: &str) -> Result<bool> {
        self.decide_device(session, user_code, "denied").await
    }

    async fn decide_device(
        &self,
        session: &Session,
        user_code: &str,
        decision: &str,
    ) -> Result<bool> {
        // Whoever decides has looked the code up before, but may send another one.
        let code = match self.typed_code(session, user_code).await? {
            TypedCode::Waiting(waiting) => waiting.user_code,
            TypedCode::Unknown | TypedCode::TooMany { .. } => return Ok(false),
        };
        let (user, since) = (&session.user.id, session.created_at);
        let mut db = self.db.write().await?;
        let now = self.clock.now();
        if !sessions::locked(&mut db, session, now).await? {
            return Ok(false);
        }
        let decided = store::decide(&mut db, &code, decision, user, since, now).await?;
        db.commit().await?;
        Ok(decided)
    }

    /// A program asks whether it was let in.
    pub(super) async fn poll_device(
        &self,
        client: &Client,
        request: &TokenRequest,
        user_agent: &str,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<TokenResponse, Refusal> {
        let refuse = |code, words: &'static str| Err(Refusal::new(code, words));
        let Some(secret) = &request.device_code else {
            return refuse(Code::InvalidRequest, "device_code is missing");
        };
        let (hash, now) = (secrets::hash(secret), self.clock.now());
        let key = self.signing_key().await?;
        let mut db = self.db.write().await?;
        let Some(row) = store::find(&mut db, &hash).await? else {
            return refuse(Code::InvalidGrant, "The device code is not known");
        };
        if row.client_id != client.client_id {
            return refuse(Code::InvalidGrant, "The device code was issued to another client");
        }
        if row.expires_at <= now {
            return refuse(Code::ExpiredToken, "The device code has expired; log in again");
        }
        pkce::check(row.code_challenge.as_deref(), request.code_verifier.as_deref())?;
        let (user_id, at) = match (row.decision.as_deref(), row.user_id, row.authenticated_at) {
            (Some("approved"), Some(user_id), Some(at)) => (user_id, at),
            (Some(_), ..) => return refuse(Code::AccessDenied, "The log-in was denied"),
            (None, ..) => {
                let wait = TimeDelta::seconds(row.seconds_between_polls.into()) - TOLERANCE;
                let hasty = row.last_polled_at.is_some_and(|last| now - last < wait);
                let longer = row.seconds_between_polls + if hasty { INTERVAL } else { 0 };
                store::polled(&mut db, &hash, longer.min(LONGEST_INTERVAL), now).await?;
                db.commit().await?;
                return match hasty {
                    true => refuse(Code::SlowDown, "Wait 5 seconds longer between questions"),
                    false => refuse(Code::AuthorizationPending, "Nobody has approved this yet"),
                };
            }
        };
        let Some(user) = self.admitted(&mut db, &user_id).await? else {
            return refuse(Code::AccessDenied, "The account is disabled");
        };
        store::delete(&mut db, &hash).await?;
        let id = secrets::id(rng);
        let origin = Origin { id, session: None, scope: &row.scope, user_agent };
        let family = self.begin_family(&mut db, client, &user, origin).await?;
        let scope = Scope::granted(&row.scope);
        let log_in = Some((at, None));
        let grant =
            Grant { client, user: &user, family: &family, scope, log_in, predecessor: None };
        let tokens = self.issue(&mut db, &key, &grant, rng).await?;
        db.commit().await?;
        Ok(tokens)
    }
}

/// `XXXX-XXXX`: 34 bits, of which nobody may try many.
fn user_code(rng: &mut impl CryptoRng) -> String {
    let mut code = String::with_capacity(9);
    for index in 0..8 {
        if index == 4 {
            code.push('-');
        }
        let letter = LETTERS.get(rng.random_range(0..LETTERS.len())).copied().unwrap_or(b'X');
        code.push(char::from(letter));
    }
    code
}

/// The code that a person means, however they type it.
fn normalized(typed: &str) -> Option<String> {
    let letters: String = typed
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .collect::<String>()
        .to_uppercase();
    let known = letters.len() == 8 && letters.bytes().all(|letter| LETTERS.contains(&letter));
    let (first, second) = known.then(|| letters.split_at_checked(4)).flatten()?;
    Some(format!("{first}-{second}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_found_however_it_is_typed() {
        for typed in ["BCDF-GHJK", "bcdf-ghjk", "bcdfghjk", " bcdf ghjk "] {
            assert_eq!(normalized(typed).as_deref(), Some("BCDF-GHJK"), "{typed:?}");
        }
        for odd in ["", "BCDF", "BCDF-GHJA", "BCDFGHJKL", "ß"] {
            assert_eq!(normalized(odd), None, "{odd:?}");
        }
        let code = user_code(&mut rand::make_rng::<rand::rngs::StdRng>());
        assert_eq!(normalized(&code).as_deref(), Some(code.as_str()));
    }
}
