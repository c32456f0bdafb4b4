//! Asks a directory or a program who somebody is, and remembers what it said.

use std::{
    fmt,
    path::Path,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::{sync::Semaphore, time::Instant};

use super::{
    answers::{Answer, Answers, Known},
    directory::Directory,
    program::Program,
};
use crate::setback::{Obstacle, Setback};

/// How many questions there are at once.
const AT_ONCE: usize = 4;
/// How long a directory that was not reached is left alone.
const PAUSE: Duration = Duration::from_secs(10);

/// Who is asked.
#[derive(Debug)]
pub enum Source {
    Ldap(Directory),
    Program(Program),
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// Nobody would get one now.
    Away(String),
    /// Somebody else may get one.
    Once(String),
}

/// How long what was said is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetimes {
    pub user: TimeDelta,
    pub nobody: TimeDelta,
    /// A user's, while nothing newer can be had.
    pub last_word: TimeDelta,
}

#[derive(Debug)]
pub struct Lookup {
    source: Source,
    lifetimes: Lifetimes,
    answers: Option<Answers>,
    turns: Semaphore,
    /// Since when it was not reached, and why.
    away: Mutex<Option<(Instant, String)>>,
}

impl Lookup {
    /// One that remembers nothing.
    pub fn new(source: Source, lifetimes: Lifetimes) -> Self {
        let (turns, away) = (Semaphore::new(AT_ONCE), Mutex::default());
        Self { source, lifetimes, answers: None, turns, away }
    }

    /// Keeps the answers in a file in `directory`.
    pub async fn remember_in(&mut self, directory: &Path) -> Result<(), sqlx::Error> {
        self.answers = Some(Answers::open(directory, self.settings()).await?);
        Ok(())
    }

    /// What the answers depend on.
    fn settings(&self) -> String {
        match &self.source {
            Source::Ldap(directory) => {
                format!("{directory} {} {}", directory.base, directory.uid_attribute)
            }
            Source::Program(program) => program.to_string(),
        }
    }

    /// Who has this e-mail.
    ///
    /// # Errors
    /// In words, when that can't be found out for the moment.
    pub async fn answer(&self, email: &str, now: DateTime<Utc>) -> Result<Answer, Setback> {
        if let Some(known) = self.known(email).await.filter(|known| self.is_fresh(known, now)) {
            return Ok(known.answer);
        }
        // It is never closed.
        let _turn = self.turns.acquire().await;
        // Somebody else may have asked meanwhile.
        let known = self.known(email).await;
        if let Some(known) = known.clone().filter(|known| self.is_fresh(known, now)) {
            return Ok(known.answer);
        }
        match self.ask(email).await {
            Ok(answer) => {
                self.note(email, &answer, now).await;
                Ok(answer)
            }
            Err(why) => self.last_word(email, known, now, &why),
        }
    }

    async fn ask(&self, email: &str) -> Result<Answer, String> {
        if let Some(why) = self.is_away() {
            return Err(why);
        }
        let answer = match &self.source {
            Source::Ldap(directory) => directory.ask(email).await,
            Source::Program(program) => program.ask(email).await,
        };
        answer.map_err(|failure| match failure {
            Failure::Away(why) => {
                let mut away = self.away.lock().unwrap_or_else(PoisonError::into_inner);
                *away = Some((Instant::now(), why.clone()));
                why
            }
            Failure::Once(why) => why,
        })
    }

    fn is_away(&self) -> Option<String> {
        let away = self.away.lock().unwrap_or_else(PoisonError::into_inner);
        let recent = away.as_ref().filter(|(since, _)| since.elapsed() < PAUSE);
        recent.map(|(_, why)| why.clone())
    }

    /// What was said last, while nothing newer can be had.
    fn last_word(
        &self,
        email: &str,
        known: Option<Known>,
        now: DateTime<Utc>,
        why: &str,
    ) -> Result<Answer, Setback> {
        let usable = |known: &Known| is_younger(known, now, self.lifetimes.last_word);
        match known.filter(usable) {
            Some(Known { answer: answer @ Answer::User(_), asked_at }) => {
                tracing::warn!(email, why, %asked_at, "what was said last of an e-mail is used");
                Ok(answer)
            }
            _ => {
                let words = format!("it is not known whose user {email} is: {why}");
                Err(Setback::Blocked(Obstacle::Owner, words))
            }
        }
    }

    fn is_fresh(&self, known: &Known, now: DateTime<Utc>) -> bool {
        let lifetime = match known.answer {
            Answer::User(_) => self.lifetimes.user,
            Answer::Nobody(_) => self.lifetimes.nobody,
        };
        is_younger(known, now, lifetime)
    }

    /// A file of answers that can't be read is none.
    async fn known(&self, email: &str) -> Option<Known> {
        let found = self.answers.as_ref()?.of(email).await;
        found.unwrap_or_else(|error| {
            tracing::warn!(%error, "the answers on users cannot be read");
            None
        })
    }

    async fn note(&self, email: &str, answer: &Answer, now: DateTime<Utc>) {
        let Some(answers) = &self.answers else { return };
        let memory = self.lifetimes.last_word.max(self.lifetimes.user);
        if let Err(error) = answers.note(email, answer, now, memory).await {
            tracing::warn!(%error, "the answers on users cannot be written");
        }
    }

    /// Whether the source is there, for the doctor.
    pub async fn examine(&self) -> Result<String, String> {
        match &self.source {
            Source::Ldap(directory) => directory.examine().await,
            Source::Program(program) => program.examine(),
        }
    }
}

/// Answers of the future are of a clock that was wrong.
fn is_younger(known: &Known, now: DateTime<Utc>, than: TimeDelta) -> bool {
    let age = now - known.asked_at;
    age >= TimeDelta::zero() && age < than
}

impl fmt::Display for Lookup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source {
            Source::Ldap(directory) => directory.fmt(f),
            Source::Program(program) => program.fmt(f),
        }
    }
}
