//! Turns in a directory.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, Weak},
};

use tokio::sync::OwnedMutexGuard;

/// Lets one submission at a time write into a directory and have `sbatch` read from there:
/// scripts of one name would otherwise take each other's place.
#[derive(Debug, Default)]
pub struct DirectoryLocks(Mutex<HashMap<PathBuf, Weak<tokio::sync::Mutex<()>>>>);

impl DirectoryLocks {
    /// Waits for a turn, which lasts until what is returned is dropped.
    pub async fn turn(&self, directory: &Path) -> OwnedMutexGuard<()> {
        let lock = self.lock_of(directory);
        lock.lock_owned().await
    }

    fn lock_of(&self, directory: &Path) -> Arc<tokio::sync::Mutex<()>> {
        let mut locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        locks.retain(|_, lock| lock.strong_count() > 0);
        if let Some(lock) = locks.get(directory).and_then(Weak::upgrade) {
            return lock;
        }
        let lock = Arc::default();
        locks.insert(directory.to_owned(), Arc::downgrade(&lock));
        lock
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_directory_has_one_turn_at_a_time_and_others_do_not_wait_for_it() {
        let locks = DirectoryLocks::default();
        let turn = locks.turn(Path::new("/a")).await;
        let _elsewhere = locks.turn(Path::new("/b")).await;
        assert!(locks.lock_of(Path::new("/a")).try_lock_owned().is_err());
        drop(turn);
        assert!(locks.lock_of(Path::new("/a")).try_lock_owned().is_ok());
    }
}
