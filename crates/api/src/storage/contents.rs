//! What is in the storage, whoever put it there.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use futures::{Stream, StreamExt, TryStreamExt, future, stream};
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt, path::Path as Key};

use super::{Storage, in_time};
use crate::error::Result;

/// How many parents' files are listed at once.
const LISTINGS: usize = 8;

/// A file in the storage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFile {
    /// Whose file it is.
    pub parent: i32,
    /// Its key.
    pub key: Key,
    /// When it was written.
    pub last_modified: DateTime<Utc>,
    /// How large it is, in bytes.
    pub size: u64,
}

impl StoredFile {
    /// `None` for what is not ours.
    fn from_object(object: ObjectMeta) -> Option<Self> {
        let mut parts = object.location.parts().skip(1);
        let parent: i32 = parts.next()?.as_ref().parse().ok()?;
        parts.next()?;
        let ObjectMeta { location: key, last_modified, size, .. } = object;
        Some(Self { parent, key, last_modified, size })
    }
}

impl Storage {
    /// The keys that a file may have: ours, then the Python server's if it is another one.
    pub fn keys(&self, table: &str, parent: i32, name: &str) -> Result<Vec<Key>> {
        super::keys(self.names, table, parent.into(), name)
    }

    /// All files of a table, in any order, but for those of parents that have files under keys
    /// which can't be told: the Python server lets names have `..` and `//`.
    pub async fn files(
        &self,
        table: &str,
    ) -> Result<impl Stream<Item = Result<StoredFile>> + Send + use<>> {
        let table = Key::from_iter([table]);
        let found = in_time(self.store.list_with_delimiter(Some(&table))).await?;
        let storage = self.clone();
        let of_parents = stream::iter(found.common_prefixes)
            .map(move |prefix| storage.clone().below(prefix))
            .buffer_unordered(LISTINGS);
        let files = of_parents.map_ok(|found| stream::iter(found.unwrap_or_default()).map(Ok));
        Ok(files.try_flatten().try_filter_map(|found| future::ok(StoredFile::from_object(found))))
    }

    /// The keys of a parent's files; `None` if one of them can't be told.
    pub async fn keys_of(&self, table: &str, parent: i64) -> Result<Option<HashSet<Key>>> {
        let prefix = Key::from_iter([table.to_owned(), parent.to_string()]);
        let found = self.clone().below(prefix).await?;
        Ok(found.map(|found| found.into_iter().map(|object| object.location).collect()))
    }

    async fn below(self, prefix: Key) -> Result<Option<Vec<ObjectMeta>>> {
        let listed = async {
            match self.store.list(Some(&prefix)).try_collect().await {
                Ok(found) => Ok(Some(found)),
                Err(object_store::Error::InvalidPath { source }) => {
                    tracing::warn!(
                        %prefix, error = %source,
                        "files are left alone: one has a key that the Python server allowed, but not this one"
                    );
                    Ok(None)
                }
                Err(error) => Err(error),
            }
        };
        in_time(listed).await
    }

    /// When a file was written; `None` if there is none.
    pub async fn last_modified(&self, key: &Key) -> Result<Option<DateTime<Utc>>> {
        in_time(async {
            match self.store.head(key).await {
                Ok(object) => Ok(Some(object.last_modified)),
                Err(object_store::Error::NotFound { .. }) => Ok(None),
                Err(error) => Err(error),
            }
        })
        .await
    }

    /// Removes a file, if it is there.
    pub async fn remove(&self, key: &Key) -> Result<()> {
        in_time(async {
            match self.store.delete(key).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
                Err(error) => Err(error),
            }
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn files_are_listed_under_the_keys_that_their_names_have() {
        let directory = tempfile::tempdir().unwrap();
        let storage = Storage::directory(directory.path()).unwrap();
        let names = [
            "run.sh",
            "a b",
            "a%20b",
            "100%",
            "ä☃",
            "a?b&c=d",
            "a+b",
            "[x]{y}|z^`",
            "dir/sub/x",
            "..",
            "a//b",
            "~x",
            "#",
            "a#b",
            "back\\slash",
            "\"quoted\"",
            "<x>",
            "*",
            "a:b",
            ".hidden",
        ];
        for name in names {
            storage.put("t", 7, name, "x".into()).await.unwrap();
        }
        storage.put("t", 70, "other", "x".into()).await.unwrap();
        std::fs::write(directory.path().join("t/7.txt"), "").unwrap();
        std::fs::create_dir(directory.path().join("t/nobody")).unwrap();
        std::fs::write(directory.path().join("t/nobody/x"), "").unwrap();
        let expected: HashSet<_> =
            names.map(|name| storage.keys("t", 7, name).unwrap().remove(0)).into();
        assert_eq!(storage.keys_of("t", 7).await.unwrap().unwrap(), expected);
        let found: Vec<_> = storage.files("t").await.unwrap().try_collect().await.unwrap();
        let keys: HashSet<_> =
            found.iter().filter(|file| file.parent == 7).map(|file| file.key.clone()).collect();
        assert_eq!(keys, expected);
        assert_eq!(found.len(), expected.len() + 1);
        for key in expected {
            assert!(storage.last_modified(&key).await.unwrap().is_some(), "{key}");
            storage.remove(&key).await.unwrap();
            storage.remove(&key).await.unwrap();
            assert_eq!(storage.last_modified(&key).await.unwrap(), None);
        }
        let left: Vec<_> = storage.files("t").await.unwrap().try_collect().await.unwrap();
        assert_eq!(left.len(), 1);
        let nothing = storage.files("nothing").await.unwrap();
        assert_eq!(nothing.try_collect::<Vec<_>>().await.unwrap(), []);
    }
}
