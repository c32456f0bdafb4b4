//! Archiving and deleting templates, scripts and submissions that nobody uses any more.

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    store,
    task::{Cleaned, Entries},
};
use crate::{
    app::Context,
    db::Session,
    error::{Error, Result},
    events::feed,
    resources::{job_script_templates, job_scripts, job_submissions},
};

/// Deletes what is archived and unused for `delete` days, then archives what is unused for
/// `archive` days. Archiving counts as a change, so that everything is archived for `delete` days
/// before it goes.
pub(super) async fn clean(
    context: &Context,
    entries: Entries,
    archive: Option<u32>,
    delete: Option<u32>,
    dry_run: bool,
) -> Result<Cleaned> {
    let before = |days: u32| context.now() - TimeDelta::days(days.into());
    let (archive, delete) = (archive.map(before), delete.map(before));
    if dry_run {
        let mut db = context.db.read().await?;
        let archived = store::count_to_archive(&mut db, entries, archive).await?;
        let deleted = store::count_to_delete(&mut db, entries, delete).await?;
        return Ok(Cleaned::Entries { archived, deleted });
    }
    let deleted = match delete {
        Some(before) => delete_unused(context, entries, before).await?,
        None => 0,
    };
    let archived = match archive {
        Some(before) => archive_unused(context, entries, before).await?,
        None => 0,
    };
    Ok(Cleaned::Entries { archived, deleted })
}

async fn archive_unused(context: &Context, entries: Entries, before: DateTime<Utc>) -> Result<u64> {
    let mut archived = 0;
    loop {
        let mut db = context.db.write().await?;
        let batch = store::archive(&mut db, entries, before, context.now()).await?;
        db.commit().await?;
        if batch == 0 {
            return Ok(archived);
        }
        archived += batch;
    }
}

/// Each in a transaction of its own. One that can't be deleted is told of and left for next time.
async fn delete_unused(context: &Context, entries: Entries, before: DateTime<Utc>) -> Result<u64> {
    let (mut deleted, mut last) = (0, 0);
    loop {
        let mut db = context.db.read().await?;
        let ids = store::to_delete(&mut db, entries, before, last).await?;
        drop(db);
        let Some(end) = ids.last() else { return Ok(deleted) };
        last = *end;
        for id in ids {
            match delete_one(context, entries, id, before).await {
                Ok(true) => deleted += 1,
                Ok(false) => {}
                Err(error @ Error::Unavailable { .. }) => return Err(error),
                Err(error) => {
                    let (table, error) = (entries.table(), error.with_cause());
                    tracing::error!(table, id, error, "an unused row could not be deleted");
                }
            }
        }
    }
}

/// Deletes a row as the API does; false if somebody came to use it meanwhile.
async fn delete_one(
    context: &Context,
    entries: Entries,
    id: i32,
    before: DateTime<Utc>,
) -> Result<bool> {
    loop {
        let mut db = context.db.write().await?;
        if !store::lock_to_delete(&mut db, entries, before, id).await? {
            return Ok(false);
        }
        let gone = match entries {
            Entries::Submissions => delete_submission(db, id, context.now()).await?,
            Entries::Scripts => {
                job_scripts::service::delete_locked(context, db, id).await?;
                true
            }
            Entries::Templates => {
                job_script_templates::service::delete_locked(context, db, id).await?;
                true
            }
        };
        if gone {
            return Ok(true);
        }
    }
}

/// A submission may have millions of metrics: some go at a time, and with the last the submission.
async fn delete_submission(mut db: Session, id: i32, now: DateTime<Utc>) -> Result<bool> {
    let last = store::delete_metrics(&mut db, id).await?;
    if last {
        job_submissions::claims::withdrawn::store::note(&mut db, id, now).await?;
        job_submissions::store::delete(&mut db, id).await?;
        feed::forget(&mut db, id).await?;
    }
    db.commit().await?;
    Ok(last)
}
