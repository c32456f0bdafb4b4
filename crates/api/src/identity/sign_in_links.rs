//! Addresses that sign somebody in, once: what whoever has a shell on the server hands out.

use chrono::{DateTime, TimeDelta, Utc};
use rand::CryptoRng;
use url::form_urlencoded::Serializer;

use super::{
    NewSession, Peer, Provider, REALM_PATH, secrets,
    store::links::{self as store, LinkRow},
    users::{self, Source},
};
use crate::error::{Error, Result};

/// The page, below the realm.
pub const SIGN_IN_PAGE: &str = "/sign-in";
/// What these are called among all links.
pub(super) const PURPOSE: &str = "sign-in";
/// How long one is good.
const LIFETIME: TimeDelta = TimeDelta::minutes(15);

/// An address that signs somebody in.
#[derive(Clone)]
pub struct SignInLink {
    /// Whom.
    pub email: String,
    /// The address, which is a secret.
    pub url: String,
    /// Until when it is good.
    pub expires_at: DateTime<Utc>,
}

impl std::fmt::Debug for SignInLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignInLink").field("email", &self.email).finish_non_exhaustive()
    }
}

impl Provider {
    /// An address that signs a person in, once, and leads to a path of this server.
    pub async fn sign_in_link(
        &self,
        email: &str,
        next: Option<&str>,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<SignInLink> {
        let mut db = self.db.write().await?;
        let row = users::existing(&mut db, email).await?;
        if row.source != Source::Local.as_str() {
            let words = format!("{} is in the directory, which alone says who they are", row.email);
            return Err(Error::Conflict(words));
        }
        if row.disabled_at.is_some() {
            let words = format!("The account of {} is disabled; enable it first", row.email);
            return Err(Error::Conflict(words));
        }
        let (secret, now) = (secrets::random(rng), self.clock.now());
        let expires_at = now + LIFETIME;
        let link = LinkRow {
            hash: secrets::hash(&secret),
            user_id: Some(row.id),
            purpose: PURPOSE.to_owned(),
            expires_at,
        };
        store::insert(&mut db, &link, now).await?;
        db.commit().await?;
        let mut query = Serializer::new(String::new());
        query.append_pair("link", &secret);
        if let Some(next) = next {
            query.append_pair("next", next);
        }
        let url = format!("{}{REALM_PATH}{SIGN_IN_PAGE}?{}", self.base_url, query.finish());
        Ok(SignInLink { email: row.email, url, expires_at })
    }

    /// Uses such a link; none if it was used, has expired, or the account may not be used any more.
    pub async fn sign_in_by_link(
        &self,
        secret: &str,
        peer: &Peer,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<Option<NewSession>> {
        let hash = secrets::hash(secret);
        let mut db = self.db.write().await?;
        let found = store::find(&mut db, &hash, self.clock.now()).await?;
        let user_id = found.filter(|row| row.purpose == PURPOSE).and_then(|row| row.user_id);
        let Some(user_id) = user_id else { return Ok(None) };
        let user = users::locked(&mut db, &user_id).await?;
        // Whoever else has it waits for this transaction, and finds nothing.
        if !store::delete(&mut db, &hash).await? {
            return Ok(None);
        }
        let session = match user.filter(|user| user.source == Source::Local) {
            Some(user) => Some(self.begin_session(&mut db, user, peer, rng).await?),
            None => None,
        };
        db.commit().await?;
        Ok(session)
    }
}
