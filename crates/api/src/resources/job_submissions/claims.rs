//! Which agent of a cluster has claimed a submission.
//!
//! An agent claims before it submits, and holds all that it has claimed by one lease. When that is
//! over, another agent of the cluster may take it, under a larger number: what the first one then
//! says under its own is refused. Agents that claim nothing (Python's) are offered what has no claim,
//! and what they were offered is not claimed for a while.

pub(crate) mod store;
pub(crate) mod withdrawn;

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use jobbergate_types::{
    claims::{Claims, ClaimsRequest, LEASE_SECONDS},
    job_submissions::JobSubmissionStatus,
};

use super::store::{PendingRow, SubmissionRow};
use crate::{
    app::{App, Context},
    db::{Db, Session},
    error::{Error, Result},
    events::feed::Entry,
    tenant::Tenant,
};
use store::{Claim, Freed};

const LEASE: TimeDelta = TimeDelta::seconds(LEASE_SECONDS);
/// How long an agent that claims nothing is left alone with what it was offered.
const OFFER: TimeDelta = TimeDelta::minutes(5);
/// How old the record of an offer becomes before it is written anew.
const OFFER_RECORD: TimeDelta = TimeDelta::seconds(30);
/// How many agents of a cluster may hold leases.
const MOST_LEASES: usize = 16;

/// Renews an agent's lease, and claims what is free. What is true of the leases is judged under the
/// cluster's lock: nobody takes over what is renewed at the same time.
pub(super) async fn claim(
    context: &Context,
    client_id: &str,
    request: &ClaimsRequest,
) -> Result<Claims> {
    let instance = request.instance.as_str();
    let mut db = context.db.write().await?;
    let number = store::next_number(&mut db, client_id).await?;
    let now = context.now();
    let leases = store::leases(&mut db, client_id, now).await?;
    let lapsed = leases.iter().all(|lease| lease.instance != instance);
    if lapsed && leases.len() >= MOST_LEASES {
        return Err(Error::TooMany(
            "16 agents of this cluster hold leases already; stop some, or wait until their leases \
             are over",
        ));
    }
    store::forget_leases(&mut db, client_id, now).await?;
    store::set_lease(&mut db, client_id, instance, now + LEASE).await?;
    let claim = Claim { client_id, instance, number, now };
    let active = store::claim_active(&mut db, claim).await?;
    let claimed = match request.new {
        0 => 0,
        new => store::claim_waiting(&mut db, claim, now - OFFER, new).await?,
    };
    let withdrawn = withdrawn::claim(&mut db, claim).await?;
    db.commit().await?;
    let (claimed, active) = (claimed.cast_signed(), active.cast_signed());
    Ok(Claims { lease_seconds: LEASE_SECONDS, claimed, active, lapsed, withdrawn })
}

/// Ends an agent's lease and all its claims, and wakes agents that may take what waits.
pub(super) async fn hand_back(context: &Context, client_id: &str, instance: &str) -> Result<()> {
    let mut db = context.db.write().await?;
    store::next_number(&mut db, client_id).await?;
    store::end_lease(&mut db, client_id, instance).await?;
    let freed = store::free_claims_of(&mut db, client_id, instance).await?;
    commit_and_wake(context, db, client_id, &freed).await
}

/// One that waits is enough to wake all.
async fn commit_and_wake(
    context: &Context,
    mut db: Session,
    client_id: &str,
    freed: &[Freed],
) -> Result<()> {
    let Some(first) = freed.iter().find(|freed| freed.waits()) else {
        return Ok(db.commit().await?);
    };
    let entry = Entry {
        job_submission_id: first.id,
        client_id: client_id.to_owned(),
        owner_email: first.owner_email.clone(),
        status: Some(JobSubmissionStatus::Created),
    };
    let written = context.note(&mut db, entry).await?;
    db.commit().await?;
    written.wake();
    Ok(())
}

/// Keeps an agent from saying anything of a submission that was claimed after its own claim ended.
pub(super) fn require_current(row: &SubmissionRow, claim: Option<i64>) -> Result<()> {
    if claim.is_none() || claim == row.claim {
        return Ok(());
    }
    Err(Error::Conflict(format!(
        "The claim given is not the current one of job submission job_submission_id={}: its lease \
         was over or it was handed back, and the submission may be another agent's now. Nothing was \
         changed",
        row.id
    )))
}

/// Whether it is noted of all of these that they are offered, and was so not long ago.
pub(super) fn are_offered(rows: &[PendingRow], now: DateTime<Utc>) -> bool {
    rows.iter().all(|row| is_offered(row, now))
}

fn is_offered(row: &PendingRow, now: DateTime<Utc>) -> bool {
    row.offered_at.is_some_and(|at| at > now - OFFER_RECORD)
}

/// Notes that an agent that claims nothing is offered these; without those that were claimed since
/// they were read.
pub(super) async fn offer(context: &Context, rows: &mut Vec<PendingRow>) -> Result<()> {
    let now = context.now();
    let ids: Vec<_> = rows.iter().filter(|row| !is_offered(row, now)).map(|row| row.id).collect();
    let mut db = context.db.write().await?;
    let offered = store::offer(&mut db, &ids, now).await?;
    db.commit().await?;
    rows.retain(|row| is_offered(row, now) || offered.contains(&row.id));
    Ok(())
}

/// What an agent has claimed.
#[derive(Debug)]
pub struct Holding {
    /// The cluster.
    pub client_id: String,
    /// The agent's name among those of the cluster.
    pub instance: String,
    /// Until when its lease holds; nothing if it is over.
    pub lease_ends_at: Option<DateTime<Utc>>,
    /// How many that wait.
    pub waiting: i64,
    /// How many that are active.
    pub active: i64,
    /// How many that nobody wants any more and that may have a job.
    pub withdrawn: i64,
}

/// Who has claimed what in an organization's data, and whose leases hold.
pub async fn list(db: &Db, now: DateTime<Utc>) -> Result<Vec<Holding>> {
    let mut db = db.read().await?;
    let leases = store::all_leases(&mut db, now).await?;
    let rows = store::holdings(&mut db).await?;
    let mut holdings: Vec<_> = rows
        .into_iter()
        .map(|row| Holding {
            lease_ends_at: None,
            client_id: row.client_id,
            instance: row.claimant,
            waiting: row.waiting,
            active: row.active,
            withdrawn: row.withdrawn,
        })
        .collect();
    for store::Lease { client_id, instance, ends_at } in leases {
        let is_its =
            |held: &&mut Holding| (&held.client_id, &held.instance) == (&client_id, &instance);
        match holdings.iter_mut().find(is_its) {
            Some(held) => held.lease_ends_at = Some(ends_at),
            None => holdings.push(Holding {
                client_id,
                instance,
                lease_ends_at: Some(ends_at),
                waiting: 0,
                active: 0,
                withdrawn: 0,
            }),
        }
    }
    Ok(holdings)
}

/// Frees what is claimed in a cluster by agents whose leases are over; how many that wait, and how
/// many that are active.
pub async fn release(app: &Arc<App>, tenant: Tenant, client_id: &str) -> Result<(usize, usize)> {
    let context = Context::for_tenant(Arc::clone(app), tenant);
    let mut db = context.db.write().await?;
    store::next_number(&mut db, client_id).await?;
    let freed = store::free_abandoned(&mut db, client_id, context.now()).await?;
    commit_and_wake(&context, db, client_id, &freed).await?;
    let waiting = freed.iter().filter(|freed| freed.waits()).count();
    Ok((waiting, freed.len() - waiting))
}
