//! The organizations whose databases are open: opened on demand, once for all who ask, bounded in
//! number, closed when nobody has used them for a while.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use futures::{
    FutureExt,
    future::{BoxFuture, Shared},
};

use super::{OrganizationId, Tenant, opener::Opener};
use crate::{
    clock::Clock,
    error::{Error, Result},
};

/// How long a request waits for an organization's database to be opened.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often a request looks whether another organization's database may be closed meanwhile.
const PAUSE: Duration = Duration::from_millis(50);
/// After which time an organization that could not be opened is tried again.
const RETRY_AFTER: TimeDelta = TimeDelta::seconds(5);

/// All who wait for an organization get the same answer: its data, or a sentence for the client.
type Opening = Shared<BoxFuture<'static, Result<Tenant, String>>>;

#[derive(Debug)]
enum Entry {
    Opening(Opening),
    Open { tenant: Tenant, last_used: DateTime<Utc> },
    Refused { reason: String, at: DateTime<Utc> },
}

enum Step {
    Ready(Tenant),
    Wait(Opening),
    Refused(String),
    Full,
}

/// The organizations.
#[derive(Debug)]
pub(super) struct Pools {
    pub(super) opener: Opener,
    clock: Clock,
    max_open: usize,
    idle: TimeDelta,
    entries: Mutex<HashMap<OrganizationId, Entry>>,
}

impl Pools {
    pub(super) fn new(opener: Opener, clock: Clock, max_open: usize, idle: TimeDelta) -> Self {
        Self { opener, clock, max_open, idle, entries: Mutex::default() }
    }

    /// An organization's data; 503 if it can't be had within [`PATIENCE`].
    pub(super) async fn get(self: &Arc<Self>, id: &OrganizationId) -> Result<Tenant> {
        let waited = tokio::time::timeout(PATIENCE, self.wait_for(id)).await;
        waited
            .unwrap_or_else(|_| {
                tracing::warn!(
                    organization = %id,
                    "an organization was not opened in time: its database is slow or being \
                     brought up to date, or JOBBERGATE_MAX_OPEN_ORGANIZATIONS is too small"
                );
                Err(format!(
                    "The data of the organization {id} is not ready yet; try again in a moment"
                ))
            })
            .map_err(Error::NotReady)
    }

    async fn wait_for(self: &Arc<Self>, id: &OrganizationId) -> Result<Tenant, String> {
        loop {
            match self.step(id) {
                Step::Ready(tenant) => return Ok(tenant),
                Step::Wait(opening) => return opening.await,
                Step::Refused(reason) => return Err(reason),
                Step::Full => tokio::time::sleep(PAUSE).await,
            }
        }
    }

    fn step(self: &Arc<Self>, id: &OrganizationId) -> Step {
        let (mut entries, now) = (self.entries(), self.clock.now());
        entries.retain(
            |_, entry| !matches!(entry, Entry::Refused { at, .. } if now - *at >= RETRY_AFTER),
        );
        match entries.get(id) {
            Some(Entry::Open { tenant, .. }) => return Step::Ready(tenant.clone()),
            Some(Entry::Opening(opening)) => return Step::Wait(opening.clone()),
            Some(Entry::Refused { reason, .. }) => return Step::Refused(reason.clone()),
            None => {}
        }
        let taken = entries.values().filter(|entry| !matches!(entry, Entry::Refused { .. }));
        let evicted = if taken.count() < self.max_open {
            None
        } else {
            let Some(tenant) = take_least_used(&mut entries) else { return Step::Full };
            Some(tenant)
        };
        let opening = self.start_opening(id.clone(), evicted);
        entries.insert(id.clone(), Entry::Opening(opening.clone()));
        Step::Wait(opening)
    }

    /// Opens in a task of its own, so that it is finished even if everybody who asked gives up.
    fn start_opening(self: &Arc<Self>, id: OrganizationId, evicted: Option<Tenant>) -> Opening {
        let pools = Arc::clone(self);
        let opening = async move {
            if let Some(tenant) = evicted {
                tenant.db.close().await;
            }
            let opened = pools.opener.open(&id).await;
            let entry = match &opened {
                // As if unused for ever, until a request says otherwise.
                Ok(tenant) => {
                    Entry::Open { tenant: tenant.clone(), last_used: DateTime::UNIX_EPOCH }
                }
                Err(reason) => Entry::Refused { reason: reason.clone(), at: pools.clock.now() },
            };
            pools.entries().insert(id, entry);
            opened
        };
        let opening = opening.boxed().shared();
        tokio::spawn(opening.clone());
        opening
    }

    /// Notes that a request has used an organization's data.
    pub(super) fn touch(&self, id: &OrganizationId) {
        if let Some(Entry::Open { last_used, .. }) = self.entries().get_mut(id) {
            *last_used = self.clock.now();
        }
    }

    /// The organizations that are open, without counting as their use.
    pub(super) fn opened(&self) -> Vec<Tenant> {
        let entries = self.entries();
        let open = entries.values().filter_map(|entry| match entry {
            Entry::Open { tenant, .. } => Some(tenant.clone()),
            Entry::Opening(_) | Entry::Refused { .. } => None,
        });
        open.collect()
    }

    /// An organization's data if it is open, without counting as its use.
    pub(super) fn if_open(&self, id: &OrganizationId) -> Option<Tenant> {
        match self.entries().get(id)? {
            Entry::Open { tenant, .. } => Some(tenant.clone()),
            Entry::Opening(_) | Entry::Refused { .. } => None,
        }
    }

    /// Closes what nobody has used for a while.
    pub(super) async fn close_idle(&self) {
        let now = self.clock.now();
        let unused = |entry: &Entry| match entry {
            Entry::Open { tenant, last_used } => {
                !tenant.lease.is_held_elsewhere() && now - *last_used >= self.idle
            }
            Entry::Opening(_) | Entry::Refused { .. } => false,
        };
        let closing: Vec<_> =
            self.entries().extract_if(|_, entry| unused(entry)).map(|(_, entry)| entry).collect();
        close(closing).await;
    }

    /// Closes everything.
    pub(super) async fn close(&self) {
        let closing: Vec<_> = self.entries().drain().map(|(_, entry)| entry).collect();
        close(closing).await;
    }

    /// Nothing is left half-changed by a panic.
    fn entries(&self) -> MutexGuard<'_, HashMap<OrganizationId, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes out what nobody uses at the moment and was used the longest ago.
fn take_least_used(entries: &mut HashMap<OrganizationId, Entry>) -> Option<Tenant> {
    let free = entries.iter().filter_map(|(id, entry)| match entry {
        Entry::Open { tenant, last_used } if !tenant.lease.is_held_elsewhere() => {
            Some((*last_used, id.clone()))
        }
        _ => None,
    });
    let (_, id) = free.min_by_key(|(last_used, _)| *last_used)?;
    match entries.remove(&id)? {
        Entry::Open { tenant, .. } => Some(tenant),
        Entry::Opening(_) | Entry::Refused { .. } => None,
    }
}

async fn close(entries: Vec<Entry>) {
    for entry in entries {
        if let Entry::Open { tenant, .. } = entry {
            tenant.db.close().await;
        }
    }
}
