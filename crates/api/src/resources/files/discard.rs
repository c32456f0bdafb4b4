//! Removing content that no row speaks of.
//!
//! What can't be removed now is left for the collector: the answer to the request does not depend
//! on it.

use super::{FileTable, store};
use crate::{
    app::Context,
    db::Session,
    error::{Error, Result},
};

/// Removes the content of a file unless it has a row. The caller has the claim to it.
pub(super) async fn discard(context: &Context, table: FileTable, parent: i32, filename: &str) {
    let removed = async {
        if store::exists(&mut context.db.read().await?, table, parent, filename).await? {
            return Ok(());
        }
        context.storage.delete(table.0, parent.into(), filename).await
    };
    if let Err::<(), Error>(error) = removed.await {
        let error = error.with_cause();
        tracing::warn!(table = table.0, parent, filename, error, "a file's content is left behind");
    }
}

/// Removes the content of all files of a parent unless there is one of this number, which is never
/// given again.
pub(crate) async fn discard_all(context: &Context, tables: &[FileTable], parent: i32) {
    for &table in tables {
        let removed = async {
            if store::has_parent(&mut context.db.read().await?, table, parent).await? {
                return Ok(());
            }
            context.storage.delete_all(table.0, parent.into()).await
        };
        if let Err::<(), Error>(error) = removed.await {
            let error = error.with_cause();
            tracing::warn!(table = table.0, parent, error, "content of files is left behind");
        }
    }
}

/// How a transaction ended. Without a word from the database the rows may have come to last, so
/// that what was stored for them is left alone.
pub(super) enum Ended {
    Committed,
    Undone(Error),
    Unclear(Error),
}

pub(super) async fn commit(db: Session) -> Ended {
    match db.commit().await {
        Ok(()) => Ended::Committed,
        Err(error @ sqlx::Error::Io(_)) => Ended::Unclear(error.into()),
        Err(error) => Ended::Undone(error.into()),
    }
}

/// Ends the transaction that makes a new parent whose files are stored already: commits if all
/// went well, otherwise removes them.
pub(crate) async fn commit_new<T>(
    context: &Context,
    tables: &[FileTable],
    parent: i32,
    made: Result<(Session, T)>,
) -> Result<T> {
    let failed = match made {
        Ok((db, made)) => match commit(db).await {
            Ended::Committed => return Ok(made),
            Ended::Unclear(error) => return Err(error),
            Ended::Undone(error) => error,
        },
        Err(error) => error,
    };
    discard_all(context, tables, parent).await;
    Err(failed)
}
