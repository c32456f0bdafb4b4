//! Threads for what takes long to compute: rendering templates, checking files.

use std::{sync::Arc, thread, time::Duration};

use tokio::{sync::Semaphore, time::timeout};

use crate::error::{Error, Result};

/// How long work may wait for its turn before the request is answered 503.
const PATIENCE: Duration = Duration::from_secs(10);

/// Lets so much be computed at once that there is a core for each: more would need as many times
/// the memory and be no quicker.
#[derive(Debug, Clone)]
pub struct Workers {
    turns: Arc<Semaphore>,
    patience: Duration,
}

impl Workers {
    /// One for each core, and two on a machine with a single one.
    pub fn new() -> Self {
        let cores = thread::available_parallelism().map_or(2, usize::from);
        Self { turns: Arc::new(Semaphore::new(cores.max(2))), patience: PATIENCE }
    }

    /// Computes something on a thread that may be kept busy.
    ///
    /// # Errors
    /// 503 if others keep all threads busy for 10 seconds, 500 if `work` panics.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T> {
        let turn = timeout(self.patience, Arc::clone(&self.turns).acquire_owned()).await;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_waits_too_long_is_told_so() {
        let patience = Duration::from_millis(1);
        let workers = Workers { turns: Arc::new(Semaphore::new(1)), patience };
        assert_eq!(workers.run(|| 7).await.unwrap(), 7);
        let busy = Arc::clone(&workers.turns).acquire_owned().await.unwrap();
        let refused = workers.run(|| 7).await.unwrap_err();
        assert_eq!(refused.status(), 503);
        drop(busy);
        assert_eq!(workers.run(|| 8).await.unwrap(), 8);
    }
}
