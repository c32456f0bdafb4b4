//! Restoring a backup: all of it is copied and checked beside what is there, and only then put in its
//! place.

use std::{
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
};

use chrono::{DateTime, Utc};

use super::{
    BackupError, FORMAT, MANIFEST, Manifest, Result, SUMS, VERSION, copy, on_database, on_disk,
    on_file, refused, require_local,
    sums::{self, Sums},
};
use crate::{
    clock::Clock,
    config::{
        ServeConfig,
        data::{DATABASE_FILE, RESTORING, SERVING_LOCK, SWITCHING, create_private},
    },
    db::{Db, Schema, open_private},
    transfer,
};

/// Restores a backup into the data directory; with `replace` even if something is there, which is
/// put aside. Where it was put, if it was.
pub async fn restore(
    config: &ServeConfig,
    source: &Path,
    replace: bool,
    clock: &Clock,
) -> Result<Option<PathBuf>> {
    require_local(config)?;
    let manifest = manifest(source)?;
    let data = config.data_path()?;
    create_private(&data)?;
    // Nothing is left where nothing is to be restored to, not even a lock.
    may_be_filled(&data, replace)?;
    let _alone = take_alone(&data)?;
    let old = may_be_filled(&data, replace)?;
    let (staging, now) = (data.join(RESTORING), clock.now());
    remove(&staging)?;
    if let Err(error) = stage(source, &staging, &manifest, now).await {
        return Err(error.and(remove(&staging)));
    }
    let aside = (!old.is_empty())
        .then(|| data.join(format!("replaced-{}", now.format("%Y-%m-%dT%H-%M-%SZ"))));
    let done = aside.clone();
    on_disk(move || switch(&data, &staging, &old, aside.as_deref())).await?;
    Ok(done)
}

/// What is in the data directory, to be put aside; that is for whoever restores to say.
fn may_be_filled(data: &Path, replace: bool) -> Result<Vec<PathBuf>> {
    let old = entries(data)?;
    let Some(name) = old.first().filter(|_| !replace) else { return Ok(old) };
    Err(refused(format!(
        "{} is not empty: there is {}. Name another data directory, or put what is there aside with --replace",
        data.display(),
        name.display()
    )))
}

fn manifest(source: &Path) -> Result<Manifest> {
    let path = source.join(MANIFEST);
    let text = fs::read(&path).map_err(|cause| {
        refused(format!(
            "{}: {cause}; is it a backup of `jobbergate admin backup`?",
            path.display()
        ))
    })?;
    let manifest: Manifest = serde_json::from_slice(&text)
        .map_err(|error| refused(format!("{}: {error}", path.display())))?;
    if manifest.format != FORMAT || manifest.version != VERSION {
        return Err(refused(format!(
            "{} is of the format {:?}, version {}; this program reads {FORMAT:?}, version {VERSION}",
            source.display(),
            manifest.format,
            manifest.version
        )));
    }
    Ok(manifest)
}

/// Keeps servers away until the lock is dropped.
fn take_alone(data: &Path) -> Result<File> {
    let path = data.join(SERVING_LOCK);
    let lock = open_private(&path).map_err(on_file(&path))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => {
            let words = "a server is running on it, or another command: stop it first";
            Err(refused(format!("{}: {words}", data.display())))
        }
        Err(TryLockError::Error(cause)) => Err(BackupError::File { path, cause }),
    }
}

/// What is in the data directory, without locks and what restoring left.
fn entries(data: &Path) -> Result<Vec<PathBuf>> {
    let mut found = names(data)?;
    found.retain(|name| {
        let text = name.to_string_lossy();
        let was_put_aside = text.starts_with("replaced-") && data.join(name).is_dir();
        let is_ours = was_put_aside || text == RESTORING || text == SWITCHING;
        !is_ours && !text.ends_with(".lock")
    });
    Ok(found)
}

fn names(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).map_err(on_file(directory))? {
        found.push(PathBuf::from(entry.map_err(on_file(directory))?.file_name()));
    }
    found.sort();
    Ok(found)
}

