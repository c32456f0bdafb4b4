//! Whether Slurm's controller answers, since when, and why it does not.

use std::{
    collections::BTreeMap,
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
    /// Which command it does not answer, and why.
    problems: BTreeMap<&'static str, String>,
}

impl Default for Hearing {
    fn default() -> Self {
        let last = Last { answered_at: Instant::now(), problems: BTreeMap::new() };
        Self { last: Mutex::new(last), changed: Notify::new() }
    }
}

impl Hearing {
    fn last(&self) -> MutexGuard<'_, Last> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// It answered a command.
    pub(super) fn heard(&self, command: &'static str) {
        let mut last = self.last();
        last.answered_at = Instant::now();
        if last.problems.remove(command).is_some() && last.problems.is_empty() {
            self.changed.notify_one();
        }
    }

    /// What a command that any controller answers was answered with.
    pub(super) fn note<T>(
        &self,
        command: &'static str,
        answer: Result<T, SlurmError>,
    ) -> Result<T, SlurmError> {
        match &answer {
            Ok(_) => self.heard(command),
            Err(error) => self.missed(command, error),
        }
        answer
    }

    /// It did not answer a command.
    pub(super) fn missed(&self, command: &'static str, error: &SlurmError) {
        let mut last = self.last();
        let is_new = last.problems.is_empty();
        last.problems.insert(command, in_a_line(&error.to_string()));
        if is_new {
            self.changed.notify_one();
        }
    }

    /// How long it has not answered.
    pub fn silence(&self) -> Duration {
        self.last().answered_at.elapsed()
    }

    /// Why it does not answer, if it does not.
    pub fn problem(&self) -> Option<String> {
        self.last().problems.values().next().cloned()
    }

    /// Waits until it answers again, or answers no more.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }
}

fn in_a_line(words: &str) -> String {
    let is_gap = |c: char| c.is_whitespace() || c.is_control();
    let words: Vec<_> = words.split(is_gap).filter(|word| !word.is_empty()).collect();
    words.join(" ").chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(words: &str) -> SlurmError {
        SlurmError::Failed { program: "squeue", words: words.to_owned() }
    }

    async fn is_told(hearing: &Hearing) -> bool {
        tokio::time::timeout(Duration::from_secs(1), hearing.changed()).await.is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_hears_of_each_change_once() {
        let hearing = Hearing::default();
        hearing.heard("squeue");
        assert!(hearing.problem().is_none() && !is_told(&hearing).await);
        hearing.missed("squeue", &failed("connection\n\trefused\0"));
        assert!(is_told(&hearing).await);
        assert_eq!(hearing.problem().as_deref(), Some("squeue failed: connection refused"));
        hearing.missed("squeue", &failed("connect failure"));
        assert!(!is_told(&hearing).await);
        tokio::time::advance(Duration::from_secs(5)).await;
        assert_eq!(hearing.silence(), Duration::from_secs(7));
        hearing.heard("squeue");
        assert!(is_told(&hearing).await);
        assert_eq!((hearing.problem(), hearing.silence()), (None, Duration::ZERO));
    }

    #[tokio::test(start_paused = true)]
    async fn one_command_that_is_answered_does_not_hide_another_that_is_not() {
        let hearing = Hearing::default();
        hearing.missed("squeue", &failed("not found"));
        assert!(is_told(&hearing).await);
        hearing.heard("scontrol");
        assert!(hearing.problem().is_some() && !is_told(&hearing).await);
    }
}
