//! Uploading, replacing and renaming.

use bytes::Bytes;
use jobbergate_types::{FileType, job_script_templates::FileNameQuery};

use super::{FileRow, FileTable, add, no_file, store};
use crate::{
    app::Context,
    db::Session,
    error::{Error, Result},
    http::UploadedFile,
};

/// The longest name of a file, in bytes: what an S3 key has room for.
const MAX_NAME_SIZE: usize = 900;

/// A file on its way to its parent.
#[derive(Debug)]
pub(crate) struct FilePut {
    /// How it is to be called, and which file it takes the place of.
    pub(crate) names: FileNameQuery,
    /// What it is to its parent.
    pub(crate) file_type: FileType,
    /// The content; without it a file is renamed.
    pub(crate) upload: Option<UploadedFile>,
}

impl FilePut {
    /// The name that the file will have; 400 if it is nowhere to be found.
    pub(crate) fn target_name(&self) -> Result<String> {
        let given = |name: &Option<String>| name.clone().filter(|name| !name.is_empty());
        if self.upload.is_none() && given(&self.names.previous_filename).is_none() {
            let words = "Either a file or a previous filename must be provided";
            return Err(Error::BadRequest(words.to_owned()));
        }
        let name = given(&self.names.filename)
            .or_else(|| self.upload.as_ref().map(|file| file.filename.clone()))
            .or_else(|| given(&self.names.previous_filename))
            .filter(|name| !name.is_empty())
            .ok_or_else(|| Error::BadRequest("The file needs a name".to_owned()))?;
        check_name(&name)?;
        Ok(name)
    }
}

/// 422 for a name that nobody could ask for: a path in a request has no control characters.
pub(crate) fn check_name(name: &str) -> Result<()> {
    if name.len() > MAX_NAME_SIZE {
        return Err(Error::Unprocessable(format!(
            "File names cannot exceed {MAX_NAME_SIZE} bytes, got {}",
            name.len()
        )));
    }
    if name.chars().any(char::is_control) {
        return Err(Error::Unprocessable(format!(
            "File names cannot contain control characters, got {name:?}"
        )));
    }
    Ok(())
}

/// Writes, replaces or renames a file of `parent`, as part of the transaction in `db`.
/// Returns its row and, if a file of another name is gone now, that name: its content is to be
/// removed once the transaction is committed.
pub(crate) async fn put(
    context: &Context,
    db: &mut Session,
    table: FileTable,
    parent: i32,
    put: FilePut,
) -> Result<(FileRow, Option<String>)> {
    let filename = put.target_name()?;
    let FilePut { names, file_type, upload } = put;
    let previous = names.previous_filename.filter(|name| !name.is_empty());
    if let Some(previous) = &previous
        && store::find(db, table, parent, previous).await?.is_none()
    {
        return Err(no_file(table, parent, previous));
    }
    let content = match (upload, &previous) {
        (Some(file), _) => file.content,
        (None, Some(previous)) => super::stored(context, table, parent, previous).await?,
        (None, None) => Bytes::new(),
    };
    check_syntax(&filename, &content).await?;
    let gone = previous.filter(|previous| *previous != filename);
    if let Some(previous) = &gone {
        store::delete(db, table, parent, previous).await?;
    }
    let row = add(context, db, table, parent, (&filename, file_type, content)).await?;
    Ok((row, gone))
}

/// 400 if the file's suffix promises a syntax that its content does not have.
pub(crate) async fn check_syntax(filename: &str, content: &Bytes) -> Result<()> {
    let (name, content) = (filename.to_owned(), content.clone());
    let checked = tokio::task::spawn_blocking(move || crate::file_checks::check(&name, &content));
    checked.await.map_err(Error::internal)?.map_err(|problem| {
        Error::BadRequest(format!(
            "File {filename} did not pass the syntax check for its extension: {problem}"
        ))
    })
}
