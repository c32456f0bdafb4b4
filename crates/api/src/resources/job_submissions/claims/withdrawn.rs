//! Submissions that nobody wants any more, and of which may be a job that nobody knows: an agent
//! claimed them, and they were cancelled, deleted or rejected with their script before it said what
//! came of them. Whoever has the claim finds that out, also for an agent that is gone.

pub(crate) mod store;

use chrono::{DateTime, TimeDelta, Utc};
use jobbergate_types::claims::WithdrawnJobSubmission;

use super::store::Claim;
use crate::{
    app::Context,
    db::Session,
    error::{Error, Result},
};
use store::WithdrawnRow;

/// How long they are remembered: agents ask accounting for no earlier jobs.
const MEMORY: TimeDelta = TimeDelta::days(7);

/// Has an agent take over what no lease holds; how many it has then.
pub(super) async fn claim(db: &mut Session, claim: Claim<'_>) -> Result<i64> {
    if !store::are_there(db, claim.client_id).await? {
        return Ok(0);
    }
    store::forget_old(db, Some(claim.client_id), claim.now - MEMORY).await?;
    store::take(db, claim).await?;
    Ok(store::count(db, claim.client_id, claim.instance).await?)
}

/// How many there are that are not remembered any more.
pub(crate) async fn count_old(db: &mut Session, now: DateTime<Utc>) -> sqlx::Result<u64> {
    store::count_old(db, now - MEMORY).await
}

/// Forgets some of those; how many, and whether there may be more.
pub(crate) async fn forget_old(db: &mut Session, now: DateTime<Utc>) -> sqlx::Result<(u64, bool)> {
    let forgotten = store::forget_old(db, None, now - MEMORY).await?;
    Ok((forgotten, forgotten == store::BATCH))
}

/// What an agent has claimed.
pub(in crate::resources::job_submissions) async fn list(
    context: &Context,
    client_id: &str,
    instance: &str,
) -> Result<Vec<WithdrawnJobSubmission>> {
    let mut db = context.db.read().await?;
    let rows = store::list(&mut db, client_id, instance).await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

impl From<WithdrawnRow> for WithdrawnJobSubmission {
    fn from(row: WithdrawnRow) -> Self {
        Self {
            id: row.job_submission_id.into(),
            owner_email: row.owner_email,
            job_script_id: row.job_script_id.into(),
            job_script_created_at: row.job_script_created_at.into(),
            claim: row.claim,
            inherited: row.inherited,
        }
    }
}

/// An agent says that there is no job of one, or that all is known of it.
pub(in crate::resources::job_submissions) async fn settle(
    context: &Context,
    client_id: &str,
    id: i64,
    claim: i64,
) -> Result<()> {
    let mut db = context.db.write().await?;
    let was_there = store::settle(&mut db, client_id, id, claim).await?;
    db.commit().await?;
    if was_there {
        return Ok(());
    }
    Err(Error::Conflict(format!(
        "The claim given is not the current one of a withdrawn job submission \
         job_submission_id={id}: it is another agent's now, or settled already. Nothing was changed"
    )))
}
