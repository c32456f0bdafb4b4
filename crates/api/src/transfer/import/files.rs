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

/// The file's key, as it is told.
pub(super) const MARK_KEY: &str = "import/0/under-way";

/// Where an import stores files, and which it has stored.
#[derive(Debug)]
pub(super) struct Files {
    storage: Storage,
    put: Vec<FileName>,
}

/// Fails unless the data directory's disk has room for files of this size together.
pub(super) fn require_room(app: &App, bytes: u64) -> io::Result<()> {
    match &app.data_directory {
        Some(directory) => disk::require_room_for(directory, bytes),
        None => Ok(()),
    }
}

impl Files {
    pub(super) const fn new(storage: Storage) -> Self {
        Self { storage, put: Vec::new() }
    }

    /// Fails if there are files; what an import left that was killed is removed, whatever it was:
    /// no row is there that names a file, and none can be made meanwhile.
    pub(super) async fn require_none(&self) -> Result<(), TransferError> {
        if self.storage.get(TABLE, 0, MARK).await?.is_some() {
            return Ok(self.remove_left().await?);
        }
        for table in TABLES.iter().filter(|table| table.has_files) {
            let files = self.storage.files(table.name).await?;
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
        self.storage.put(TABLE, 0, MARK, Bytes::from_static(b"an import is under way\n")).await
    }

    pub(super) async fn put(&mut self, file: FileName, content: Bytes) -> Result<()> {
        // What fails may be there all the same.
        self.put.push(file.clone());
        self.storage.put(file.table.name, file.parent.into(), &file.name, content).await
    }

    /// The import is done.
    pub(super) async fn keep(&self) -> Result<()> {
        self.storage.delete(TABLE, 0, MARK).await
    }

    /// Removes what this import has stored, and nothing else.
    pub(super) async fn remove(&self) -> Result<()> {
        for FileName { table, parent, name } in &self.put {
            self.storage.delete(table.name, (*parent).into(), name).await?;
        }
        self.keep().await
    }

    /// Removes all that an import has stored that was killed.
    async fn remove_left(&self) -> Result<()> {
        for table in TABLES.iter().filter(|table| table.has_files) {
            let mut files = pin!(self.storage.files(table.name).await?);
            while let Some(file) = files.try_next().await? {
                self.storage.remove(&file.key).await?;
            }
        }
        self.keep().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transfer::tables;

    #[tokio::test]
    async fn an_import_that_fails_removes_only_what_it_has_stored() {
        let directory = tempfile::tempdir().unwrap();
        let storage = Storage::directory(directory.path()).unwrap();
        let mut files = Files::new(storage.clone());
        files.require_none().await.unwrap();
        files.begin().await.unwrap();
        let (_, table) = tables::find("job_script_files").unwrap();
        let file = FileName { table, parent: 1, name: "run.sh".to_owned() };
        files.put(file, "ours".into()).await.unwrap();
        storage.put("job_script_files", 2, "run.sh", "theirs".into()).await.unwrap();
        files.remove().await.unwrap();
        let at = |parent, name| storage.get("job_script_files", parent, name);
        assert_eq!(at(1, "run.sh").await.unwrap(), None);
        assert_eq!(at(2, "run.sh").await.unwrap().unwrap(), "theirs");
        assert_eq!(storage.get(TABLE, 0, MARK).await.unwrap(), None);
    }
}
