//! Making a backup while the server goes on.
//!
//! First the database as it is at one instant, then the files that it names. One that is gone by then
//! was removed after that instant: then the database is copied once more, and of the files only
//! what is new; at last while writers wait.

use std::{
    fs::{self, DirBuilder, DirEntry, Metadata},
    io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

use super::{
    BackupError, FORMAT, MANIFEST, Manifest, Result, VERSION, copy, on_database, on_disk, on_file,
    refused, require_local, sums,
};
use crate::{
    config::{
        ServeConfig,
        data::{DATABASE_FILE, create_private},
    },
    db::{Db, Schema},
    storage::Storage,
    transfer::FileRow,
};

/// How often the database is copied when files are removed all the time, before writers have to wait.
const ATTEMPTS: usize = 5;

/// What was backed up.
#[derive(Debug, Default)]
pub struct Made {
    pub databases: u64,
    pub files: u64,
    /// How many files are missing at the server, too.
    pub missing: u64,
    /// The organizations whose directories have no database, and are left out.
    pub without_database: Vec<String>,
}

/// How many backups of the same name may be broken off before one is refused.
const PARTIALS: usize = 100;

/// Makes a backup of the data directory into a new directory.
pub async fn make(config: &ServeConfig, target: &Path) -> Result<Made> {
    require_local(config)?;
    config.require_data_directory(false)?;
    let data = config.data_path()?;
    if config.is_untouched()? {
        return Err(no_database(&data));
    }
    // Nobody restores meanwhile, and what is half restored is no data of anybody's.
    let _held = config.hold_data_directory()?;
    if target.exists() {
        return Err(refused(format!(
            "{} is there already; name a new directory",
            target.display()
        )));
    }
    let partial = create_partial(target)?;
    let made = fill(&data, &partial).await;
    let made = match made {
        Ok(made) => made,
        Err(error) => {
            let removed = fs::remove_dir_all(&partial).map_err(on_file(&partial));
            return Err(error.and(removed));
        }
    };
    fs::rename(&partial, target).map_err(on_file(target))?;
    copy::sync_directory(parent(target))?;
    Ok(made)
}

fn parent(target: &Path) -> &Path {
    let parent = target.parent().filter(|parent| !parent.as_os_str().is_empty());
    parent.unwrap_or(Path::new("."))
}

/// Makes the directory that a backup has until it is whole, which is nobody else's.
fn create_partial(target: &Path) -> Result<PathBuf> {
    create_private(parent(target))?;
    for n in 1..=PARTIALS {
        let mut name = target.file_name().unwrap_or_default().to_owned();
        name.push(if n == 1 { ".partial".to_owned() } else { format!(".{n}.partial") });
        let partial = target.with_file_name(name);
        match DirBuilder::new().mode(0o700).create(&partial) {
            Ok(()) => return Ok(partial),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(on_file(&partial)(error)),
        }
    }
    Err(refused(format!(
        "{PARTIALS} backups to {} were broken off: remove what they left, {}.*partial",
        target.display(),
        target.display()
    )))
}

fn no_database(data: &Path) -> BackupError {
    let data = data.display();
    refused(format!("there is no {DATABASE_FILE} in {data}: is it a server's data directory?"))
}

async fn fill(data: &Path, target: &Path) -> Result<Made> {
    let mut made = Made::default();
    let Some(revision) = place(data, target, &mut made).await? else {
        return Err(no_database(data));
    };
    for organization in directories(&data.join("organizations"))? {
        let to = target.join("organizations").join(&organization);
        create_private(&to)?;
        let from = data.join("organizations").join(&organization);
        if place(&from, &to, &mut made).await?.is_none() {
            made.without_database.push(organization.to_string_lossy().into_owned());
        }
    }
    others(data, target)?;
    let manifest = Manifest {
        format: FORMAT.to_owned(),
        version: VERSION,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        revision,
    };
    let path = target.join(MANIFEST);
    let text =
        serde_json::to_string_pretty(&manifest).map_err(|error| refused(error.to_string()))?;
    copy::create(&path, text.as_bytes())?;
    let target = target.to_owned();
    on_disk(move || sums::write(&target)).await?;
    Ok(made)
}

/// Copies a database and its files; gives the number of its last migration. `None` if there is none.
async fn place(data: &Path, target: &Path, made: &mut Made) -> Result<Option<i64>> {
    let (path, to) = (data.join(DATABASE_FILE), target.join(DATABASE_FILE));
    if !path.exists() {
        return Ok(None);
    }
    let live = Db::attach_sqlite(&path).await.map_err(on_database(&path))?;
    let copied = attempts(&live, data, &to).await;
    live.close().await;
    let (revision, files, missing) = copied?;
    made.databases += 1;
    made.files += files;
    made.missing += missing;
    Ok(Some(revision))
}

async fn attempts(live: &Db, data: &Path, to: &Path) -> Result<(i64, u64, u64)> {
    for _ in 0..ATTEMPTS {
        if let Some(copied) = attempt(live, data, to).await? {
            return Ok(copied);
        }
    }
    let _writers_wait = live.write().await.map_err(on_database(to))?;
    let again = || refused(format!("files that {} names are removed", to.display()));
    attempt(live, data, to).await?.ok_or_else(again)
}

/// `None` if a file was removed meanwhile.
async fn attempt(live: &Db, data: &Path, to: &Path) -> Result<Option<(i64, u64, u64)>> {
    if to.exists() {
        fs::remove_file(to).map_err(on_file(to))?;
    }
    live.copy_into(to).await.map_err(on_database(to))?;
    let only_owner = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    fs::set_permissions(to, only_owner).map_err(on_file(to))?;
    let snapshot = Db::attach_sqlite(to).await.map_err(on_database(to))?;
    let copied = files(&snapshot, live, (data, to)).await;
    let schema = snapshot.schema().await.map_err(on_database(to));
    snapshot.close().await;
    let Some((files, missing)) = copied? else { return Ok(None) };
    let Schema::Ours { revision } = schema? else {
        return Err(refused(format!("{} is no database of Jobbergate's", to.display())));
    };
    Ok(Some((revision, files, missing)))
}

/// Copies the files that a snapshot names; how many, and how many are missing anyway. `None` if one
/// was removed since.
async fn files(snapshot: &Db, live: &Db, (data, to): (&Path, &Path)) -> Result<Option<(u64, u64)>> {
    let from = data.join("files");
    let target = to.with_file_name("files");
    create_private(&target)?;
    let storage = Storage::directory(&target).map_err(|error| refused(error.to_string()))?;
    let (mut files, mut missing) = (0, 0);
    let mut last: Option<FileRow> = None;
    loop {
        let page = FileRow::after(snapshot, last.as_ref()).await.map_err(on_database(to))?;
        let Some(end) = page.last().cloned() else { return Ok(Some((files, missing))) };
        for row in &page {
            let Some((parent, name)) = row.named() else { continue };
            let keys = storage.keys(row.table(), parent, name);
            let keys = keys.map_err(|error| refused(error.to_string()))?;
            let paths: Vec<(PathBuf, PathBuf)> = keys
                .iter()
                .map(|key| (from.join(key.as_ref()), target.join(key.as_ref())))
                .collect();
            let copied = on_disk(move || {
                for (from, to) in paths {
                    if copy::copy(&from, &to)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            });
            if copied.await? {
                files += 1;
            } else if row.is_in(live).await.map_err(on_database(to))? {
                missing += 1;
            } else {
                return Ok(None);
            }
        }
        last = Some(end);
    }
}

/// Copies the other files of the data directory, but for locks and what belongs to the database.
fn others(data: &Path, target: &Path) -> Result<()> {
    for entry in fs::read_dir(data).map_err(on_file(data))? {
        let entry = entry.map_err(on_file(data))?;
        let name = entry.file_name();
        let text = name.to_string_lossy();
        let is_known = text.starts_with(DATABASE_FILE) || text.ends_with(".lock");
        if !is_known && what_is(&entry)?.is_some_and(|what| what.is_file()) {
            copy::copy(&entry.path(), &target.join(&name))?;
        }
    }
    Ok(())
}

/// What an entry is, or what it leads to; `None` if it is gone by now.
fn what_is(entry: &DirEntry) -> Result<Option<Metadata>> {
    let path = entry.path();
    match fs::metadata(&path) {
        Ok(what) => Ok(Some(what)),
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(on_file(&path)(error)),
        Err(_) => match fs::symlink_metadata(&path) {
            Ok(_) => Err(refused(format!(
                "{} leads to what is not there: remove it, or bring back what it led to",
                path.display()
            ))),
            Err(_) => Ok(None),
        },
    }
}

fn directories(path: &Path) -> Result<Vec<std::ffi::OsString>> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(path).map_err(on_file(path))? {
        let entry = entry.map_err(on_file(path))?;
        if what_is(&entry)?.is_some_and(|what| what.is_dir()) {
            found.push(entry.file_name());
        }
    }
    found.sort();
    Ok(found)
}
