//! Files: whether one can be written, read and removed.

use std::path::Path;

use bytes::Bytes;

use crate::{config::ServeConfig, error::Error, storage::Storage};
use jobbergate_doctor::Problem;

const CONTENT: &[u8] = b"probe";
/// Where the probe goes: no table of that name has files.
const TABLE: &str = "doctor";
const PARENT: i64 = 0;

pub(super) async fn check(config: &ServeConfig) -> Result<String, Problem> {
    let advice = match &config.s3_bucket_name {
        Some(_) => {
            "check S3_BUCKET_NAME, S3_ENDPOINT_URL and the AWS_* credentials: the bucket \
                    must exist, and the key be allowed to list, read, write and delete in it"
        }
        None => "see that this user may write to it and that the disk is not full",
    };
    let wrong = |error: String| Problem::new(error, advice);
    let mut directory = None;
    let (name, storage) = match &config.s3_bucket_name {
        Some(bucket) => (format!("bucket {bucket}"), Storage::s3(&config.s3_settings(bucket))),
        None => {
            let path = config.data_path().map_err(|error| wrong(error.to_string()))?.join("files");
            if !path.exists() {
                return Ok("there are none yet, `jobbergate serve` makes the directory".to_owned());
            }
            let named = (path.display().to_string(), Storage::directory(&path));
            directory = Some(path);
            named
        }
    };
    let storage = storage.map_err(|error| wrong(error.to_string()))?;
    if !storage.exists().await.map_err(|error| wrong(format!("{name}: {error}")))? {
        return Err(wrong(format!("{name} does not exist")));
    }
    let probed = probe(&storage).await;
    if let Some(files) = directory {
        remove_directories(&files);
    }
    probed.map_err(|error| wrong(format!("{name}: {error}")))?;
    Ok(name)
}

/// Removes the probe's directories, which are left when it could not be written.
fn remove_directories(files: &Path) {
    let table = files.join(TABLE);
    // They are not there, or another doctor's probe is in them.
    let _ = std::fs::remove_dir(table.join(PARENT.to_string()));
    let _ = std::fs::remove_dir(table);
}

async fn probe(storage: &Storage) -> Result<(), String> {
    let file = format!("probe-{}", std::process::id());
    let put = storage.put(TABLE, PARENT, &file, Bytes::from_static(CONTENT)).await;
    put.map_err(|error| cause("write", error))?;
    let got = storage.get(TABLE, PARENT, &file).await.map_err(|error| cause("read", error));
    let deleted = storage.delete_all(TABLE, PARENT).await;
    let got = got?;
    deleted.map_err(|error| cause("delete", error))?;
    match got.as_deref() {
        Some(CONTENT) => Ok(()),
        _ => Err("what was written is not what is read".to_owned()),
    }
}

/// What clients may not see, an administrator needs.
fn cause(what: &str, error: Error) -> String {
    format!("cannot {what}: {}", error.with_cause())
}
