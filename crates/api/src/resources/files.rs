//! Files of templates and scripts: a row for each, and its content in the storage.
//!
//! No transaction waits for the storage. Content is stored first, then a short transaction notes
//! its row: a row always has content, and content that a failure or a crash leaves without a row is
//! garbage, removed at once or by the collector. Content is removed after its row is. Who changes
//! content that others could change, too, has the claim to it; a new template or script
//! gets its files under a number that nobody else has before there is a row of it.
//!
//! A file that is replaced keeps its key, which the Python server has to find. All that can be
//! refused is refused before; if the database fails right after, the file has its new content and
//! its old row, and the client is told that it failed.

mod claim_store;
mod claims;
mod copy;
mod discard;
mod store;
mod upload;

use bytes::Bytes;
use jobbergate_types::FileType;

pub(crate) use claims::{Claim, forget_expired};
pub(crate) use copy::{copy_all, copy_content};
pub(crate) use discard::{commit_new, discard_all};
pub use store::{FileRow, JOB_SCRIPT_FILES, TEMPLATE_FILES, WORKFLOW_FILES};
pub(crate) use store::{FileTable, of_parent, of_parents};
pub(crate) use upload::{FilePut, check_name, check_syntax, not_passed, store_content, store_file};

use crate::{
    app::Context,
    db::Session,
    error::{Error, Result},
    storage::OpenFile,
};

/// The number of a parent to be, under which its files are stored before there is a row of it.
pub(crate) async fn reserve_parent(context: &Context, table: FileTable) -> Result<i32> {
    let mut db = context.db.write().await?;
    let number = db.next_number(table.1).await?;
    db.commit().await?;
    Ok(number)
}

/// A file, opened to be read; 404 if there is no such file.
pub(crate) async fn content(
    context: &Context,
    table: FileTable,
    parent: i32,
    filename: &str,
) -> Result<OpenFile> {
    let mut db = context.db.read().await?;
    if !store::exists(&mut db, table, parent, filename).await? {
        return Err(no_file(table, parent, filename));
    }
    drop(db);
    match context.storage.open(table.0, parent.into(), filename).await? {
        Some(file) => Ok(file),
        None => Err(missing(context, table, parent, filename).await?),
    }
}

/// The content that belongs to a row.
pub(crate) async fn stored(
    context: &Context,
    table: FileTable,
    parent: i32,
    filename: &str,
) -> Result<Bytes> {
    if let Some(content) = context.storage.get(table.0, parent.into(), filename).await? {
        return Ok(content);
    }
    Err(missing(context, table, parent, filename).await?)
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
        return Ok(no_file(table, parent, filename));
    }
    tracing::error!(table = table.0, parent, filename, "a file's content is missing");
    Ok(Error::NotFound(format!(
        "The content of {filename} of {}.parent_id={parent} is missing in the file storage; upload \
         the file again",
        table.0
    )))
}

/// Notes the row of a file whose content is stored.
pub(crate) async fn note(
    context: &Context,
    db: &mut Session,
    table: FileTable,
    parent: i32,
    file: (&str, FileType),
) -> Result<FileRow> {
    Ok(store::upsert(db, table, parent, file.0, file.1, context.now()).await?)
}

/// Removes a file; 404 if there is no such file.
pub(crate) async fn delete(
    context: &Context,
    table: FileTable,
    parent: i32,
    filename: &str,
) -> Result<()> {
    let mut db = context.db.write().await?;
    if !store::delete(&mut db, table, parent, filename).await? {
        return Err(no_file(table, parent, filename));
    }
    let claim = Claim::within(&mut db, context, table, parent, filename).await?;
    db.commit().await?;
    if let Some(claim) = claim {
        discard::discard(context, table, parent, filename).await;
        claim.end(context).await;
    }
    Ok(())
}

pub(crate) fn no_file(table: FileTable, parent: i32, filename: &str) -> Error {
    Error::NotFound(format!(
        "{} row not found by parent_id={parent}, filename='{filename}'",
        table.0
    ))
}
