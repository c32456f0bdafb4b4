//! Reading the content that belongs to a row.

use bytes::Bytes;

use super::store::{self, FileTable};
use crate::{
    app::Context,
    budget::Share,
    error::{Error, Result},
    storage::OpenFile,
};

/// A file, opened to be read; 404 if there is no such file.
pub(crate) async fn open(
    context: &Context,
    table: FileTable,
    parent: i32,
    filename: &str,
) -> Result<OpenFile> {
    let mut db = context.db.read().await?;
    if !store::exists(&mut db, table, parent, filename).await? {
        return Err(table.no_file(parent, filename));
    }
    drop(db);
    open_stored(context, table, parent, filename).await
}

/// The content that belongs to a row, opened to be read.
pub(crate) async fn open_stored(
    context: &Context,
    table: FileTable,
    parent: i32,
    filename: &str,
) -> Result<OpenFile> {
    match context.storage.open(table.name, parent.into(), filename).await? {
        Some(file) => Ok(file),
        None => Err(missing(context, table, parent, filename).await?),
    }
}

/// The content that belongs to a row, which takes room in `share` as long as that is there.
pub(crate) async fn stored(
    context: &Context,
    table: FileTable,
    parent: i32,
    filename: &str,
    share: &mut Share,
) -> Result<Bytes> {
    let file = open_stored(context, table, parent, filename).await?;
    share.grow_to(usize::try_from(file.size).unwrap_or(usize::MAX)).await?;
    file.read().await
}

/// Why the content of a file that has, or had, a row is not there.
async fn missing(
    context: &Context,
    table: FileTable,
    parent: i32,
    filename: &str,
) -> Result<Error> {
    // Somebody may just have deleted the file, or given it another name.
    if !store::exists(&mut context.db.read().await?, table, parent, filename).await? {
        return Ok(table.no_file(parent, filename));
    }
    tracing::error!(table = table.name, parent, filename, "a file's content is missing");
    Ok(Error::NotFound(format!(
        "The content of {filename} of {}.parent_id={parent} is missing in the file storage; upload \
         the file again",
        table.name
    )))
}
