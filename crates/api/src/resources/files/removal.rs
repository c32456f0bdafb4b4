//! Removing files, and content that no row speaks of.
//!
//! Content that can't be removed now is left for the collector: the answer to the request does not
//! depend on it.

use super::{
    claims::Claim,
    store::{self, FileTable},
};
use crate::{
    app::Context,
    error::{Error, Result},
};

/// Removes a file; 404 if there is no such file.
pub(crate) async fn delete(
    context: &Context,
    table: FileTable,
    parent: i32,
    filename: &str,
) -> Result<()> {
    let mut db = context.db.write().await?;
    if !store::delete(&mut db, table, parent, filename).await? {
        return Err(table.no_file(parent, filename));
    }
    let claim = Claim::within(&mut db, context, table, parent, filename).await?;
    db.commit().await?;
    if let Some(claim) = claim {
        discard(context, &claim, table, parent, filename).await;
        claim.end(context).await;
    }
    Ok(())
}

/// Removes the content of a file unless it has a row; whether it is gone. If the claim has come to an
/// end it is left alone: somebody else may have written it anew.
pub(super) async fn discard(
    context: &Context,
    claim: &Claim,
    table: FileTable,
    parent: i32,
    filename: &str,
) -> bool {
    let removed = async {
        let mut db = context.db.read().await?;
        if store::exists(&mut db, table, parent, filename).await? {
            return Ok(false);
        }
        claim.require_time(&mut db, context).await?;
        drop(db);
        context.storage.delete(table.name, parent.into(), filename).await?;
        Ok(true)
    };
    removed.await.unwrap_or_else(|error: Error| {
        let table = table.name;
        let error = error.with_cause();
        tracing::warn!(table, parent, filename, error, "a file's content is left behind");
        false
    })
}

/// Removes the content of all files of a parent unless there is one of this number, which is never
/// given again.
pub(crate) async fn discard_all(context: &Context, tables: &[FileTable], parent: i32) {
    for &table in tables {
        let removed = async {
            if store::has_parent(&mut context.db.read().await?, table, parent).await? {
                return Ok(());
            }
            context.storage.delete_all(table.name, parent.into()).await
        };
        if let Err::<(), Error>(error) = removed.await {
            let error = error.with_cause();
            tracing::warn!(table = table.name, parent, error, "content of files is left behind");
        }
    }
}
