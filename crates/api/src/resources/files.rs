//! Files of templates and scripts: a row for each, and its content in the storage.
//!
//! Content is written before its row is committed and removed after its row is, so that a row
//! always has content; content that a crash leaves without a row is garbage for the collector.

mod discard;
mod store;
mod upload;

use bytes::Bytes;
use jobbergate_types::FileType;

pub(crate) use discard::{commit_new, discard, discard_all};
pub use store::{FileRow, JOB_SCRIPT_FILES, TEMPLATE_FILES, WORKFLOW_FILES};
pub(crate) use store::{FileTable, of_parent, of_parents};
pub(crate) use upload::{FilePut, check_name, check_syntax, not_passed, put};

use crate::{
    app::Context,
    db::Session,
    error::{Error, Result},
    storage::OpenFile,
};

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

/// Writes a new file as part of the transaction in `db`.
pub(crate) async fn add(
    context: &Context,
    db: &mut Session,
    table: FileTable,
    parent: i32,
    file: (&str, FileType, Bytes),
) -> Result<FileRow> {
    let (filename, file_type, content) = file;
    context.storage.put(table.0, parent.into(), filename, content).await?;
    Ok(store::upsert(db, table, parent, filename, file_type, context.now()).await?)
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
    db.commit().await?;
    discard(context, table, parent, filename).await;
    Ok(())
}

/// Copies all files of one parent to another, as part of the transaction in `db`.
pub(crate) async fn copy_all(
    context: &Context,
    db: &mut Session,
    table: FileTable,
    from: i32,
    to: i32,
) -> Result<Vec<FileRow>> {
    let mut copies = Vec::new();
    for row in of_parent(db, table, from).await? {
        let content = stored(context, table, from, &row.filename).await?;
        copies.push(add(context, db, table, to, (&row.filename, row.file_type()?, content)).await?);
    }
    Ok(copies)
}

pub(crate) fn no_file(table: FileTable, parent: i32, filename: &str) -> Error {
    Error::NotFound(format!(
        "{} row not found by parent_id={parent}, filename='{filename}'",
        table.0
    ))
}
