//! Reads files piece by piece, as somebody asks for them.

use std::ops::Range;

use bytes::Bytes;
use futures::{Stream, StreamExt, TryStreamExt, stream};
use object_store::{GetOptions, ObjectStore, ObjectStoreExt, path::Path as Key};

use super::{Storage, keys, unavailable};
use crate::error::Result;

/// How much of a file is read at a time, in bytes.
const PIECE: u64 = 64 << 10;

/// A file that is being read.
#[derive(Debug)]
pub struct OpenFile {
    /// How large it is, in bytes.
    pub size: u64,
    source: Source,
}

#[derive(Debug)]
enum Source {
    /// It was small enough to be read at once.
    Whole(Bytes),
    Pieces {
        storage: Storage,
        key: Key,
        version: Option<String>,
    },
}

impl Storage {
    /// Opens a file; `None` if there is none of that name.
    pub async fn open(&self, table: &str, parent: i64, name: &str) -> Result<Option<OpenFile>> {
        for key in keys(self.names, table, parent, name)? {
            let found = match self.store.get(&key).await {
                Ok(found) => found,
                Err(object_store::Error::NotFound { .. }) => continue,
                Err(error) => return Err(unavailable(error)),
            };
            let (size, version) = (found.meta.size, found.meta.e_tag.clone());
            let source = if size <= PIECE {
                Source::Whole(found.bytes().await.map_err(unavailable)?)
            } else {
                Source::Pieces { storage: self.clone(), key, version }
            };
            return Ok(Some(OpenFile { size, source }));
        }
        Ok(None)
    }

    /// Fails if the file is no longer the same.
    async fn piece(
        &self,
        key: &Key,
        version: Option<String>,
        range: Range<u64>,
    ) -> object_store::Result<Bytes> {
        let options =
            GetOptions { range: Some(range.into()), if_match: version, ..GetOptions::default() };
        self.store.get_opts(key, options).await?.bytes().await
    }
}

impl OpenFile {
    /// Its content. Each piece is read when it is asked for, and nothing is held open in between.
    pub fn content(self) -> impl Stream<Item = object_store::Result<Bytes>> + Send + use<> {
        let size = self.size;
        match self.source {
            Source::Whole(content) => stream::iter([Ok(content)]).left_stream(),
            Source::Pieces { storage, key, version } => {
                stream::iter((0..size).step_by(PIECE as usize))
                    .then(move |start| {
                        let (storage, key, version) =
                            (storage.clone(), key.clone(), version.clone());
                        let range = start..size.min(start + PIECE);
                        async move { storage.piece(&key, version, range).await }
                    })
                    .inspect_err(|error| {
                        let error: &dyn std::error::Error = error;
                        tracing::warn!(error, "a download broke off");
                    })
                    .right_stream()
            }
        }
    }
}
