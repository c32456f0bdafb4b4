//! Removing content that no row speaks of, while others write files of the same names.
//!
//! Whether there is a row is looked up under the lock that every writer of files takes, so that
//! content which somebody else has just written is never removed. What can't be removed now is
//! left for the collector: the answer to the request does not depend on it.

use super::{FileTable, store};
use crate::{
    app::Context,
    db::Session,
    error::{Error, Result},
};

/// Removes the content of a file unless it has a row.
pub(crate) async fn discard(context: &Context, table: FileTable, parent: i32, filename: &str) {
    let removed = async {
        let mut db = context.db.write().await?;
        store::lock_parent(&mut db, table, parent).await?;
        if store::exists(&mut db, table, parent, filename).await? {
            return Ok(());
        }
        context.storage.delete(table.0, parent.into(), filename).await
    };
    if let Err::<(), Error>(error) = removed.await {
        tracing::warn!(table = table.0, parent, filename, %error, "a file's content is left behind");
    }
}

/// Removes the content of all files of a parent that does not exist.
pub(crate) async fn discard_all(context: &Context, tables: &[FileTable], parent: i32) {
    for &table in tables {
        let removed = async {
            let mut db = context.db.write().await?;
            if store::lock_parent(&mut db, table, parent).await? {
                return Ok(());
            }
            // On SQLite, the number of an insert that was undone is given again, but not while
            // this transaction lasts.
            context.storage.delete_all(table.0, parent.into()).await
        };
        if let Err::<(), Error>(error) = removed.await {
            tracing::warn!(table = table.0, parent, %error, "content of files is left behind");
        }
    }
}

/// Ends the transaction in which a new parent got its files: commits if all could be stored,
/// otherwise removes those that were.
pub(crate) async fn commit_new<T>(
    context: &Context,
    db: Session,
    tables: &[FileTable],
    parent: i32,
    stored: Result<T>,
) -> Result<T> {
    let kept = match stored {
        Ok(files) => db.commit().await.map(|()| files).map_err(Error::from),
        Err(error) => {
            drop(db);
            Err(error)
        }
    };
    if kept.is_err() {
        discard_all(context, tables, parent).await;
    }
    kept
}
