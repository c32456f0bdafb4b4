//! Files: in an S3 bucket, or in a directory.
//!
//! A file's key is `table/parent id/file name`, as the Python server has it, so that an existing
//! bucket can be taken over.

mod contents;
mod pieces;

use std::{path::Path, sync::Arc, time::Duration};

use bytes::Bytes;
use futures::TryStreamExt;
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
/// The longest name of a file in a directory, in bytes: what common file systems have room for,
/// less what the store appends while it writes.
const MAX_IN_DIRECTORY: usize = 240;
/// The longest part of a name between slashes in a bucket, in bytes: what S3 servers take that keep
/// objects as files.
const MAX_IN_BUCKET: usize = 255;
/// The length of a name that stands for another: `~` and a SHA-256 in hexadecimal.
const STAND_IN: usize = 65;

/// How to reach a bucket; what is not said here comes from the `AWS_*` variables.
#[derive(Clone)]
pub struct S3Settings {
    /// The bucket.
    pub bucket: String,
    /// The server, when it is not Amazon's.
    pub endpoint: Option<String>,
    /// The access key and its secret.
    pub credentials: Option<(String, String)>,
}

/// Where files are kept.
#[derive(Debug, Clone)]
pub struct Storage {
    store: Arc<dyn ObjectStore>,
    names: Names,
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
    /// A bucket.
    pub fn s3(settings: &S3Settings) -> object_store::Result<Self> {
        let options = ClientOptions::new().with_timeout(DEADLINE).with_allow_http(true);
        let retry = RetryConfig { max_retries: 3, retry_timeout: DEADLINE, ..Default::default() };
        let mut builder = AmazonS3Builder::from_env()
            .with_bucket_name(&settings.bucket)
            .with_client_options(options)
            .with_retry(retry);
        if let Some((key, secret)) = &settings.credentials {
            builder = builder.with_access_key_id(key).with_secret_access_key(secret);
        }
        if let Some(endpoint) = &settings.endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        Ok(Self { store: Arc::new(builder.build()?), names: Names::Any })
    }

    /// A directory.
    pub fn directory(path: &Path) -> object_store::Result<Self> {
        let store = LocalFileSystem::new_with_prefix(path)?.with_automatic_cleanup(true);
        Ok(Self { store: Arc::new(store), names: Names::Flat })
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
        self.store.put(&key, content.into()).await.map(drop).map_err(unavailable)
    }

    /// Reads a file; `None` if there is none of that name.
    pub async fn get(&self, table: &str, parent: i64, name: &str) -> Result<Option<Bytes>> {
        for key in keys(self.names, table, parent, name)? {
            match self.store.get(&key).await {
                Ok(found) => return found.bytes().await.map(Some).map_err(unavailable),
                Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(unavailable(error)),
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

    /// Removes all files of a parent.
    pub async fn delete_all(&self, table: &str, parent: i64) -> Result<()> {
        for key in self.keys_of(table, parent).await?.into_iter().flatten() {
            self.remove(&key).await?;
        }
        Ok(())
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
        && !(name.starts_with('~') && name.len() == STAND_IN)
        && !name.chars().any(char::is_control)
        && name.split('/').all(|segment| !matches!(segment, "" | "." | ".."));
    let last = if plain {
        name.to_owned()
    } else {
        let digest = Sha256::digest(name.as_bytes());
        digest.iter().fold("~".to_owned(), |hex, byte| format!("{hex}{byte:02x}"))
    };
    Key::parse(format!("{table}/{parent}/{last}")).map_err(|error| {
        Error::Unprocessable(format!("The file name {name:?} cannot be stored: {error}"))
    })
}

/// The keys that a file may have: ours, then the Python server's if it is another one.
fn keys(names: Names, table: &str, parent: i64, name: &str) -> Result<Vec<Key>> {
    let mut keys = vec![key(names, table, parent, name)?];
    if names == Names::Any
        && let Ok(upstream) = Key::parse(format!("{table}/{parent}/{name}"))
        && !keys.contains(&upstream)
    {
        keys.push(upstream);
    }
    Ok(keys)
}

fn unavailable(error: object_store::Error) -> Error {
    Error::Unavailable { service: "file storage", source: error.into() }
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
        let found = keys(Names::Any, "t", 1, &long).unwrap();
        assert_eq!((found.len(), found[1].to_string()), (2, format!("t/1/{long}")));
        assert_eq!(keys(Names::Any, "t", 1, "run.sh").unwrap().len(), 1);
        for nested in ["dir/a.txt", "a#1", &"x".repeat(241)] {
            let in_directory = key(Names::Flat, "t", 1, nested).unwrap().to_string();
            assert!(in_directory.starts_with("t/1/~"), "{nested}");
        }
    }
}
