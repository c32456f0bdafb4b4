//! What goes wrong with disks, networks and stores. Some need the rights of root to bring about;
//! where these are not to be had they say so and pass.

mod disk;
mod network;
mod power;
mod store;

use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// A file system that is there until this is dropped.
struct Mounted(PathBuf);

impl Mounted {
    /// Mounts; says why the test is skipped where that can't be done.
    fn with(arguments: &[&str], at: &Path) -> Option<Self> {
        let mount = Command::new("mount").args(arguments).arg(at).output();
        match mount {
            Ok(output) if output.status.success() => Some(Self(at.to_owned())),
            other => {
                eprintln!("skipped: mount {arguments:?} needs root: {other:?}");
                None
            }
        }
    }

    fn tmpfs(size: &str, at: &Path) -> Option<Self> {
        Self::with(&["-t", "tmpfs", "-o", &format!("size={size},mode=700"), "tmpfs"], at)
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}
