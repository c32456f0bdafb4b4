//! Which content a file has, so that who changes it can say which one they know.

use std::pin::pin;

use futures::TryStreamExt;
use sha2::{Digest, Sha256};

use super::{content::open, store::FileTable};
use crate::{
    app::Context,
    error::{Error, Result},
    storage::{OpenFile, unavailable},
};

/// The revision of a file that is not there.
pub(crate) const GONE: &str = "gone";

/// How many bytes of a digest tell one content from another.
const LENGTH: usize = 16;

/// What a file may be when it is written.
#[derive(Debug, Clone, Default)]
pub(crate) enum Expected {
    #[default]
    Anything,
    /// There is no file of this name.
    Nothing,
    /// It has one of these revisions.
    OneOf(Vec<String>),
}

/// Tells one content from another.
pub(crate) fn revision(content: &[u8]) -> String {
    shown(&Sha256::digest(content))
}

/// The same of a file that may be too large to be kept.
pub(crate) async fn revision_of(file: OpenFile) -> Result<String> {
    let mut digest = Sha256::new();
    let mut content = pin!(file.content());
    while let Some(piece) = content.try_next().await.map_err(unavailable)? {
        digest.update(&piece);
    }
    Ok(shown(&digest.finalize()))
}

/// The revision that a file has.
pub(crate) async fn current(
    context: &Context,
    table: FileTable,
    parent: i32,
    filename: &str,
) -> Result<String> {
    match open(context, table, parent, filename).await {
        Ok(file) => revision_of(file).await,
        Err(Error::NotFound(_)) => Ok(GONE.to_owned()),
        Err(error) => Err(error),
    }
}

fn shown(digest: &[u8]) -> String {
    digest.get(..LENGTH).map(hex::encode).unwrap_or_default()
}
