//! What is not good any more although it has not expired: read from the database at most every
//! second, and at once after something was revoked here.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    Provider,
    store::{self, families, users},
    tokens::LONGEST_ACCESS,
};
use crate::error::Result;

/// How long others may have revoked something without its being known here.
const MAX_AGE: TimeDelta = TimeDelta::seconds(1);

/// What is known of revocations, and what has changed since.
#[derive(Debug, Default)]
pub(super) struct Revocations {
    known: RwLock<Option<Arc<Snapshot>>>,
    reading: tokio::sync::Mutex<()>,
    /// Grows with each revocation here.
    generation: AtomicU64,
    /// When a token named a key that was not known, and it was looked for.
    looked_again: Mutex<Option<DateTime<Utc>>>,
}

/// What was revoked, at an instant.
#[derive(Debug)]
pub(crate) struct Snapshot {
    generation: u64,
    read_at: DateTime<Utc>,
    families: HashSet<String>,
    disabled: HashSet<String>,
    /// When the accounts of these addresses were deleted, in seconds since 1970.
    deleted: HashMap<String, i64>,
    keys: Vec<String>,
}

impl Revocations {
    /// Something was revoked, and the transaction is over.
    pub(super) fn changed(&self) {
        self.generation.fetch_add(1, Ordering::SeqCst);
    }

    /// Whether what is known may be read again although it is young: once in its lifetime, since
    /// anybody can name keys that there never were.
    pub(super) fn may_look_again(&self, now: DateTime<Utc>) -> bool {
        let mut looked = self.looked_again.lock().unwrap_or_else(PoisonError::into_inner);
        let may = looked.is_none_or(|looked| (now - looked).abs() >= MAX_AGE);
        if may {
            *looked = Some(now);
        }
        may
    }

    fn fresh(&self, now: DateTime<Utc>) -> Option<Arc<Snapshot>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner).clone()?;
        let current = known.generation == self.generation.load(Ordering::SeqCst);
        // The clock may have been set back.
        let young = (now - known.read_at).abs() < MAX_AGE;
        (current && young).then_some(known)
    }
}

impl Snapshot {
    /// Whether tokens of this family, or with this address and issued then, are refused.
    pub(crate) fn refuses(
        &self,
        family: Option<&str>,
        email: Option<&str>,
        issued_at: Option<i64>,
    ) -> bool {
        let is_revoked = |family| self.families.contains(family);
        // Families end with their account; who has another one under that address has others.
        let was_deleted = |email| {
            let deleted_at = self.deleted.get(email).filter(|_| family.is_none());
            deleted_at.is_some_and(|at| issued_at.is_none_or(|issued_at| issued_at <= *at))
        };
        family.is_some_and(is_revoked)
            || email.is_some_and(|email| self.disabled.contains(email) || was_deleted(email))
    }

    /// Whether this key is published.
    pub(crate) fn has_key(&self, kid: &str) -> bool {
        self.keys.iter().any(|key| key == kid)
    }

    /// What is different after any change.
    pub(crate) fn version(&self) -> (u64, DateTime<Utc>) {
        (self.generation, self.read_at)
    }
}

impl Provider {
    /// What was revoked so far.
    pub(crate) async fn revoked(&self) -> Result<Arc<Snapshot>> {
        let now = self.clock.now();
        if let Some(fresh) = self.revocations.fresh(now) {
            return Ok(fresh);
        }
        let _one_at_a_time = self.revocations.reading.lock().await;
        if let Some(fresh) = self.revocations.fresh(now) {
            return Ok(fresh);
        }
        let generation = self.revocations.generation.load(Ordering::SeqCst);
        let mut db = self.db.read().await?;
        let keys = store::published_keys(&mut db, now - LONGEST_ACCESS, now).await?;
        let snapshot = Arc::new(Snapshot {
            generation,
            read_at: now,
            families: families::revoked_since(&mut db, now - LONGEST_ACCESS)
                .await?
                .into_iter()
                .collect(),
            disabled: users::disabled(&mut db).await?.into_iter().collect(),
            deleted: users::deleted(&mut db)
                .await?
                .into_iter()
                .map(|(email, at)| (email, at.timestamp()))
                .collect(),
            keys: keys.iter().map(|key| key.id.clone()).collect(),
        });
        drop(db);
        self.know_keys(&keys)?;
        let mut known = self.revocations.known.write().unwrap_or_else(PoisonError::into_inner);
        *known = Some(Arc::clone(&snapshot));
        Ok(snapshot)
    }
}
