//! Reads as users, so many at once; a file system that does not answer holds up its own users only.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{Semaphore, oneshot},
    time::{Instant, sleep, timeout_at},
};

use super::read::{Part, ReadPart, Unreadable};
use crate::{acting, run_as::Account};

/// How many files are read at once.
const AT_ONCE: usize = 16;
/// How many may be under way as one user, hanging ones among them.
const OF_ONE: usize = 4;
/// How many may be under way at all, hanging ones among them.
const ALL: usize = 256;
/// How long a read may take, the wait for a place included.
const DEADLINE: Duration = Duration::from_secs(10);
/// How often it is looked whether there is a place.
const TICK: Duration = Duration::from_millis(20);

#[derive(Debug)]
pub(super) struct Reader {
    turns: Semaphore,
    under_way: Arc<UnderWay>,
}

/// How many reads are under way, by user.
#[derive(Debug, Default)]
struct UnderWay(Mutex<HashMap<String, usize>>);

/// A read that is under way, until the file system has answered.
struct Place {
    under_way: Arc<UnderWay>,
    user: String,
}

/// Why nothing was read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NotRead {
    Unreadable(Unreadable),
    /// The file system did not answer.
    Late,
    /// Others must end first.
    Busy,
}

impl Default for Reader {
    fn default() -> Self {
        Self { turns: Semaphore::new(AT_ONCE), under_way: Arc::default() }
    }
}

impl Reader {
    /// Reads a part of a file as a user.
    pub(super) async fn read(
        &self,
        account: &Account,
        submission: i64,
        wanted: ReadPart,
    ) -> Result<Part, NotRead> {
        let reader = account.clone();
        let work = async move { acting::read(&reader, submission, wanted).await };
        self.run(&account.name, work).await
    }

    /// Does something that may never end. It keeps its place until it does.
    async fn run<T: Send + 'static>(
        &self,
        user: &str,
        work: impl Future<Output = Result<T, Unreadable>> + Send + 'static,
    ) -> Result<T, NotRead> {
        let end = Instant::now() + DEADLINE;
        let place = loop {
            match self.under_way.enter(user) {
                Some(place) => break place,
                None if Instant::now() >= end => return Err(NotRead::Busy),
                None => sleep(TICK).await,
            }
        };
        let turn = timeout_at(end, self.turns.acquire()).await;
        // It is never closed.
        let _turn = turn.map_err(|_| NotRead::Busy)?;
        let (done, result) = oneshot::channel();
        tokio::spawn(async move {
            let outcome = work.await;
            drop(place);
            // Whoever asked may be gone.
            let _ = done.send(outcome);
        });
        match timeout_at(end, result).await {
            Ok(Ok(outcome)) => outcome.map_err(NotRead::Unreadable),
            Ok(Err(_)) => Err(NotRead::Unreadable(Unreadable::Failed("broken off".to_owned()))),
            Err(_) => Err(NotRead::Late),
        }
    }
}

impl UnderWay {
    fn enter(self: &Arc<Self>, user: &str) -> Option<Place> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.values().sum::<usize>() >= ALL {
            return None;
        }
        let own = counts.entry(user.to_owned()).or_default();
        if *own >= OF_ONE {
            return None;
        }
        *own += 1;
        drop(counts);
        Some(Place { under_way: Arc::clone(self), user: user.to_owned() })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.under_way.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = counts.get_mut(&self.user) {
            *own -= 1;
        }
        counts.retain(|_, count| *count > 0);
    }
}

#[cfg(test)]
mod tests {
    use tokio_util::sync::CancellationToken;

    use super::*;

    #[tokio::test]
    async fn a_file_system_that_does_not_answer_holds_up_its_own_users_only() {
        let reader = Arc::new(Reader::default());
        let answer = CancellationToken::new();
        let mut hanging = Vec::new();
        for _ in 0..OF_ONE + 2 {
            let (reader, answer) = (Arc::clone(&reader), answer.clone());
            let hang = async move {
                answer.cancelled().await;
                Ok(())
            };
            hanging.push(tokio::spawn(async move { reader.run("eve", hang).await }));
        }
        sleep(TICK * 2).await;
        let begin = Instant::now();
        assert_eq!(reader.run("ann", async { Ok(7) }).await, Ok(7));
        assert!(begin.elapsed() < DEADLINE / 2);
        let mut outcomes = Vec::new();
        for read in hanging {
            outcomes.push(read.await.unwrap());
        }
        let count = |outcome| outcomes.iter().filter(|o| **o == outcome).count();
        assert_eq!((count(Err(NotRead::Late)), count(Err(NotRead::Busy))), (OF_ONE, 2));
        answer.cancel();
        while reader.run("eve", async { Ok(7) }).await != Ok(7) {}
    }
}
