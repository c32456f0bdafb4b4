//! Removing stored files that belong to no row, such as a crash leaves behind, and finding rows
//! whose files are missing.
//!
//! A file is written before its row is committed. So that no upload under way loses its file,
//! only files are removed that are older than any upload takes; that have no row while nobody
//! else can write them; and that are still as old right before they go.

use std::{
    collections::{BTreeSet, HashSet},
    fmt::Display,
};

use chrono::{DateTime, TimeDelta, Utc};
use futures::{StreamExt, TryStreamExt};

use super::{Outcome, store};
use crate::{
    app::Context,
    error::{Error, Result},
    resources::files::{self, Claim, JOB_SCRIPT_FILES, TEMPLATE_FILES, WORKFLOW_FILES},
    storage::StoredFile,
};

/// How many files may be impossible to remove before the others are left for next time.
const FAILURES: usize = 20;
/// How many stored files are looked up at once.
const CHUNK: usize = 500;

/// The tables that have files in the storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "whose files they are")]
pub enum StoredFiles {
    Scripts,
    Templates,
    Workflows,
}

impl StoredFiles {
    /// The table, and the first part of the keys.
    pub(super) const fn table(self) -> &'static str {
        match self {
            Self::Scripts => JOB_SCRIPT_FILES.0,
            Self::Templates => TEMPLATE_FILES.0,
            Self::Workflows => WORKFLOW_FILES.0,
        }
    }
}

/// Removes files that belong to nothing and are older than `grace`; counts rows without files. What
/// can't be removed is told of and left for next time; then this fails in the end.
pub(super) async fn collect(
    context: &Context,
    files: StoredFiles,
    grace: TimeDelta,
    dry_run: bool,
) -> Result<Outcome> {
    let before = context.now() - grace;
    let rows = store::count_files(&mut context.db.read().await?, files).await?;
    let mut garbage = Garbage::default();
    let mut named = 0;
    let mut chunks = context.storage.files(files.table()).await?.try_chunks(CHUNK);
    while let Some(chunk) = chunks.next().await {
        let (with_row, without_row) =
            by_row(context, files, chunk.map_err(|error| error.1)?).await?;
        named += with_row;
        for file in without_row.into_iter().filter(|file| file.last_modified < before) {
            let removed = match dry_run {
                true => Ok(true),
                false => remove(context, files, &file, before).await,
            };
            garbage.count(&file.key, file.size, removed)?;
        }
    }
    for file in context.storage.unfinished(files.table(), before).await? {
        let (path, size) = (file.to_string(), file.size);
        let removed = match dry_run {
            true => Ok(true),
            false => context.storage.remove_unfinished(file).await.map(|()| true),
        };
        garbage.count(path, size, removed)?;
    }
    if !dry_run {
        files::forget_expired(context).await?;
    }
    // Looking for each row's file takes long, and is needed only if fewer files were found.
    let missing = if named < rows { count_missing(context, files).await? } else { 0 };
    let Garbage { removed, bytes, failed, .. } = garbage;
    failed.map_or(Ok(Outcome::Files { removed, bytes, missing }), Err)
}

/// What was, or would be, removed.
#[derive(Default)]
struct Garbage {
    removed: u64,
    bytes: u64,
    failed: Option<Error>,
    failures: usize,
}

impl Garbage {
    /// Fails after too many failures: then the storage won't remove the next file either.
    fn count(&mut self, name: impl Display, size: u64, removed: Result<bool>) -> Result<()> {
        match removed {
            Ok(true) => {
                self.removed += 1;
                self.bytes += size;
            }
            Ok(false) => {}
            Err(error) => {
                let cause = error.with_cause();
                tracing::warn!(%name, error = cause, "a file that belongs to nothing is left behind");
                self.failures += 1;
                if self.failures >= FAILURES {
                    return Err(error);
                }
                self.failed.get_or_insert(error);
            }
        }
        Ok(())
    }
}

/// How many of the files have a row, and those that have none.
async fn by_row(
    context: &Context,
    files: StoredFiles,
    stored: Vec<StoredFile>,
) -> Result<(u64, Vec<StoredFile>)> {
    let parents: BTreeSet<_> = stored.iter().map(|file| file.parent).collect();
    let parents: Vec<_> = parents.into_iter().collect();
    let rows = store::files_of(&mut context.db.read().await?, files, &parents).await?;
    let named = keys(context, files, &rows)?;
    let (with_row, without_row): (Vec<_>, Vec<_>) =
        stored.into_iter().partition(|file| named.contains(&file.key));
    Ok((with_row.len() as u64, without_row))
}

fn keys(
    context: &Context,
    files: StoredFiles,
    rows: &[(i32, String)],
) -> Result<HashSet<object_store::path::Path>> {
    let mut all = HashSet::new();
    for (parent, name) in rows {
        all.extend(context.storage.keys(files.table(), *parent, name)?);
    }
    Ok(all)
}

/// Removes a file while nobody else can write it; false if it came to belong to something
/// meanwhile, or is about to.
async fn remove(
    context: &Context,
    files: StoredFiles,
    file: &StoredFile,
    before: DateTime<Utc>,
) -> Result<bool> {
    let Some(claim) = Claim::to_key(context, file.key.as_ref()).await? else { return Ok(false) };
    let removed = remove_claimed(context, files, file, before).await;
    claim.end(context).await;
    removed
}

async fn remove_claimed(
    context: &Context,
    files: StoredFiles,
    file: &StoredFile,
    before: DateTime<Utc>,
) -> Result<bool> {
    let rows = store::files_of(&mut context.db.read().await?, files, &[file.parent]).await?;
    let written = context.storage.last_modified(&file.key).await?;
    let garbage = !keys(context, files, &rows)?.contains(&file.key)
        && written.is_some_and(|written| written < before);
    if garbage {
        context.storage.remove(&file.key).await?;
        tracing::info!(key = %file.key, bytes = file.size, "a file that belonged to nothing was removed");
    }
    Ok(garbage)
}

/// How many rows there are whose files are missing; the log names them.
async fn count_missing(context: &Context, files: StoredFiles) -> Result<u64> {
    let (mut missing, mut last) = (0, 0);
    loop {
        let mut db = context.db.read().await?;
        let parents = store::parents(&mut db, files, last).await?;
        let Some(end) = parents.last() else { return Ok(missing) };
        last = *end;
        let rows = store::files_of(&mut db, files, &parents).await?;
        drop(db);
        let mut stored = HashSet::new();
        let mut untold = HashSet::new();
        for parent in parents {
            match context.storage.keys_of(files.table(), parent.into()).await? {
                Some(keys) => stored.extend(keys),
                None => drop(untold.insert(parent)),
            }
        }
        for row in rows {
            let keys = context.storage.keys(files.table(), row.0, &row.1)?;
            if !untold.contains(&row.0)
                && !keys.iter().any(|key| stored.contains(key))
                && is_missing(context, files, &row).await?
            {
                missing += 1;
                let (table, (parent, name)) = (files.table(), row);
                tracing::warn!(
                    table,
                    parent,
                    name,
                    "a file is missing in the storage; upload it again"
                );
            }
        }
    }
}

/// Looks once more: the file may have been written, or its row deleted, meanwhile.
async fn is_missing(context: &Context, files: StoredFiles, row: &(i32, String)) -> Result<bool> {
    if context.storage.get(files.table(), row.0.into(), &row.1).await?.is_some() {
        return Ok(false);
    }
    let rows = store::files_of(&mut context.db.read().await?, files, &[row.0]).await?;
    Ok(rows.contains(row))
}
