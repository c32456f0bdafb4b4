//! Tokens on disk, where the Python command line and scripts have them, too.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, Permissions},
    io::{self, Read},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    process,
    time::Duration,
};

use crate::{
    failure::{Failure, Result},
    files,
};

const TITLE: &str = "Authentication error";
/// How long another command line may take to get tokens.
const PATIENCE: Duration = Duration::from_secs(20);
/// How much two tokens take at most, usually, in bytes.
const ROOM: usize = 16 << 10;
/// The longest token that is read, in bytes.
const LONGEST: u64 = 64 << 10;
/// The bits of a mode that let others than its owner to a file.
const OTHERS: u32 = 0o077;
const PAUSE: Duration = Duration::from_millis(50);

/// One of the two tokens that are kept.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// For the server.
    Access,
    /// For the identity provider, to get another.
    Refresh,
}

impl Kind {
    const fn file_name(self) -> &'static str {
        match self {
            Self::Access => "access.token",
            Self::Refresh => "refresh.token",
        }
    }
}

/// The directory with the tokens.
#[derive(Debug)]
pub struct TokenCache {
    directory: PathBuf,
}

impl TokenCache {
    /// Within the directory for all that is kept.
    pub fn new(cache_dir: &Path) -> Self {
        Self { directory: cache_dir.join("token") }
    }

    /// What is kept; nothing if there is no such file.
    ///
    /// # Errors
    /// When it is there and can't be read.
    pub fn read(&self, kind: Kind) -> Result<Option<String>> {
        let path = self.directory.join(kind.file_name());
        match read(&path) {
            Ok(text) if text.trim().is_empty() => Ok(None),
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            // Not a token, whatever it is.
            Err(error) if error.kind() == io::ErrorKind::InvalidData => Ok(None),
            Err(error) => Err(Failure::file(TITLE, path.display(), &error)),
        }
    }

    /// Keeps a token: for its owner's eyes from the first moment, and whole or not at all.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn write(&self, kind: Kind, token: &str) -> Result<()> {
        self.prepare()?;
        let path = self.directory.join(kind.file_name());
        let written = files::write_private(&path, token.as_bytes());
        written.map_err(|error| Failure::file(TITLE, path.display(), &error))
    }

    /// Whether there is room for new tokens.
    ///
    /// # Errors
    /// When there is none.
    pub fn check_room(&self) -> Result<()> {
        self.prepare()?;
        let path = self.directory.join(format!(".room.{}", process::id()));
        let written = files::write_private(&path, " ".repeat(ROOM).as_bytes());
        // It may never have been made.
        let _ = fs::remove_file(&path);
        written.map_err(|error| Failure::file(TITLE, self.directory.display(), &error))
    }

    /// Forgets both tokens.
    ///
    /// # Errors
    /// When they are there and can't be removed.
    pub fn clear(&self) -> Result<()> {
        for kind in [Kind::Access, Kind::Refresh] {
            let path = self.directory.join(kind.file_name());
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(Failure::file("Log out failed", path.display(), &error));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Keeps other command lines from getting tokens until it is dropped. Where there are no
    /// locks, as on some network file systems, or another takes too long, it goes without.
    ///
    /// # Errors
    /// When nothing can be written there.
    pub async fn lock(&self) -> Result<Option<File>> {
        self.prepare()?;
        let path = self.directory.join(".lock");
        let file = OpenOptions::new().create(true).append(true).mode(0o600).open(&path);
        let file = file.map_err(|error| Failure::file(TITLE, path.display(), &error))?;
        let attempts = PATIENCE.as_millis() / PAUSE.as_millis();
        for _ in 0..attempts {
            match file.try_lock() {
                Ok(()) => return Ok(Some(file)),
                Err(fs::TryLockError::WouldBlock) => tokio::time::sleep(PAUSE).await,
                Err(fs::TryLockError::Error(_)) => return Ok(None),
            }
        }
        Ok(None)
    }

    fn prepare(&self) -> Result<()> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&self.directory);
        made.map_err(|error| Failure::file(TITLE, self.directory.display(), &error))
    }
}

fn read(path: &Path) -> io::Result<String> {
    let (mut text, file) = (String::new(), File::open(path)?);
    let mode = file.metadata()?.permissions().mode();
    if mode & OTHERS != 0 {
        // Where it can't be narrowed, it is read as it is.
        let _ = file.set_permissions(Permissions::from_mode(mode & 0o777 & !OTHERS));
    }
    file.take(LONGEST).read_to_string(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_that_others_could_read_is_private_again_when_it_is_used() {
        let home = tempfile::tempdir().unwrap();
        let cache = TokenCache::new(home.path());
        cache.write(Kind::Refresh, "one").unwrap();
        let path = home.path().join("token/refresh.token");
        fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        assert_eq!(cache.read(Kind::Refresh).unwrap().unwrap(), "one");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_token_is_bare_and_private() {
        let home = tempfile::tempdir().unwrap();
        let cache = TokenCache::new(home.path());
        cache.write(Kind::Access, "one").unwrap();
        cache.write(Kind::Access, "two").unwrap();
        let path = home.path().join("token/access.token");
        assert_eq!(fs::read_to_string(&path).unwrap(), "two");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(home.path().join("token")).unwrap().count(), 1);
        cache.clear().unwrap();
        assert!(cache.read(Kind::Access).unwrap().is_none());
        cache.clear().unwrap();
    }

    #[test]
    fn what_cannot_be_read_is_told_of() {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir_all(home.path().join("token/access.token")).unwrap();
        let cache = TokenCache::new(home.path());
        assert!(cache.read(Kind::Access).is_err() && cache.write(Kind::Access, "x").is_err());
        fs::write(home.path().join("token/refresh.token"), [0xff, 0xfe]).unwrap();
        assert!(cache.read(Kind::Refresh).unwrap().is_none());
    }
}
