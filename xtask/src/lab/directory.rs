//! Where a run keeps its files: one place, so that a second run finds what a first one that was
//! killed has left.

use std::{
    fs::{self, DirBuilder, File, Permissions},
    io::ErrorKind,
    os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, chown},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail, ensure};
use nix::unistd::{User, geteuid};

/// A run's directory; removed when dropped, unless it is kept.
#[derive(Debug)]
pub(crate) struct Directory {
    path: PathBuf,
    keep: bool,
    _lock: File,
}

impl Directory {
    /// Makes it, or takes over what an earlier run has left: its data when `keep`, nothing
    /// otherwise.
    pub(crate) fn open(path: &str, keep: bool) -> Result<Self> {
        let path = PathBuf::from(path);
        // Others may pass through: the job runs as somebody else.
        make(&path, 0o711)?;
        let owner = fs::symlink_metadata(&path)?.uid();
        let name = path.display();
        ensure!(owner == geteuid().as_raw(), "{name} belongs to somebody else: remove it");
        let lock = File::create(path.join("lock"))?;
        if lock.try_lock().is_err() {
            bail!("another run uses {name}: end it first");
        }
        let directory = Self { path, keep, _lock: lock };
        if !keep {
            directory.remove_data()?;
        }
        for (name, mode) in [("server", 0o700), ("agent", 0o700), ("logs", 0o700)] {
            make(&directory.path.join(name), mode)?;
        }
        Ok(directory)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn server(&self) -> PathBuf {
        self.path.join("server")
    }

    /// A directory of this name that is nobody else's.
    pub(crate) fn private(&self, name: &str) -> Result<PathBuf> {
        let path = self.path.join(name);
        make(&path, 0o700)?;
        Ok(path)
    }

    /// Slurm with all its daemons' files.
    pub(crate) fn slurm(&self) -> PathBuf {
        self.path.join("slurm")
    }

    /// Where jobs run; it belongs to the user.
    pub(crate) fn work(&self, user: &str) -> Result<PathBuf> {
        let path = self.path.join("work");
        make_for(&path, user)?;
        Ok(path)
    }

    /// The files that take what programs print.
    pub(crate) fn logs(&self) -> PathBuf {
        self.path.join("logs")
    }

    /// A file that takes what a program prints.
    pub(crate) fn log(&self, name: &str) -> Result<File> {
        let path = self.logs().join(name);
        File::create(&path).with_context(|| format!("can't write {}", path.display()))
    }

    /// Leaves everything where it is.
    pub(crate) fn keep(&mut self) {
        self.keep = true;
    }

    /// Prints the end of each log, for the person who wants to know why something failed.
    pub(crate) fn print_logs(&self) {
        for entry in fs::read_dir(self.logs()).into_iter().flatten().flatten() {
            let bytes = fs::read(entry.path()).unwrap_or_default();
            let text = String::from_utf8_lossy(&bytes);
            let lines: Vec<&str> = text.lines().collect();
            eprintln!("--- the last lines of {}", entry.path().display());
            for line in lines.iter().skip(lines.len().saturating_sub(20)) {
                eprintln!("{line}");
            }
        }
    }

    fn remove_data(&self) -> Result<()> {
        let agents = ["agent", "agent-2", "python-agent"];
        for name in ["server", "logs", "work", "postgres", "nginx"].into_iter().chain(agents) {
            remove(&self.path.join(name))?;
        }
        Ok(())
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        if self.keep {
            println!("Its files are in {}", self.path.display());
        } else if let Err(error) = remove(&self.path) {
            eprintln!("{error:#}");
        }
    }
}

/// Makes a directory that belongs to a user alone.
pub(crate) fn make_for(path: &Path, user: &str) -> Result<()> {
    make(path, 0o700)?;
    let user = User::from_name(user)?.with_context(|| format!("there is no user {user}"))?;
    Ok(chown(path, Some(user.uid.as_raw()), Some(user.gid.as_raw()))?)
}

fn make(path: &Path, mode: u32) -> Result<()> {
    match DirBuilder::new().mode(mode).create(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            return Err(error).with_context(|| format!("can't make {}", path.display()));
        }
        // The umask may have taken something away.
        _ => fs::set_permissions(path, Permissions::from_mode(mode))?,
    }
    Ok(())
}

fn remove(path: &Path) -> Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("can't remove {}", path.display()))
        }
        _ => Ok(()),
    }
}
