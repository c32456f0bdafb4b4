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
enum Slot {
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

#[derive(Debug)]
pub(super) struct Pools {
    pub(super) opener: Opener,
    clock: Clock,
    max_open: usize,
    idle: TimeDelta,
    slots: Mutex<HashMap<OrganizationId, Slot>>,
}

impl Pools {
    pub(super) fn new(opener: Opener, clock: Clock, max_open: usize, idle: TimeDelta) -> Self {
        Self { opener, clock, max_open, idle, slots: Mutex::default() }
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
        let (mut slots, now) = (self.slots(), self.clock.now());
        slots.retain(
            |_, slot| !matches!(slot, Slot::Refused { at, .. } if now - *at >= RETRY_AFTER),
        );
        match slots.get(id) {
            Some(Slot::Open { tenant, .. }) => return Step::Ready(tenant.clone()),
            Some(Slot::Opening(opening)) => return Step::Wait(opening.clone()),
            Some(Slot::Refused { reason, .. }) => return Step::Refused(reason.clone()),
            None => {}
        }
        let taken = slots.values().filter(|slot| !matches!(slot, Slot::Refused { .. }));
        let evicted = if taken.count() < self.max_open {
            None
        } else {
            let Some(tenant) = take_least_used(&mut slots) else { return Step::Full };
            Some(tenant)
        };
        let opening = self.start_opening(id.clone(), evicted);
        slots.insert(id.clone(), Slot::Opening(opening.clone()));
        Step::Wait(opening)
    }

    /// Opens in a task of its own, so that it is finished even if everybody who asked gives up.
    fn start_opening(self: &Arc<Self>, id: OrganizationId, evicted: Option<Tenant>) -> Opening {
        let pools = Arc::clone(self);
        let opening = async move {
            if let Some(tenant) = evicted {
                tenant.close().await;
            }
            let opened = pools.opener.open(&id).await;
            let slot = match &opened {
                // As if unused for ever, until a request says otherwise.
                Ok(tenant) => {
                    Slot::Open { tenant: tenant.clone(), last_used: DateTime::UNIX_EPOCH }
                }
                Err(reason) => Slot::Refused { reason: reason.clone(), at: pools.clock.now() },
            };
            pools.slots().insert(id, slot);
            opened
        };
        let opening = opening.boxed().shared();
        tokio::spawn(opening.clone());
        opening
    }

    /// Notes that a request has used an organization's data.
    pub(super) fn touch(&self, id: &OrganizationId) {
        if let Some(Slot::Open { last_used, .. }) = self.slots().get_mut(id) {
            *last_used = self.clock.now();
        }
    }

    /// The organizations that are open, without counting as their use.
    pub(super) fn opened(&self) -> Vec<Tenant> {
        let slots = self.slots();
        let open = slots.values().filter_map(|slot| match slot {
            Slot::Open { tenant, .. } => Some(tenant.clone()),
            Slot::Opening(_) | Slot::Refused { .. } => None,
        });
        open.collect()
    }

    /// An organization's data if it is open, without counting as its use.
    pub(super) fn if_open(&self, id: &OrganizationId) -> Option<Tenant> {
        match self.slots().get(id)? {
            Slot::Open { tenant, .. } => Some(tenant.clone()),
            Slot::Opening(_) | Slot::Refused { .. } => None,
        }
    }

    /// Closes what nobody has used for a while.
    pub(super) async fn close_idle(&self) {
        let now = self.clock.now();
        let unused = |slot: &Slot| match slot {
            Slot::Open { tenant, last_used } => {
                !tenant.lease.is_held_elsewhere() && now - *last_used >= self.idle
            }
            Slot::Opening(_) | Slot::Refused { .. } => false,
        };
        let closing: Vec<_> =
            self.slots().extract_if(|_, slot| unused(slot)).map(|(_, slot)| slot).collect();
        close(closing).await;
    }

    pub(super) async fn close(&self) {
        let closing: Vec<_> = self.slots().drain().map(|(_, slot)| slot).collect();
        close(closing).await;
    }

    /// Nothing is left half-changed by a panic.
    fn slots(&self) -> MutexGuard<'_, HashMap<OrganizationId, Slot>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes out what nobody uses at the moment and was used the longest ago.
fn take_least_used(slots: &mut HashMap<OrganizationId, Slot>) -> Option<Tenant> {
    let free = slots.iter().filter_map(|(id, slot)| match slot {
        Slot::Open { tenant, last_used } if !tenant.lease.is_held_elsewhere() => {
            Some((*last_used, id.clone()))
        }
        _ => None,
    });
    let (_, id) = free.min_by_key(|(last_used, _)| *last_used)?;
    match slots.remove(&id)? {
        Slot::Open { tenant, .. } => Some(tenant),
        Slot::Opening(_) | Slot::Refused { .. } => None,
    }
}

async fn close(slots: Vec<Slot>) {
    for slot in slots {
        if let Slot::Open { tenant, .. } = slot {
            tenant.close().await;
        }
    }
}
