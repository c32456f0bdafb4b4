//! A new parent, whose files are stored before there is a row of it.

use serde::Serialize;

use super::{
    removal::discard_all,
    store::FileTable,
    transaction::{Ended, commit},
};
use crate::{app::Context, db::Session, error::Result};

/// The number of a parent to be, under which its files are stored before there is a row of it.
pub(crate) async fn reserve_parent(context: &Context, table: FileTable) -> Result<i32> {
    let mut db = context.db.write().await?;
    let number = db.next_number(table.parents).await?;
    db.commit().await?;
    Ok(number)
}

/// Ends the transaction that makes a new parent whose files are stored already: commits if all
/// went well, otherwise removes them.
pub(crate) async fn commit_new<T: Serialize + Sync>(
    context: &Context,
    tables: &[FileTable],
    parent: i32,
    made: Result<(Session, T)>,
) -> Result<T> {
    let failed = match made {
        Ok((mut db, made)) => match context.keep_answer(&mut db, &made).await {
            Ok(()) => match commit(db).await {
                Ended::Committed => return Ok(made),
                Ended::Unclear(error) => return Err(error),
                Ended::Undone(error) => error,
            },
            Err(error) => error,
        },
        Err(error) => error,
    };
    discard_all(context, tables, parent).await;
    Err(failed)
}
