//! What only a directory has: files that a killed process was still writing.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use chrono::{DateTime, Utc};

use super::{SERVICE, Storage};
use crate::error::{Error, Result};

/// A file that was never finished.
#[derive(Debug)]
pub(crate) struct Unfinished {
    path: PathBuf,
    /// How large it is, in bytes.
    pub(crate) size: u64,
}

impl fmt::Display for Unfinished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.path.display().fmt(f)
    }
}

impl Storage {
    /// The files of a table that somebody began to write before this instant and did not finish. In
    /// a bucket there are none.
    pub(crate) async fn unfinished(
        &self,
        table: &str,
        before: DateTime<Utc>,
    ) -> Result<Vec<Unfinished>> {
        let Some(directory) = &self.directory else { return Ok(Vec::new()) };
        let directory = directory.join(table);
        on_disk(move || search(&directory, before.into())).await
    }

    /// Removes a file that was never finished.
    pub(crate) async fn remove_unfinished(&self, file: Unfinished) -> Result<()> {
        on_disk(move || match fs::remove_file(&file.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => {
                // Others' files may be in it.
                let _ = file.path.parent().map(fs::remove_dir);
                Ok(())
            }
        })
        .await
    }
}

async fn on_disk<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await.map_err(Error::internal)?;
    done.map_err(|error| Error::Unavailable { service: SERVICE, source: error.into() })
}

fn search(table: &Path, before: SystemTime) -> io::Result<Vec<Unfinished>> {
    let mut found = Vec::new();
    for parent in entries(table)? {
        for path in entries(&parent)?.into_iter().filter(|path| is_unfinished(path)) {
            // It may be finished by now.
            let Ok(metadata) = fs::symlink_metadata(&path) else { continue };
            if metadata.is_file() && metadata.modified()? < before {
                found.push(Unfinished { path, size: metadata.len() });
            }
        }
    }
    Ok(found)
}

fn entries(directory: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(directory) {
        Ok(entries) => entries.map(|entry| Ok(entry?.path())).collect(),
        Err(error)
            if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) =>
        {
            Ok(Vec::new())
        }
        Err(error) => Err(error),
    }
}

/// While a file is written, `#` and a number follow its name; no name of a finished one has a `#`.
fn is_unfinished(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.rsplit_once('#').is_some_and(|(_, number)| {
        !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}
