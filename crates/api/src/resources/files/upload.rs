//! Uploading, replacing and renaming.

use bytes::Bytes;
use jobbergate_types::{FileType, job_script_templates::FileNameQuery};

use super::{
    claims::Claim,
    content::stored,
    removal::discard,
    revision::{Expected, GONE, current},
    store::{self, FileTable},
    syntax::check_syntax,
    transaction::{Ended, commit},
};
use crate::{
    app::Context,
    budget::Share,
    db::Session,
    download::FileUrl,
    error::{Error, Result},
};

/// The longest name of a file, in bytes: what an S3 key has room for.
const MAX_NAME_SIZE: usize = 900;

/// What was sent, or fetched, to be a file.
#[derive(Debug)]
pub(crate) struct Upload {
    /// Its name where it comes from.
    pub(crate) filename: String,
    pub(crate) content: Bytes,
}

/// A file on its way to its parent.
#[derive(Debug)]
pub(crate) struct FilePut {
    /// How it is to be called, and which file it takes the place of.
    pub(crate) names: FileNameQuery,
    pub(crate) file_type: FileType,
    /// The content; without it a file is renamed.
    pub(crate) upload: Option<Upload>,
    /// What its sender takes it to be by now.
    pub(crate) expected: Expected,
}

impl FilePut {
    /// The name that the file will have; 400 if it is nowhere to be found.
    pub(crate) fn target_name(&self) -> Result<String> {
        let given = |name: &Option<String>| name.clone().filter(|name| !name.is_empty());
        let previous = given(&self.names.previous_filename);
        let new = given(&self.names.filename);
        let renames = previous.is_some() && new.is_some() && new != previous;
        if self.upload.is_none() && !renames {
            let words = "Either a file or a previous filename must be provided";
            return Err(Error::BadRequest(words.to_owned()));
        }
        let name = new
            .or_else(|| self.upload.as_ref().map(|file| file.filename.clone()))
            .or(previous)
            .filter(|name| !name.is_empty())
            .ok_or_else(|| Error::BadRequest("The file needs a name".to_owned()))?;
        check_name(&name)?;
        Ok(name)
    }

    /// 400 or 422 for what can be found wrong without knowing the parent's other files.
    pub(crate) async fn check(&self, context: &Context) -> Result<()> {
        let name = self.target_name()?;
        match &self.upload {
            Some(file) => check_syntax(context, &name, &file.content).await,
            None => Ok(()),
        }
    }

