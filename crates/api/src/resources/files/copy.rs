//! Copying files to a new parent.

use jobbergate_types::FileType;

use super::{FileTable, of_parent, store};
use crate::{
    app::Context,
    error::{Error, Result},
};

/// How often copying begins again because somebody deleted or renamed a file meanwhile.
const ATTEMPTS: usize = 10;

/// Copies the content of all files of one parent for another one, which has no row yet; their
/// names and types.
pub(crate) async fn copy_all(
    context: &Context,
    table: FileTable,
    from: i32,
    to: i32,
) -> Result<Vec<(String, FileType)>> {
    for _ in 0..ATTEMPTS {
        let mut files = Vec::new();
        for row in of_parent(&mut context.db.read().await?, table, from).await? {
            files.push((row.filename.clone(), row.file_type()?));
        }
        if copy_content(context, table, (from, to), files.iter().map(|(name, _)| &**name)).await? {
            return Ok(files);
        }
    }
    let words = "The files were changed while they were copied; try again";
    Err(Error::Conflict(words.to_owned()))
}

/// Copies the content of some files; false if one of them is no file any more, and then none is
/// left of the copies.
pub(crate) async fn copy_content(
    context: &Context,
    table: FileTable,
    (from, to): (i32, i32),
    names: impl Iterator<Item = &str>,
) -> Result<bool> {
    for name in names {
        match super::stored(context, table, from, name).await {
            Ok(content) => context.storage.put(table.0, to.into(), name, content).await?,
            Err(error) => {
                if store::exists(&mut context.db.read().await?, table, from, name).await? {
                    return Err(error);
                }
                context.storage.delete_all(table.0, to.into()).await?;
                return Ok(false);
            }
        }
    }
    Ok(true)
}
