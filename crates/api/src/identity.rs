//! The built-in identity provider, in charge when no external one is configured.
//!
//! It speaks OpenID Connect under Keycloak's URL layout (`/realms/jobbergate/…`), so that
//! clients made for Keycloak need only another domain.

pub mod clients;
mod keys;
mod routes;
mod store;
mod tokens;

use std::sync::{Arc, PoisonError, RwLock};

use jsonwebtoken::jwk::Jwk;
use tokio::sync::Semaphore;

pub use clients::{ClientSecret, NewClient};
pub use routes::{router, token_id};
pub use tokens::{TokenRequest, UserToken};

use crate::{clock::Clock, db::Db, error::Result};
use keys::SigningKey;

/// The realm's path below the server's address.
pub const REALM_PATH: &str = "/realms/jobbergate";
/// Argon2 takes 19 MiB and tens of milliseconds a time; more at once would only swap.
const CONCURRENT_HASHES: usize = 2;

#[derive(Debug)]
pub struct Provider {
    db: Db,
    clock: Clock,
    base_url: String,
    keys: RwLock<Arc<Vec<SigningKey>>>,
    making_key: tokio::sync::Mutex<()>,
    hashing: Semaphore,
}

impl Provider {
    /// The provider of the server at `base_url` (`http://host:port`), with its data in `db`.
    pub fn new(db: Db, clock: Clock, base_url: &str) -> Self {
        Self {
            db,
            clock,
            base_url: base_url.trim_end_matches('/').to_owned(),
            keys: RwLock::default(),
            making_key: tokio::sync::Mutex::default(),
            hashing: Semaphore::new(CONCURRENT_HASHES),
        }
    }

    /// Notes how others reach this server, for `jobbergate admin`, whose tokens must have the
    /// same issuer.
    pub async fn remember_address(&self) -> Result<()> {
        if self.remembered_address().await?.as_ref() == Some(&self.base_url) {
            return Ok(());
        }
        let mut db = self.db.write().await?;
        store::keep_address(&mut db, &self.base_url, self.clock.now()).await?;
        Ok(db.commit().await?)
    }

    /// The address that the server noted when it started last.
    pub async fn remembered_address(&self) -> Result<Option<String>> {
        Ok(store::address(&mut self.db.read().await?).await?)
    }

    pub fn issuer(&self) -> String {
        format!("{}{REALM_PATH}", self.base_url)
    }

    /// The public key with this id, if it is one of ours.
    pub(crate) async fn public_key(&self, kid: &str) -> Result<Option<Jwk>> {
        let find = |keys: &[SigningKey]| {
            keys.iter().find(|key| key.id == kid).map(|key| key.public.clone())
        };
        if let Some(key) = find(&self.known_keys()) {
            return Ok(Some(key));
        }
        Ok(find(&self.load_keys().await?))
    }

    /// How many keys there are; none is made.
    pub(crate) async fn count_keys(&self) -> Result<usize> {
        self.load_keys().await.map(|keys| keys.len())
    }

    pub(crate) async fn public_keys(&self) -> Result<Vec<Jwk>> {
        self.signing_key().await?;
        Ok(self.known_keys().iter().map(|key| key.public.clone()).collect())
    }

    /// The newest key; the first one is made when it is needed.
    pub async fn signing_key(&self) -> Result<SigningKey> {
        if let Some(key) = self.known_keys().last() {
            return Ok(key.clone());
        }
        let _one_at_a_time = self.making_key.lock().await;
        if let Some(key) = self.load_keys().await?.last() {
            return Ok(key.clone());
        }
        let made = SigningKey::generate().await?;
        let mut db = self.db.write().await?;
        store::insert_first_key(&mut db, &made, self.clock.now()).await?;
        db.commit().await?;
        let keys = self.load_keys().await?;
        keys.last().cloned().ok_or_else(|| crate::error::Error::internal("no signing key was kept"))
    }

    fn known_keys(&self) -> Arc<Vec<SigningKey>> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    async fn load_keys(&self) -> Result<Arc<Vec<SigningKey>>> {
        let rows = store::keys(&mut self.db.read().await?).await?;
        let keys: Result<Vec<_>> =
            rows.iter().map(|row| SigningKey::from_pem(&row.id, &row.private_key_pem)).collect();
        let keys = Arc::new(keys?);
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&keys);
        Ok(keys)
    }
}
