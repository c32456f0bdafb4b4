//! Turns in a directory.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, Weak},
};

use tokio::sync::{AcquireError, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};

/// How many threads may write files of one user: those that a file system hangs add up.
const THREADS_OF_ONE: usize = 8;

/// Lets one submission at a time write into a directory: files of one name would otherwise take
/// each other's place.
#[derive(Debug, Default)]
pub struct DirectoryLocks {
    directories: Mutex<HashMap<PathBuf, Weak<tokio::sync::Mutex<()>>>>,
    users: Mutex<HashMap<String, Weak<Semaphore>>>,
}

/// A turn, which lasts until it is dropped.
#[derive(Debug)]
pub struct Turn {
    _directory: OwnedMutexGuard<()>,
    _user: OwnedSemaphorePermit,
}

impl DirectoryLocks {
    /// Waits for a user's turn in a directory.
    ///
    /// # Errors
    /// Never: turns are not closed.
    pub async fn turn(&self, directory: &Path, user: &str) -> Result<Turn, AcquireError> {
        let lock = self.lock_of(directory);
        let _directory = lock.lock_owned().await;
        let _user = self.threads_of(user).acquire_owned().await?;
        Ok(Turn { _directory, _user })
    }

    fn lock_of(&self, directory: &Path) -> Arc<tokio::sync::Mutex<()>> {
        let mut locks = self.directories.lock().unwrap_or_else(PoisonError::into_inner);
        kept(&mut locks, directory.to_owned(), Arc::default)
    }

    fn threads_of(&self, user: &str) -> Arc<Semaphore> {
        let mut users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        kept(&mut users, user.to_owned(), || Arc::new(Semaphore::new(THREADS_OF_ONE)))
    }
}

/// What somebody has of a key, or a new one; what nobody has is forgotten.
pub(crate) fn kept<K: Eq + std::hash::Hash, V>(
    all: &mut HashMap<K, Weak<V>>,
    key: K,
    new: impl FnOnce() -> Arc<V>,
) -> Arc<V> {
    all.retain(|_, value| value.strong_count() > 0);
    if let Some(value) = all.get(&key).and_then(Weak::upgrade) {
        return value;
    }
    let value = new();
    all.insert(key, Arc::downgrade(&value));
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_directory_has_one_turn_at_a_time_and_others_do_not_wait_for_it() {
        let locks = DirectoryLocks::default();
        let turn = locks.turn(Path::new("/a"), "ann").await.unwrap();
        let _elsewhere = locks.turn(Path::new("/b"), "ann").await.unwrap();
        assert!(locks.lock_of(Path::new("/a")).try_lock_owned().is_err());
        drop(turn);
        assert!(locks.lock_of(Path::new("/a")).try_lock_owned().is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_user_whose_directories_all_hang_keeps_no_other_waiting() {
        let (locks, mut hanging) = (DirectoryLocks::default(), Vec::new());
        for i in 0..THREADS_OF_ONE {
            let directory = PathBuf::from(format!("/hangs/{i}"));
            hanging.push(locks.turn(&directory, "eve").await.unwrap());
        }
        let minute = std::time::Duration::from_secs(60);
        let one_more = locks.turn(Path::new("/hangs/too"), "eve");
        assert!(tokio::time::timeout(minute, one_more).await.is_err());
        locks.turn(Path::new("/home/ann"), "ann").await.unwrap();
        hanging.pop();
        locks.turn(Path::new("/hangs/too"), "eve").await.unwrap();
    }
}
