//! Files: in an S3 bucket, or in a directory.
//!
//! A file's key is `table/parent id/file name`, as the Python server has it, so that an existing
//! bucket can be taken over.

mod contents;
mod directory;
mod pieces;

use std::{
    future::Future,
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use object_store::{
    ClientOptions, ObjectStore, ObjectStoreExt, RetryConfig, aws::AmazonS3Builder,
    local::LocalFileSystem, path::Path as Key,
};
use sha2::{Digest, Sha256};

pub use contents::StoredFile;
pub use pieces::OpenFile;

use crate::error::{Error, Result};

/// How long the bucket may take for one request.
const DEADLINE: Duration = Duration::from_secs(15);
/// How long one file may take, with all retries.
pub(crate) const FILE_DEADLINE: Duration = Duration::from_secs(30);
/// How often writing a file to a directory is tried while others remove its folder.
const PUTS: usize = 10;
/// How many files are removed at once.
const REMOVALS: usize = 8;
/// The longest name of a file in a directory, in bytes: what common file systems have room for,
/// less what the store appends while it writes.
const MAX_IN_DIRECTORY: usize = 240;
/// The longest part of a name between slashes in a bucket, in bytes: what S3 servers take that keep
/// objects as files.
const MAX_IN_BUCKET: usize = 255;
/// The length of a name that stands for another: `~` and a SHA-256 in hexadecimal.
const STAND_IN: usize = 65;

/// What the storage is called in answers.
const SERVICE: &str = "file storage";

/// How to reach a bucket; what is not said here comes from the `AWS_*` variables.
#[derive(Clone)]
pub struct S3Settings {
    pub bucket: String,
    /// The server, when it is not Amazon's.
    pub endpoint: Option<String>,
    pub credentials: Option<(String, String)>,
}

#[derive(Debug, Clone)]
pub struct Storage {
    store: Arc<dyn ObjectStore>,
    names: Names,
    /// The directory, if it is one.
    directory: Option<PathBuf>,
}

/// Which names of files can be stored as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Names {
    /// In a bucket: `a` beside `a/b`.
    Any,
    /// In a directory, where `a` can't be a file and a folder, and where the store keeps `a#1` to
    /// itself.
    Flat,
}

impl Storage {
    pub fn s3(settings: &S3Settings) -> object_store::Result<Self> {
        let options = ClientOptions::new().with_timeout(DEADLINE).with_allow_http(true);
        let retry = RetryConfig { max_retries: 3, retry_timeout: DEADLINE, ..Default::default() };
        let mut builder = AmazonS3Builder::from_env()
            .with_bucket_name(&settings.bucket)
            // Not every server can remove several objects with one request, and each removes one.
            .with_disable_bulk_delete(true)
            .with_client_options(options)
            .with_retry(retry);
        if let Some((key, secret)) = &settings.credentials {
            builder = builder.with_access_key_id(key).with_secret_access_key(secret);
        }
        if let Some(endpoint) = &settings.endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        Ok(Self { store: Arc::new(builder.build()?), names: Names::Any, directory: None })
    }

    /// A directory. What was written is on the disk, not only in the system's memory.
    pub fn directory(path: &Path) -> object_store::Result<Self> {
        let store = LocalFileSystem::new_with_prefix(path)?;
        let store = store.with_automatic_cleanup(true).with_fsync(true);
        let directory = Some(path.to_owned());
        Ok(Self { store: Arc::new(store), names: Names::Flat, directory })
    }

