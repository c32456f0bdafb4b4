//! Threads for what takes long to compute: rendering templates, checking files.

use std::{sync::Arc, thread, time::Duration};

use tokio::{sync::Semaphore, time::timeout};

use crate::error::{Error, Result};

/// How long work may wait for its turn before the request is answered 503.
const PATIENCE: Duration = Duration::from_secs(10);

/// Lets so much be computed at once that there is a core for each: more would take as much memory
/// as it is much, and be no quicker.
#[derive(Debug, Clone)]
pub struct Workers(Arc<Semaphore>);

impl Workers {
    /// One for each core, and two on a machine with a single one.
    pub fn new() -> Self {
        let cores = thread::available_parallelism().map_or(2, usize::from);
        Self(Arc::new(Semaphore::new(cores.max(2))))
    }

    /// Computes something on a thread that may be kept busy.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T> {
        let turn = timeout(PATIENCE, Arc::clone(&self.0).acquire_owned()).await;
        let busy = "Too much is being rendered and checked; try again in a moment";
        let turn = turn.map_err(|_| Error::NotReady(busy.to_owned()))?.map_err(Error::internal)?;
        let working = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work()
        });
        working.await.map_err(Error::internal)
    }
}

impl Default for Workers {
    fn default() -> Self {
        Self::new()
    }
}
