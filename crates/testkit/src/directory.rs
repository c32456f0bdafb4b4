//! Where the peers of this checkout keep what they share between test processes.

use std::{
    env,
    fs::{self, File},
    io,
    os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use nix::unistd::geteuid;
use sha2::{Digest, Sha256};

/// The directory of this user and checkout, made when missing. The environment variable
/// `JOBBERGATE_TESTKIT_DIR` puts it elsewhere.
///
/// It is not below the checkout, for PostgreSQL runs as another user when the tests run as root,
/// and a home directory may be closed to that user.
pub(crate) fn shared() -> Result<PathBuf> {
    let directory = match env::var_os("JOBBERGATE_TESTKIT_DIR") {
        Some(directory) => PathBuf::from(directory),
        None => default_directory(),
    };
    create(&directory).with_context(|| format!("can't make {}", directory.display()))?;
    let metadata = fs::symlink_metadata(&directory)?;
    ensure!(
        metadata.is_dir() && metadata.uid() == geteuid().as_raw(),
        "{} belongs to somebody else: remove it, or set JOBBERGATE_TESTKIT_DIR",
        directory.display(),
    );
    // Others may pass through to the peers' own directories, which say who may read them. Set
    // here, for the umask may have taken it away.
    fs::set_permissions(&directory, fs::Permissions::from_mode(0o711))?;
    Ok(directory)
}

/// The directory `name` in the shared one, filled by `install` when whoever comes first needs it, and
/// again when another `version` of it is wanted.
pub(crate) fn installed(
    name: &str,
    version: &str,
    install: impl FnOnce(&Path) -> Result<()>,
) -> Result<PathBuf> {
    let directory = shared()?.join(name);
    fs::create_dir_all(&directory)?;
    let lock = File::create(directory.join("lock"))?;
    lock.lock()?;
    let complete = directory.join("complete");
    if fs::read_to_string(&complete).ok().as_deref() != Some(version) {
        install(&directory)?;
        fs::write(&complete, version)?;
    }
    Ok(directory)
}

fn create(directory: &PathBuf) -> io::Result<()> {
    match fs::DirBuilder::new().mode(0o711).create(directory) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    }
}

/// Short, for the path of a Unix socket may have 107 bytes at most.
fn default_directory() -> PathBuf {
    let checkout = Sha256::digest(env!("CARGO_MANIFEST_DIR"));
    let checkout: String = checkout.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    PathBuf::from(format!("/var/tmp/jobbergate-testkit-{}-{checkout}", geteuid()))
}
