//! Whether Slurm's controller answers, since when, and why it does not.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::Notify, time::Instant};

use super::SlurmError;

/// What is kept of what a command says, in characters.
const LONGEST: usize = 300;

/// What was heard of the controller last.
#[derive(Debug)]
pub struct Hearing {
    last: Mutex<Last>,
    changed: Notify,
}

#[derive(Debug)]
struct Last {
    /// When it answered; when this began, if it has not yet.
    answered_at: Instant,
    /// Why it did not answer since.
    problem: Option<String>,
}

impl Default for Hearing {
    fn default() -> Self {
        let problem = Some("it has not answered since the agent was started".to_owned());
        Self {
            last: Mutex::new(Last { answered_at: Instant::now(), problem }),
            changed: Notify::new(),
        }
    }
}

impl Hearing {
    fn last(&self) -> MutexGuard<'_, Last> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// It answered.
    pub(super) fn heard(&self) {
        let mut last = self.last();
        last.answered_at = Instant::now();
        if last.problem.take().is_some() {
            self.changed.notify_one();
        }
    }

    /// What a question that any controller answers was answered with.
    pub(super) fn note<T>(&self, answer: Result<T, SlurmError>) -> Result<T, SlurmError> {
        match &answer {
            Ok(_) => self.heard(),
            Err(error) => self.missed(error),
        }
        answer
    }

    /// It did not answer.
    pub(super) fn missed(&self, error: &SlurmError) {
        let words: String = error.to_string().chars().take(LONGEST).collect();
        let mut last = self.last();
        if last.problem.as_ref() != Some(&words) {
            last.problem = Some(words);
            self.changed.notify_one();
        }
    }

    /// How long it has not answered.
    pub fn silence(&self) -> Duration {
        self.last().answered_at.elapsed()
    }

    /// Why it does not answer, if it does not.
    pub fn problem(&self) -> Option<String> {
        self.last().problem.clone()
    }

    /// Waits until it answers again, or does not for another reason.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(words: &str) -> SlurmError {
        SlurmError::Failed { program: "squeue", words: words.to_owned() }
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_hears_of_each_change_once() {
        let hearing = Hearing::default();
        assert!(hearing.problem().is_some_and(|words| words.contains("was started")));
        hearing.missed(&failed("connection refused"));
        hearing.changed().await;
        assert_eq!(hearing.problem().as_deref(), Some("squeue failed: connection refused"));
        hearing.missed(&failed("connection refused"));
        tokio::time::advance(Duration::from_secs(7)).await;
        assert_eq!(hearing.silence(), Duration::from_secs(7));
        hearing.heard();
        hearing.changed().await;
        assert_eq!((hearing.problem(), hearing.silence()), (None, Duration::ZERO));
        hearing.heard();
        let again = tokio::time::timeout(Duration::from_secs(1), hearing.changed());
        assert!(again.await.is_err());
    }
}
