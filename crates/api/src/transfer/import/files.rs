//! Files of an archive, stored before their rows are committed.

use std::{io, pin::pin};

use bytes::Bytes;
use futures::TryStreamExt;

use crate::{
    app::App,
    disk,
    error::Result,
    storage::Storage,
    transfer::{TransferError, archive::FileName, tables::TABLES},
};

/// A file that is there while an import is under way: `import/0/under-way`.
const TABLE: &str = "import";
const MARK: &str = "under-way";

/// Where an import stores files.
#[derive(Debug, Clone)]
pub(super) struct Files(Storage);

/// Fails unless the data directory's disk has room for files of this size together.
pub(super) fn require_room(app: &App, bytes: u64) -> io::Result<()> {
    match &app.data_directory {
        Some(directory) => disk::require_room_for(directory, bytes),
        None => Ok(()),
    }
}

impl Files {
    pub(super) const fn new(storage: Storage) -> Self {
        Self(storage)
    }

    /// Fails if there are files; what an import left that was killed is removed.
    pub(super) async fn require_none(&self) -> Result<(), TransferError> {
        if self.0.get(TABLE, 0, MARK).await?.is_some() {
            return Ok(self.remove().await?);
        }
        for table in TABLES.iter().filter(|table| table.has_files) {
            let files = self.0.files(table.name).await?;
            if let Some(file) = pin!(files).try_next().await? {
                return Err(TransferError::Refused(format!(
                    "there are stored files already, such as {}: an archive is imported only \
                     where nothing is. Name another bucket or data directory, or empty this one",
                    file.key
                )));
            }
        }
        Ok(())
    }

    /// Notes that whatever is stored from now on is of an import.
    pub(super) async fn begin(&self) -> Result<()> {
        self.0.put(TABLE, 0, MARK, Bytes::from_static(b"an import is under way\n")).await
    }

    pub(super) async fn put(&self, file: &FileName, content: Bytes) -> Result<()> {
        self.0.put(file.table.name, file.parent.into(), &file.name, content).await
    }

    /// The import is done.
    pub(super) async fn keep(&self) -> Result<()> {
        self.0.delete(TABLE, 0, MARK).await
    }

    /// Removes all that an import has stored.
    pub(super) async fn remove(&self) -> Result<()> {
        for table in TABLES.iter().filter(|table| table.has_files) {
            let mut files = pin!(self.0.files(table.name).await?);
            while let Some(file) = files.try_next().await? {
                self.0.remove(&file.key).await?;
            }
        }
        self.keep().await
    }
}
