//! The keys that there are: made when the first one is needed, replaced when somebody says so.

use std::sync::{Arc, PoisonError};

use chrono::{DateTime, Utc};
use jsonwebtoken::jwk::Jwk;

use super::{
    Provider,
    keys::SigningKey,
    store::{self, KeyRow},
    tokens::LONGEST_ACCESS,
};
use crate::error::{Error, Result};

/// A key, as administrators see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyInfo {
    /// Its id.
    pub id: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Since when it signs nothing more.
    pub retired_at: Option<DateTime<Utc>>,
}

impl Provider {
    /// The public key with this id, if it is one of ours.
    pub(crate) async fn public_key(&self, kid: &str) -> Result<Option<Jwk>> {
        self.revoked().await?;
        if let Some(key) = self.known_key(kid) {
            return Ok(Some(key));
        }
        // Another replica, or `jobbergate admin`, may just have made it.
        if self.revocations.may_look_again(self.clock.now()) {
            self.revocations.changed();
        }
        self.revoked().await?;
        Ok(self.known_key(kid))
    }

    fn known_key(&self, kid: &str) -> Option<Jwk> {
        let keys = self.known_keys();
        keys.iter().find(|key| key.id == kid).map(|key| key.public.clone())
    }

    /// How many keys there are, all of which can be read; none is made.
    pub(crate) async fn count_keys(&self) -> Result<usize> {
        let pems = store::all_keys(&mut self.db.read().await?).await?;
        for (id, pem) in &pems {
            SigningKey::from_pem(id, pem)?;
        }
        Ok(pems.len())
    }

    /// The keys whose tokens may be good, the one that signs last.
    pub async fn keys(&self) -> Result<Vec<KeyInfo>> {
        let now = self.clock.now();
        let mut db = self.db.read().await?;
        let rows = store::published_keys(&mut db, now - LONGEST_ACCESS, now).await?;
        let info = |row: KeyRow| KeyInfo {
            id: row.id,
            created_at: row.created_at,
            retired_at: row.retired_at,
        };
        Ok(rows.into_iter().map(info).collect())
    }

    /// All public keys.
    pub(crate) async fn public_keys(&self) -> Result<Vec<Jwk>> {
        self.signing_key().await?;
        Ok(self.known_keys().iter().map(|key| key.public.clone()).collect())
    }

    /// The key that signs; the first one is made when it is needed.
    pub async fn signing_key(&self) -> Result<SigningKey> {
        self.revoked().await?;
        if let Some(key) = self.known_keys().last() {
            return Ok(key.clone());
        }
        let _one_at_a_time = self.making_key.lock().await;
        if let Some(key) = self.known_keys().last() {
            return Ok(key.clone());
        }
        let made = SigningKey::generate().await?;
        let mut db = self.db.write().await?;
        store::insert_first_key(&mut db, &made, self.clock.now()).await?;
        db.commit().await?;
        self.revocations.changed();
        self.revoked().await?;
        let keys = self.known_keys();
        keys.last().cloned().ok_or_else(|| Error::internal("no signing key was kept"))
    }

    /// Makes another key, which signs from now on. Those there were stay published until their
    /// tokens have expired, or are forgotten `at_once`, and their tokens refused.
    pub async fn rotate_keys(&self, at_once: bool) -> Result<String> {
        let made = SigningKey::generate().await?;
        let (mut db, now) = (self.db.write().await?, self.clock.now());
        store::retire_keys(&mut db, now).await?;
        if at_once {
            store::delete_retired_keys(&mut db).await?;
        }
        store::insert_key(&mut db, &made, now).await?;
        db.commit().await?;
        self.revocations.changed();
        Ok(made.id)
    }

    fn known_keys(&self) -> Arc<Vec<SigningKey>> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes these for the keys that there are.
    pub(super) fn know_keys(&self, rows: &[KeyRow]) -> Result<()> {
        let known = self.known_keys();
        if known.iter().map(|key| &key.id).eq(rows.iter().map(|row| &row.id)) {
            return Ok(());
        }
        let keys: Result<Vec<_>> =
            rows.iter().map(|row| SigningKey::from_pem(&row.id, &row.private_key_pem)).collect();
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys?);
        Ok(())
    }
}
