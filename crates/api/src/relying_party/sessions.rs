//! Browsers in which somebody is signed in with the provider.

use std::{collections::HashMap, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::dangerous::insecure_decode_claims;
use rand::CryptoRng;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{
    RelyingParty, SIGNED_OUT,
    seal::{self, Purpose},
    store::{self, SessionRow},
    token_request::Issued,
};
use crate::{
    auth::Identity,
    error::{Error, Result},
    identity::secrets,
};

/// How long a session lasts in which nothing happens.
const IDLE: TimeDelta = TimeDelta::hours(12);
/// How long a session lasts at most.
const LONGEST: TimeDelta = TimeDelta::days(7);
/// How exactly is noted when a session was used.
const NOTED_EVERY: TimeDelta = TimeDelta::minutes(1);
/// How long an access token is taken to be good that does not say it.
const USUAL_ACCESS: TimeDelta = TimeDelta::minutes(5);
/// How long before its end an access token is refreshed, or a quarter of its time.
const REFRESHED_BEFORE: TimeDelta = TimeDelta::minutes(1);

/// Somebody who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Session {
    /// Who it is, as the access token says now.
    pub(crate) identity: Identity,
    /// What they are called.
    pub(crate) name: String,
}

/// Somebody has signed out here.
#[derive(Debug, Default)]
pub(crate) struct SignedOut {
    /// Where they sign out at the provider, too.
    pub(crate) elsewhere: Option<Url>,
}

pub(super) struct NewSession {
    pub(super) issued: Issued,
    pub(super) identity: Identity,
    pub(super) name: String,
}

/// What the provider issued, as it is encrypted.
#[derive(Serialize, Deserialize)]
pub(super) struct Tokens {
    pub(super) access: String,
    pub(super) refresh: Option<String>,
    pub(super) id: Option<String>,
}

impl Tokens {
    pub(super) fn of(issued: Issued) -> Self {
        let Issued { access_token, refresh_token, id_token, .. } = issued;
        Self { access: access_token, refresh: refresh_token, id: id_token }
    }

    pub(super) fn seal(&self, cookie: &str) -> Result<String> {
        let text = serde_json::to_string(self).map_err(Error::internal)?;
        seal::seal(cookie, Purpose::Tokens, &text)
    }

    pub(super) fn open(cookie: &str, row: &SessionRow) -> Result<Self> {
        let text = seal::open(cookie, Purpose::Tokens, &row.tokens);
        let text = text.ok_or_else(|| Error::internal("a session's tokens can't be decrypted"))?;
        serde_json::from_str(&text).map_err(Error::internal)
    }
}

/// When an access token ends, and when it is to be refreshed.
pub(super) fn times(issued: &Issued, now: DateTime<Utc>) -> (DateTime<Utc>, DateTime<Utc>) {
    #[derive(Deserialize)]
    struct Ends {
        exp: i64,
    }
    let claimed = insecure_decode_claims::<Ends>(&issued.access_token).ok();
    let claimed = claimed.and_then(|it| DateTime::from_timestamp(it.exp, 0));
    // No longer than a session.
    let seconds = issued.expires_in.map(|it| it.clamp(0.0, LONGEST.as_seconds_f64()) as i64);
    let said = seconds.map(|it| now + TimeDelta::seconds(it));
    let ends = claimed.into_iter().chain(said).min().unwrap_or(now + USUAL_ACCESS);
    (ends, ends - REFRESHED_BEFORE.min((ends - now) / 4))
}