fn remove(staging: &Path) -> Result<()> {
    match staging.exists() {
        true => fs::remove_dir_all(staging).map_err(on_file(staging)),
        false => Ok(()),
    }
}

/// Copies a backup and checks the copy.
async fn stage(
    source: &Path,
    staging: &Path,
    manifest: &Manifest,
    now: DateTime<Utc>,
) -> Result<()> {
    let new = staging.join("new");
    create_private(&new)?;
    let (from, to) = (source.to_owned(), new.clone());
    let sums = on_disk(move || {
        let sums = sums::read(&from)?;
        if !sums.contains_key(Path::new(DATABASE_FILE)) {
            return Err(refused(format!(
                "{} has no {DATABASE_FILE}: there is no server's data in it; use another backup",
                from.display()
            )));
        }
        copy_all(&from, &to, &sums)?;
        Ok(sums)
    })
    .await?;
    for name in sums.keys().filter(|name| is_database(name)) {
        check(&new.join(name), manifest, now).await?;
    }
    Ok(())
}

/// Files of users may be called like it.
fn is_database(name: &Path) -> bool {
    let parts: Vec<_> = name.iter().collect();
    match *parts.as_slice() {
        [file] => file == DATABASE_FILE,
        [organizations, _, file] => organizations == "organizations" && file == DATABASE_FILE,
        _ => false,
    }
}

fn copy_all(from: &Path, to: &Path, sums: &Sums) -> Result<()> {
    for (name, sum) in sums {
        let target = to.join(name);
        if copy::copy_and_sum(&from.join(name), &target)? != sum.to_ascii_lowercase() {
            return Err(refused(format!(
                "{} is damaged: it is not what {SUMS} says; use another backup",
                from.join(name).display()
            )));
        }
    }
    // It is of the backup, not of the data.
    fs::remove_file(to.join(MANIFEST)).map_err(on_file(&to.join(MANIFEST)))
}

/// A database must be ours, whole, and not of a newer version.
async fn check(path: &Path, manifest: &Manifest, now: DateTime<Utc>) -> Result<()> {
    let db = Db::attach_sqlite(path).await.map_err(on_database(path))?;
    let checked = judge(&db, path, manifest, now).await;
    db.close().await;
    checked
}

async fn judge(db: &Db, path: &Path, manifest: &Manifest, now: DateTime<Utc>) -> Result<()> {
    if let Some(fault) = db.fault().await.map_err(on_database(path))? {
        return Err(refused(format!("{} is damaged: {fault}; use another backup", path.display())));
    }
    let Schema::Ours { revision } = db.schema().await.map_err(on_database(path))? else {
        return Err(refused(format!("{} is no database of Jobbergate's", path.display())));
    };
    let (newest, program) = (Schema::newest(db), &manifest.program);
    if revision > newest {
        return Err(refused(format!(
            "the backup is of the newer version {program} (revision {revision} of the tables, this \
             program knows {newest}); install that version, and restore it then"
        )));
    }
    transfer::prepare(db, revision, now).await.map_err(on_database(path))
}

/// Puts what is new in the place of what is old. Until that is done, servers refuse to start: the
/// mark outlasts whatever else goes wrong, also when it is tried again.
fn switch(data: &Path, staging: &Path, old: &[PathBuf], aside: Option<&Path>) -> Result<()> {
    let mark = data.join(SWITCHING);
    let marked = File::create(&mark).and_then(|file| file.sync_all());
    marked.map_err(on_file(&mark))?;
    copy::sync_directory(data)?;
    if let Some(aside) = aside {
        create_private(aside)?;
        for name in old {
            fs::rename(data.join(name), aside.join(name)).map_err(on_file(&data.join(name)))?;
        }
        copy::sync_directory(aside)?;
    }
    let new = staging.join("new");
    for name in names(&new)? {
        fs::rename(new.join(&name), data.join(&name)).map_err(on_file(&data.join(&name)))?;
    }
    copy::sync_directory(data)?;
    fs::remove_file(&mark).map_err(on_file(&mark))?;
    remove(staging)?;
    copy::sync_directory(data)
}