    /// Whether the bucket is there; fails if that can't be seen.
    pub(crate) async fn exists(&self) -> object_store::Result<bool> {
        let nothing = Key::from("job_scripts/0");
        match self.store.list(Some(&nothing)).try_next().await {
            Ok(_) => Ok(true),
            // S3's code for it is only in the error's text.
            Err(error) if error.to_string().contains("NoSuchBucket") => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Writes a file, whole or not at all.
    pub async fn put(&self, table: &str, parent: i64, name: &str, content: Bytes) -> Result<()> {
        let key = key(self.names, table, parent, name)?;
        in_time(async {
            for _ in 1..PUTS {
                match self.store.put(&key, content.clone().into()).await {
                    // With the last other file of a parent its directory went just now.
                    Err(error) if is(&error, &[io::ErrorKind::NotFound]) => {}
                    put => return put,
                }
            }
            self.store.put(&key, content.into()).await
        })
        .await
        .map(drop)
    }

    /// Reads a file; `None` if there is none of that name.
    pub async fn get(&self, table: &str, parent: i64, name: &str) -> Result<Option<Bytes>> {
        for key in keys(self.names, table, parent, name)? {
            let content = async {
                match self.store.get(&key).await {
                    Ok(found) => found.bytes().await.map(Some),
                    Err(object_store::Error::NotFound { .. }) => Ok(None),
                    Err(error) => Err(error),
                }
            };
            if let Some(content) = in_time(content).await? {
                return Ok(Some(content));
            }
        }
        Ok(None)
    }

    /// Removes a file, if it is there.
    pub async fn delete(&self, table: &str, parent: i64, name: &str) -> Result<()> {
        for key in keys(self.names, table, parent, name)? {
            self.remove(&key).await?;
        }
        Ok(())
    }

    /// Removes all files of a parent, as far as that can be done.
    pub async fn delete_all(&self, table: &str, parent: i64) -> Result<()> {
        let keys = self.keys_of(table, parent).await?;
        let removals = stream::iter(keys.into_iter().flatten())
            .map(|key| async move { self.remove(&key).await })
            .buffer_unordered(REMOVALS);
        let removed: Vec<_> = removals.collect().await;
        removed.into_iter().collect()
    }
}

/// The key of a file. Names that a store can't take as they are (`..`, empty segments, overlong
/// ones) are stored under their SHA-256; the name itself is in the database.
fn key(names: Names, table: &str, parent: i64, name: &str) -> Result<Key> {
    let fits = match names {
        Names::Any => name.len() <= 900 && name.split('/').all(|part| part.len() <= MAX_IN_BUCKET),
        Names::Flat => name.len() <= MAX_IN_DIRECTORY && !name.contains(['/', '#']),
    };
    let plain = fits
        && !is_stand_in(name)
        && !name.chars().any(char::is_control)
        && name.split('/').all(|segment| !matches!(segment, "" | "." | ".."));
    let last = if plain {
        name.to_owned()
    } else {
        format!("~{}", hex::encode(Sha256::digest(name.as_bytes())))
    };
    Key::parse(format!("{table}/{parent}/{last}")).map_err(|error| {
        Error::Unprocessable(format!("The file name {name:?} cannot be stored: {error}"))
    })
}

/// Whether this is what is stored instead of another name.
fn is_stand_in(name: &str) -> bool {
    name.starts_with('~') && name.len() == STAND_IN
}

/// The keys that a file may have: ours, then the Python server's if it is another one. None is
/// another file's: neither what stands for its name, nor what is left of this one without its
/// slashes at the end.
fn keys(names: Names, table: &str, parent: i64, name: &str) -> Result<Vec<Key>> {
    let mut keys = vec![key(names, table, parent, name)?];
    let whole = format!("{table}/{parent}/{name}");
    if names == Names::Any
        && !is_stand_in(name)
        && let Ok(upstream) = Key::parse(&whole)
        && upstream.as_ref() == whole
        && !keys.contains(&upstream)
    {
        keys.push(upstream);
    }
    Ok(keys)
}

async fn in_time<T>(answer: impl Future<Output = object_store::Result<T>>) -> Result<T> {
    match tokio::time::timeout(FILE_DEADLINE, answer).await {
        Ok(answer) => answer.map_err(unavailable),
        Err(late) => Err(Error::Unavailable { service: SERVICE, source: late.into() }),
    }
}

/// The same deadline for all that is read for one request.
pub(crate) async fn within_deadline<T>(answer: impl Future<Output = Result<T>>) -> Result<T> {
    let answer = tokio::time::timeout(FILE_DEADLINE, answer).await;
    answer.map_err(|late| Error::Unavailable { service: SERVICE, source: late.into() })?
}

pub(crate) fn unavailable(error: object_store::Error) -> Error {
    if is_full(&error) {
        return Error::Full { service: SERVICE, changed: false, source: error.into() };
    }
    Error::Unavailable { service: SERVICE, source: error.into() }
}

/// No room on the disk, or none within a quota. What a bucket's server says is only in the error's
/// text.
fn is_full(error: &object_store::Error) -> bool {
    is(error, &[io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded])
        || error.to_string().contains("507 Insufficient Storage")
}

/// Whether the system gave one of these as the cause.
fn is(error: &object_store::Error, kinds: &[io::ErrorKind]) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.downcast_ref::<io::Error>().is_some_and(|error| kinds.contains(&error.kind())) {
            return true;
        }
        cause = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::{Names, key, keys};

    #[test]
    fn names_are_kept_where_a_store_can_take_them() {
        let stored = |name: &str| key(Names::Any, "t", 1, name).unwrap().to_string();
        assert_eq!(stored("run.sh"), "t/1/run.sh");
        assert_eq!(stored("dir/naïve ☃.txt"), "t/1/dir/naïve ☃.txt");
        assert_eq!(stored("~x"), "t/1/~x");
        let stand_in = stored("..");
        let name = stand_in.rsplit('/').next().unwrap();
        assert_ne!(stored(name), stand_in);
        for odd in ["../evil", "a//b", "/etc/passwd", "", name, "a\nb", &"x".repeat(256)] {
            assert!(stored(odd).starts_with("t/1/~"), "{odd}");
        }
        let long = "x".repeat(300);
        for odd in ["a/", "a//", "/a", name, ".."] {
            assert_eq!(keys(Names::Any, "t", 1, odd).unwrap().len(), 1, "{odd}");
        }
        let found = keys(Names::Any, "t", 1, &long).unwrap();
        assert_eq!((found.len(), found[1].to_string()), (2, format!("t/1/{long}")));
        assert_eq!(keys(Names::Any, "t", 1, "run.sh").unwrap().len(), 1);
        for nested in ["dir/a.txt", "a#1", &"x".repeat(241)] {
            let in_directory = key(Names::Flat, "t", 1, nested).unwrap().to_string();
            assert!(in_directory.starts_with("t/1/~"), "{nested}");
        }
    }
}