    /// The file at `url`, which takes room in `share` as long as that is there.
    pub(crate) async fn fetched(
        context: &Context,
        url: &str,
        names: FileNameQuery,
        file_type: FileType,
        share: &mut Share,
    ) -> Result<Self> {
        let location = FileUrl::parse(url)?;
        let chosen = || names.filename.clone().filter(|name| !name.is_empty());
        let filename = chosen().or_else(|| location.filename()).ok_or_else(|| {
            Error::BadRequest(format!(
                "Filename could not be extracted from the provided URL: {location}"
            ))
        })?;
        check_name(&filename)?;
        let content = context.app.downloads.fetch(&location, share).await?;
        let upload = Some(Upload { filename, content });
        Ok(Self { names, file_type, upload, expected: Expected::Anything })
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

/// A file whose content is stored, but whose row is not.
#[derive(Debug)]
pub(crate) struct Stored {
    claim: Claim,
    table: FileTable,
    parent: i32,
    filename: String,
    /// The file that it takes the place of, if that is called otherwise.
    gone: Option<String>,
}

/// Stores the content of a file of `parent`, new, replaced or renamed. What is uploaded was checked
/// before.
pub(crate) async fn store_file(
    context: &Context,
    table: FileTable,
    parent: i32,
    put: FilePut,
) -> Result<Stored> {
    let filename = put.target_name()?;
    let previous = put.names.previous_filename.filter(|name| !name.is_empty());
    let gone = previous.clone().filter(|previous| *previous != filename);
    let names: Vec<_> = std::iter::once(&*filename).chain(gone.as_deref()).collect();
    let claim = Claim::wait(context, table, parent, &names).await?;
    let file = Stored { claim, table, parent, filename, gone };
    // For as long as the content is there.
    let mut share = context.app.sources.share(&context.customer.caller);
    let content = async {
        if let Some(previous) = &previous
            && !store::exists(&mut context.db.read().await?, table, parent, previous).await?
        {
            return Err(table.no_file(parent, previous));
        }
        file.require(context, &put.expected).await?;
        match (put.upload, &previous) {
            (Some(file), _) => Ok(file.content),
            (None, Some(previous)) => {
                let content = stored(context, table, parent, previous, &mut share).await?;
                check_syntax(context, &file.filename, &content).await?;
                Ok(content)
            }
            (None, None) => Ok(Bytes::new()),
        }
    };
    let content = content.await;
    file.write(context, content).await
}

/// Stores the content of a file of `parent`, new or replaced, if the check of what is there finds nothing
/// against it: nobody else changes the file meanwhile.
pub(crate) async fn store_content(
    context: &Context,
    table: FileTable,
    parent: i32,
    (filename, content): (&str, Bytes),
    check: impl Future<Output = Result<()>>,
) -> Result<Stored> {
    let claim = Claim::wait(context, table, parent, &[filename]).await?;
    let file = Stored { claim, table, parent, filename: filename.to_owned(), gone: None };
    let content = check.await.map(|()| content);
    file.write(context, content).await
}

impl Stored {
    /// 409 unless the file is still what it is expected to be.
    async fn require(&self, context: &Context, expected: &Expected) -> Result<()> {
        let current = async |name: &str| current(context, self.table, self.parent, name).await;
        let is_free = async || Ok::<_, Error>(current(&self.filename).await? == GONE);
        match (expected, &self.gone) {
            (Expected::Anything, _) => Ok(()),
            (Expected::Nothing, _) if is_free().await? => Ok(()),
            (Expected::OneOf(_), Some(_)) if !is_free().await? => Err(self.taken()),
            (Expected::Nothing, _) => Err(self.taken()),
            (Expected::OneOf(known), gone) => {
                let name = gone.as_deref().unwrap_or(&self.filename);
                match known.contains(&current(name).await?) {
                    true => Ok(()),
                    false => Err(Error::Changed),
                }
            }
        }
    }

    fn taken(&self) -> Error {
        let name = &self.filename;
        Error::Conflict(format!("There is a file {name} already; choose another name"))
    }

    async fn write(self, context: &Context, content: Result<Bytes>) -> Result<Self> {
        let error = match content {
            Err(error) => error,
            Ok(content) => {
                let (table, parent) = (self.table.name, self.parent.into());
                match context.storage.put(table, parent, &self.filename, content).await {
                    Ok(()) => return Ok(self),
                    Err(error) => {
                        // It may have been written though nobody was told.
                        self.discard(context, &self.filename).await;
                        error
                    }
                }
            }
        };
        self.claim.end(context).await;
        Err(error)
    }

    pub(crate) fn filename(&self) -> &str {
        &self.filename
    }

    /// Ends the transaction that notes the file's row: commits if all went well, otherwise removes
    /// the content if there was no such file before.
    pub(crate) async fn keep<T>(self, context: &Context, noted: Result<(Session, T)>) -> Result<T> {
        let kept = match self.finish(context, noted).await {
            Ok((db, row)) => match commit(db).await {
                Ended::Committed => Ok(row),
                Ended::Undone(error) => Err(error),
                Ended::Unclear(error) => {
                    self.claim.end(context).await;
                    return Err(error);
                }
            },
            Err(error) => Err(error),
        };
        let leftover = if kept.is_ok() { self.gone.as_deref() } else { Some(&*self.filename) };
        let Some(name) = leftover else { return kept };
        let removed = self.discard(context, name).await;
        self.claim.end(context).await;
        kept.map_err(|error| match error {
            Error::Full { service, source, .. } => {
                Error::Full { service, changed: !removed, source }
            }
            other => other,
        })
    }

    async fn discard(&self, context: &Context, name: &str) -> bool {
        discard(context, &self.claim, self.table, self.parent, name).await
    }

    async fn finish<T>(
        &self,
        context: &Context,
        noted: Result<(Session, T)>,
    ) -> Result<(Session, T)> {
        let (mut db, row) = noted?;
        match &self.gone {
            None => self.claim.end_with(&mut db).await?,
            Some(gone) => {
                if !store::delete(&mut db, self.table, self.parent, gone).await? {
                    return Err(self.table.no_file(self.parent, gone));
                }
                self.claim.renew(&mut db, context).await?;
            }
        }
        Ok((db, row))
    }
}
