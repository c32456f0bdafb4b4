//! Where data is: the database and the bucket that are configured, or the data directory.

use std::{
    fs::{DirBuilder, File, TryLockError},
    io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

use url::Url;

use super::{
    ServeConfig,
    host::{postgres_address, without_secrets},
};
use crate::{
    db::{Address, Db, Following, Tables, open_private, postgres_name},
    startup::StartError,
    storage::{S3Settings, Storage},
};

/// The name of the SQLite file.
pub(crate) const DATABASE_FILE: &str = "jobbergate.db";
/// A file that servers of a data directory have locked, together.
pub(crate) const SERVING_LOCK: &str = "serving.lock";
/// Where a backup is restored to before it is put in its place.
pub(crate) const RESTORING: &str = ".restoring";
/// A file that is there from when a backup begins to be put in its place until that is done.
pub(crate) const SWITCHING: &str = ".restoring-switching";

impl ServeConfig {
    /// Connects to the database, or opens the one in the data directory.
    pub(crate) async fn open_database(&self) -> Result<Db, StartError> {
        let Some(url) = self.postgres_url()? else {
            return open_sqlite(&self.data_directory()?).await;
        };
        let opened = Db::open_postgres(url.as_str(), self.database_pool_size).await;
        opened.map_err(|cause| StartError::Postgres { address: without_secrets(&url), cause })
    }

    /// Fails unless the database is there and its tables are as they must be; changes nothing.
    pub async fn require_tables(&self, tables: Tables) -> Result<(), StartError> {
        let wrong = |name| move |cause| StartError::Tables { name, cause };
        if let Some(url) = self.postgres_url()? {
            let required = Address::Postgres(&url, None).require(tables).await;
            return required.map_err(wrong(without_secrets(&url)));
        }
        let path = self.data_path()?.join(DATABASE_FILE);
        let required = Address::Sqlite(&path).require(tables).await;
        required.map_err(wrong(path.display().to_string()))
    }

    /// Opens the bucket, or the directory for files in the data directory.
    pub(crate) fn open_storage(&self) -> Result<Storage, StartError> {
        match &self.s3_bucket_name {
            Some(bucket) => Storage::s3(&self.s3_settings(bucket))
                .map_err(|error| StartError::Storage(error.to_string())),
            None => open_files(&self.data_directory()?),
        }
    }

    /// How to reach a bucket of the configured S3 server.
    pub(crate) fn s3_settings(&self, bucket: &str) -> S3Settings {
        S3Settings {
            bucket: bucket.to_owned(),
            endpoint: self.s3_endpoint_url.clone(),
            credentials: self.aws_access_key_id.clone().zip(self.aws_secret_access_key.clone()),
        }
    }

    /// The PostgreSQL database, if one is configured. With a standby commits wait for the disk, whatever else is
    /// said to PostgreSQL: it is told from there until where they have been answered.
    pub(crate) fn postgres_url(&self) -> Result<Option<Url>, StartError> {
        let mut url = self.primary_url()?;
        if let (Some(url), Some(_)) = (&mut url, &self.database_read_url) {
            url.query_pairs_mut().append_pair("options", "-c synchronous_commit=on");
        }
        Ok(url)
    }

    fn primary_url(&self) -> Result<Option<Url>, StartError> {
        let wrong = |reason: String| StartError::Setting { setting: "DATABASE_URL", reason };
        if let Some(text) = &self.database_url {
            return postgres_address(text).map(Some).map_err(wrong);
        }
        let Some(host) = &self.database_host else { return Ok(None) };
        let wrong = |setting| StartError::Setting { setting, reason: "not usable in a URL".into() };
        let mut url = Url::parse("postgres://localhost").map_err(|_| wrong("DATABASE_HOST"))?;
        url.set_host(Some(host)).map_err(|_| wrong("DATABASE_HOST"))?;
        url.set_port(Some(self.database_port)).map_err(|()| wrong("DATABASE_PORT"))?;
        url.set_username(&self.database_user).map_err(|()| wrong("DATABASE_USER"))?;
        url.set_password(Some(&self.database_pswd)).map_err(|()| wrong("DATABASE_PSWD"))?;
        url.set_path(&self.database_name);
        Ok(Some(url))
    }

    /// The standby that is read from, if one is configured: it has the primary's databases under their
    /// names.
    pub(crate) fn standby_url(&self) -> Result<Option<Url>, StartError> {
        let wrong = |reason: &str| StartError::Setting {
            setting: "DATABASE_READ_URL",
            reason: reason.to_owned(),
        };
        let Some(text) = &self.database_read_url else { return Ok(None) };
        let url = postgres_address(text).map_err(|reason| wrong(&reason))?;
        let Some(primary) = self.postgres_url()? else {
            return Err(wrong("there is no primary: set DATABASE_URL, or DATABASE_HOST"));
        };
        let name = |url: &Url| postgres_name(url.as_str()).ok();
        if name(&primary) != name(&url) {
            return Err(wrong("a standby has the database under the same name as the primary"));
        }
        if primary.username() != url.username() {
            return Err(wrong(
                "who reads there must be the user of the primary, with the same rights",
            ));
        }
        Ok(Some(url))
    }

    /// For commands, which read from the primary.
    #[must_use]
    pub fn without_standby(&self) -> Self {
        Self { database_read_url: None, ..self.clone() }
    }

    /// Watches the standby, if one is configured.
    pub(crate) fn follow_standby(&self) -> Result<Option<Following>, StartError> {
        let (Some(primary), Some(standby)) = (self.postgres_url()?, self.standby_url()?) else {
            return Ok(None);
        };
        let following = Following::start(primary.as_str(), standby.as_str());
        following.map(Some).map_err(|error| StartError::Setting {
            setting: "DATABASE_READ_URL",
            reason: error.to_string(),
        })
    }

    /// The data directory, made when it is missing.
    pub(crate) fn data_directory(&self) -> Result<PathBuf, StartError> {
        let path = self.data_path()?;
        create_private(&path)?;
        Ok(path)
    }

    /// Keeps a backup from being restored into the data directory as long as the lock lives, if the
    /// database is there. Fails while that is under way, or if it was broken off.
    pub fn hold_data_directory(&self) -> Result<Option<File>, StartError> {
        if self.postgres_url()?.is_some() {
            return Ok(None);
        }
        let path = self.data_directory()?;
        let wrong = |cause| StartError::DataDirectory { path: path.clone(), cause };
        let lock = open_private(&path.join(SERVING_LOCK)).map_err(wrong)?;
        match lock.try_lock_shared() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StartError::Restoring { path }),
            Err(TryLockError::Error(cause)) => return Err(wrong(cause)),
        }
        match path.join(SWITCHING).exists() {
            true => Err(StartError::HalfRestored { path }),
            false => Ok(Some(lock)),
        }
    }

    /// Whether the database would be in a data directory that has none and that nothing has held yet. There is
    /// nothing to hold then for whoever needs data.
    pub fn is_untouched(&self) -> Result<bool, StartError> {
        if self.postgres_url()?.is_some() {
            return Ok(false);
        }
        let path = self.data_path()?;
        Ok(![SERVING_LOCK, DATABASE_FILE].iter().any(|name| path.join(name).exists()))
    }

    /// Where the data directory is, or would be.
    pub(crate) fn data_path(&self) -> Result<PathBuf, StartError> {
        let named = self.data_dir.clone();
        named.or_else(default_data_directory).ok_or(StartError::NoDataDirectory)
    }

    /// Whether some of the data is in the data directory.
    pub(crate) fn needs_data_directory(&self) -> Result<bool, StartError> {
        Ok(self.postgres_url()?.is_none() || self.s3_bucket_name.is_none())
    }

    /// Fails if the data directory is needed but not there: a misspelt one must not look like a
    /// server without data. With `first`, the default one may still be made.
    pub fn require_data_directory(&self, first: bool) -> Result<(), StartError> {
        let may_be_made = first && self.data_dir.is_none();
        if may_be_made || !self.needs_data_directory()? {
            return Ok(());
        }
        let path = self.data_path()?;
        if path.is_dir() { Ok(()) } else { Err(StartError::MissingDataDirectory { path }) }
    }
}

