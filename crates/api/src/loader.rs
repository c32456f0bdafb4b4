//! Reading once what many ask for at about the same moment (a data loader).

use std::{
    collections::{BTreeSet, HashMap},
    fmt,
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::watch, time::sleep};

use crate::error::{Error, Result};

/// What is asked for within this time is read together.
const GATHER: Duration = Duration::from_millis(10);

/// What was read, by key; nothing until it is.
type Read<V> = Option<Arc<HashMap<String, V>>>;

pub(crate) struct Loader<V>(Mutex<Option<Batch<V>>>);

/// What is to be read next.
struct Batch<V> {
    keys: BTreeSet<String>,
    read: watch::Receiver<Read<V>>,
}

impl<V> Default for Loader<V> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl<V> fmt::Debug for Loader<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Loader(…)")
    }
}

impl<V: Clone + Send + Sync + 'static> Loader<V> {
    /// What there is under a key, read after this is asked; `read` is called with the keys of all
    /// who ask meanwhile.
    pub(crate) async fn load<F>(
        self: &Arc<Self>,
        key: String,
        read: impl FnOnce(Vec<String>) -> F + Send + 'static,
    ) -> Result<Option<V>>
    where
        F: Future<Output = Result<HashMap<String, V>>> + Send,
    {
        let mut pending = self.join(key.clone(), read);
        let failed = |_| Error::internal("what many asked for could not be read");
        let found = pending.wait_for(Option::is_some).await.map_err(failed)?;
        Ok(found.as_ref().and_then(|found| found.get(&key).cloned()))
    }

    fn join<F>(
        self: &Arc<Self>,
        key: String,
        read: impl FnOnce(Vec<String>) -> F + Send + 'static,
    ) -> watch::Receiver<Read<V>>
    where
        F: Future<Output = Result<HashMap<String, V>>> + Send,
    {
        let mut next = self.next();
        if let Some(batch) = next.as_mut() {
            batch.keys.insert(key);
            return batch.read.clone();
        }
        let (told, pending) = watch::channel(None);
        *next = Some(Batch { keys: BTreeSet::from([key]), read: pending.clone() });
        let loader = Arc::clone(self);
        // Whoever asked first may go away.
        tokio::spawn(async move {
            sleep(GATHER).await;
            let batch = loader.next().take();
            let keys = batch.into_iter().flat_map(|batch| batch.keys).collect();
            match read(keys).await {
                Ok(found) => drop(told.send(Some(Arc::new(found)))),
                Err(error) => error.log(),
            }
        });
        pending
    }

    fn next(&self) -> MutexGuard<'_, Option<Batch<V>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures::future::join_all;

    use super::*;

    /// Finds all keys but `nobody`, and counts how often it reads.
    async fn find(keys: Vec<String>, reads: Arc<AtomicUsize>) -> Result<HashMap<String, usize>> {
        reads.fetch_add(1, Ordering::SeqCst);
        let known = keys.into_iter().filter(|key| key != "nobody");
        Ok(known.map(|key| (key.clone(), key.len())).collect())
    }

    #[tokio::test]
    async fn who_asks_at_the_same_moment_is_answered_by_one_read() {
        let (loader, reads) = (Arc::new(Loader::default()), Arc::new(AtomicUsize::new(0)));
        let ask = |key: &str| {
            let reads = Arc::clone(&reads);
            let (loader, key) = (Arc::clone(&loader), key.to_owned());
            async move { loader.load(key, |keys| find(keys, reads)).await.unwrap() }
        };
        let found = join_all(["a", "bb", "a", "nobody"].map(ask)).await;
        assert_eq!(found, [Some(1), Some(2), Some(1), None]);
        assert_eq!(reads.load(Ordering::SeqCst), 1);
        assert_eq!(ask("ccc").await, Some(3));
        assert_eq!(reads.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn all_are_told_that_it_failed_and_the_next_one_asks_anew() {
        let loader = Arc::new(Loader::<usize>::default());
        let fail = || loader.load("a".to_owned(), async |_| Err(Error::Busy("later")));
        let (first, second) = tokio::join!(fail(), fail());
        assert!(first.is_err() && second.is_err());
        let reads = Arc::new(AtomicUsize::new(0));
        let found = loader.load("a".to_owned(), |keys| find(keys, reads)).await.unwrap();
        assert_eq!(found, Some(1));
    }

    #[tokio::test]
    async fn others_are_answered_when_the_first_one_goes_away() {
        let (loader, reads) = (Arc::new(Loader::default()), Arc::new(AtomicUsize::new(0)));
        let reading = Arc::clone(&reads);
        let first = loader.load("a".to_owned(), |keys| find(keys, reading));
        assert!(tokio::time::timeout(Duration::from_millis(1), first).await.is_err());
        let reading = Arc::clone(&reads);
        let second = loader.load("bb".to_owned(), |keys| find(keys, reading)).await.unwrap();
        assert_eq!((second, reads.load(Ordering::SeqCst)), (Some(2), 1));
    }
}