impl RelyingParty {
    /// Begins a session, under a secret that nobody has seen before.
    pub(super) async fn begin_session(
        &self,
        new: NewSession,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<String> {
        let NewSession { issued, identity, name } = new;
        let (now, cookie) = (self.clock.now(), secrets::random(rng));
        let (access_ends_at, refresh_at) = times(&issued, now);
        if issued.refresh_token.is_none() {
            tracing::info!(
                issuer = self.issuer.url(),
                %access_ends_at,
                "the identity provider gave no refresh token: who signed in is signed out when the \
                 access token ends; JOBBERGATE_WEB_SCOPES may have to contain offline_access"
            );
        }
        let refresh_at = issued.refresh_token.is_some().then_some(refresh_at);
        let row = SessionRow {
            hash: secrets::hash(&cookie),
            subject: identity.subject,
            name,
            tokens: Tokens::of(issued).seal(&cookie)?,
            version: 0,
            access_ends_at,
            refresh_at,
            created_at: now,
            last_seen_at: now,
            expires_at: now + IDLE,
        };
        let mut db = self.db.write().await?;
        store::insert(&mut db, &row).await?;
        db.commit().await?;
        Ok(cookie)
    }

    /// Who is signed in with this cookie; nobody if it is over. 503 if the provider would have to
    /// be asked and does not answer.
    pub(crate) async fn session(self: &Arc<Self>, cookie: &str) -> Result<Option<Session>> {
        let Some(row) = self.find(&secrets::hash(cookie)).await? else { return Ok(None) };
        let Some((row, session)) = self.unnoted(row, cookie).await? else { return Ok(None) };
        self.note_use(&row).await?;
        Ok(Some(session))
    }

    /// The same for what looks on without anybody doing something: no session lasts by that. Those
    /// that are asked for at the same moment are read at once.
    pub(crate) async fn unused_session(self: &Arc<Self>, cookie: &str) -> Result<Option<Session>> {
        let party = Arc::clone(self);
        let read = async move |hashes| party.onlookers(hashes).await;
        let found = self.onlookers.load(secrets::hash(cookie), read).await?;
        let Some(row) = found else { return Ok(None) };
        Ok(self.unnoted(row, cookie).await?.map(|(_, session)| session))
    }

    /// Of these hashes of cookies, those of sessions that are not over.
    async fn onlookers(&self, hashes: Vec<String>) -> Result<HashMap<String, SessionRow>> {
        let mut db = self.db.read().await?;
        let rows = store::with_hashes(&mut db, hashes, self.clock.now()).await?;
        Ok(rows.into_iter().map(|row| (row.hash.clone(), row)).collect())
    }

    /// Who is signed in in a session that was just read.
    async fn unnoted(
        self: &Arc<Self>,
        row: SessionRow,
        cookie: &str,
    ) -> Result<Option<(SessionRow, Session)>> {
        let Some(row) = self.with_good_tokens(row, cookie).await? else { return Ok(None) };
        let tokens = Tokens::open(cookie, &row)?;
        let identity = match self.verifier.identify(&tokens.access).await {
            Ok(identity) if identity.subject == row.subject => identity,
            Ok(_) | Err(Error::Unauthenticated) => {
                // After a restart nothing may be known of the provider.
                self.known().await?;
                let issuer = self.issuer.url();
                tracing::warn!(issuer, "a session's access token is not accepted any more");
                self.delete(&row.hash).await?;
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let session = Session { identity, name: row.name.clone() };
        Ok(Some((row, session)))
    }

    pub(super) async fn find(&self, hash: &str) -> Result<Option<SessionRow>> {
        Ok(store::find(&mut self.db.read().await?, hash, self.clock.now()).await?)
    }

    pub(super) async fn delete(&self, hash: &str) -> Result<()> {
        let mut db = self.db.write().await?;
        store::delete(&mut db, hash).await?;
        Ok(db.commit().await?)
    }

    async fn note_use(&self, row: &SessionRow) -> Result<()> {
        let now = self.clock.now();
        if now - row.last_seen_at < NOTED_EVERY {
            return Ok(());
        }
        let expires_at = (now + IDLE).min(row.created_at + LONGEST);
        let mut db = self.db.write().await?;
        store::touch(&mut db, &row.hash, now, expires_at).await?;
        Ok(db.commit().await?)
    }

    /// Ends the session of this cookie here, and what was issued for it at the provider.
    pub(crate) async fn end_session(self: &Arc<Self>, cookie: &str) -> Result<SignedOut> {
        let Some(row) = self.find(&secrets::hash(cookie)).await? else {
            return Ok(SignedOut::default());
        };
        self.delete(&row.hash).await?;
        let tokens = Tokens::open(cookie, &row)?;
        if let Some(refresh) = tokens.refresh {
            let party = Arc::clone(self);
            tokio::spawn(async move { party.revoke(&refresh).await });
        }
        Ok(SignedOut { elsewhere: self.end_session_url(tokens.id.as_deref()).await })
    }

    /// Where the provider signs people out, and sends them back here (RP-Initiated Logout 1.0 §2).
    async fn end_session_url(&self, id_token: Option<&str>) -> Option<Url> {
        let known = self.known().await.ok()?;
        let mut url = self.usable(known.endpoints.end_session_endpoint.as_deref()?)?;
        let back = format!("{}{SIGNED_OUT}", self.base_url);
        if let Some(id_token) = id_token {
            url.query_pairs_mut().append_pair("id_token_hint", id_token);
        }
        url.query_pairs_mut()
            .append_pair("client_id", &self.client.id)
            .append_pair("post_logout_redirect_uri", &back);
        Some(url)
    }

    /// Forgets what is over: sessions, and sign-ins that came back.
    pub async fn tidy(&self) -> Result<u64> {
        let mut db = self.db.write().await?;
        let removed = store::purge(&mut db, self.clock.now()).await?;
        db.commit().await?;
        Ok(removed)
    }
}