/// Opens the SQLite file in `directory`; SQLite gives its other files the same permissions.
pub(crate) async fn open_sqlite(directory: &Path) -> Result<Db, StartError> {
    let path = directory.join(DATABASE_FILE);
    open_private(&path).map_err(|cause| StartError::DataDirectory { path: path.clone(), cause })?;
    Db::open_sqlite(&path).await.map_err(|cause| StartError::Sqlite { path, cause })
}

/// Opens the files below `directory`.
pub(crate) fn open_files(directory: &Path) -> Result<Storage, StartError> {
    let path = directory.join("files");
    create_private(&path)?;
    Storage::directory(&path).map_err(|error| StartError::Storage(error.to_string()))
}

/// `$XDG_DATA_HOME/jobbergate` (XDG Base Directory Specification).
fn default_data_directory() -> Option<PathBuf> {
    let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|p| p.is_absolute());
    let data =
        absolute("XDG_DATA_HOME").or_else(|| Some(absolute("HOME")?.join(".local/share")))?;
    Some(data.join("jobbergate"))
}

/// Makes a directory that only its owner can look into: it holds keys.
pub(crate) fn create_private(path: &Path) -> Result<(), StartError> {
    make_durable(path).map_err(|cause| StartError::DataDirectory { path: path.to_owned(), cause })
}

/// A directory that is missing is noted in its parent on the disk, too, before anything in it is
/// promised to last.
fn make_durable(path: &Path) -> io::Result<()> {
    let missing: Vec<_> = path.ancestors().take_while(|directory| !directory.exists()).collect();
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    for parent in missing.into_iter().filter_map(Path::parent) {
        let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
        File::open(parent)?.sync_all()?;
    }
    Ok(())
}
