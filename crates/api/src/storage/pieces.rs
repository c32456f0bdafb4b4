//! Reads files piece by piece, as somebody asks for them.

use std::ops::Range;

use bytes::Bytes;
use futures::{Stream, StreamExt, TryStreamExt, stream};
use object_store::{GetOptions, ObjectStore, ObjectStoreExt, path::Path as Key};
use tokio::time::timeout;

use super::{FILE_DEADLINE, SERVICE, Storage, in_time, keys, unavailable};
use crate::error::Result;

/// How much of a file is read at a time, in bytes.
const PIECE: u64 = 64 << 10;

/// A file that is being read.
#[derive(Debug)]
pub struct OpenFile {
    /// How large it is, in bytes.
    pub size: u64,
    content: Content,
}

#[derive(Debug)]
enum Content {
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
            let opened = async {
                match self.open_key(key).await {
                    Ok(opened) => Ok(Some(opened)),
                    Err(object_store::Error::NotFound { .. }) => Ok(None),
                    Err(error) => Err(error),
                }
            };
            if let Some(opened) = in_time(opened).await? {
                return Ok(Some(opened));
            }
        }
        Ok(None)
    }

    async fn open_key(&self, key: Key) -> object_store::Result<OpenFile> {
        let found = self.store.head(&key).await?;
        if found.size > PIECE {
            let content = Content::Pieces { storage: self.clone(), key, version: found.e_tag };
            return Ok(OpenFile { size: found.size, content });
        }
        let content = self.store.get(&key).await?.bytes().await?;
        Ok(OpenFile { size: content.len() as u64, content: Content::Whole(content) })
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
        let content = async { self.store.get_opts(key, options).await?.bytes().await };
        timeout(FILE_DEADLINE, content).await.unwrap_or_else(|late| {
            Err(object_store::Error::Generic { store: SERVICE, source: late.into() })
        })
    }
}

impl OpenFile {
    /// All of its content at once.
    pub(crate) async fn read(self) -> Result<Bytes> {
        match self.content {
            Content::Whole(content) => Ok(content),
            Content::Pieces { storage, key, version } => {
                storage.piece(&key, version, 0..self.size).await.map_err(unavailable)
            }
        }
    }

    /// Its first bytes, as many as there are up to `most`.
    pub(crate) async fn beginning(self, most: u64) -> Result<Bytes> {
        match self.content {
            Content::Whole(mut content) => {
                content.truncate(usize::try_from(most).unwrap_or(usize::MAX));
                Ok(content)
            }
            Content::Pieces { storage, key, version } => {
                let range = 0..self.size.min(most);
                storage.piece(&key, version, range).await.map_err(unavailable)
            }
        }
    }

    /// Its content. Each piece is read when it is asked for, and nothing is held open in between.
    pub fn content(self) -> impl Stream<Item = object_store::Result<Bytes>> + Send + use<> {
        let size = self.size;
        match self.content {
            Content::Whole(content) => stream::iter([Ok(content)]).left_stream(),
            Content::Pieces { storage, key, version } => {
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
