//! People's passwords: what is accepted, and how they are kept.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use tokio::sync::Semaphore;

use super::Provider;
use crate::{
    bidi::turns_around,
    error::{Error, Result},
};

/// The shortest password that is accepted, in characters.
pub const SHORTEST: usize = 12;
/// The longest password that is accepted, in characters.
pub const LONGEST: usize = 256;
/// The longest name of a person or a thing of theirs, in characters.
const LONGEST_NAME: usize = 128;

/// What is compared with where nothing is kept, so that the same work is done.
const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5J3MgYWNjb3VudA$pFiEO7BylHRWttQz51PiraswBEQSoQmH3aXK5Z5L408";

/// How many passwords were checked.
#[derive(Debug, Default)]
pub(super) struct Checked(Arc<AtomicU64>);

impl Provider {
    /// What is kept of a password.
    pub(super) async fn hash_password(&self, password: &str) -> Result<String> {
        let password = password.to_owned();
        self.at_work(move || hash(&password)).await?
    }

    /// Whether this is the password; where there is none, as much work is done to say no.
    pub(super) async fn is_password(&self, password: &str, stored: Option<&str>) -> Result<bool> {
        let (password, kept) = (password.to_owned(), stored.unwrap_or(NOBODYS).to_owned());
        let checked = Arc::clone(&self.checked.0);
        let is_it = move || {
            checked.fetch_add(1, Ordering::Relaxed);
            PasswordHash::new(&kept)
                .is_ok_and(|kept| hasher().verify_password(password.as_bytes(), &kept).is_ok())
        };
        Ok(self.at_work(is_it).await? && stored.is_some())
    }

    /// How many passwords were checked since the start, right or wrong.
    pub fn checked_passwords(&self) -> u64 {
        self.checked.0.load(Ordering::Relaxed)
    }

    /// Hashes when there is room for it.
    pub(super) async fn at_work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T> {
        in_room(Arc::clone(&self.hashing), work).await
    }
}

/// The permit goes with the work, which goes on when nobody waits for it any more.
async fn in_room<T: Send + 'static>(
    room: Arc<Semaphore>,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T> {
    let permit = room.acquire_owned().await.map_err(Error::internal)?;
    let work = move || {
        let _permit = permit;
        work()
    };
    tokio::task::spawn_blocking(work).await.map_err(Error::internal)
}

/// 422 unless somebody may choose this password. What it is made of is left to them (NIST SP
/// 800-63B-4 §3.1.1.2).
pub(super) fn check_strength(password: &str, email: &str) -> Result<()> {
    let refuse = |words: &str| Err(Error::Unprocessable(words.to_owned()));
    let length = password.chars().count();
    if length < SHORTEST {
        return refuse("The password is too short: it must have at least 12 characters");
    }
    if length > LONGEST {
        return refuse("The password is too long: it must have at most 256 characters");
    }
    let different: std::collections::HashSet<_> = password.chars().collect();
    if different.len() < 5 {
        return refuse("The password is too easy to guess: it repeats a few characters");
    }
    let (lower, email) = (password.to_lowercase(), email.to_lowercase());
    if lower == email || email.contains(&lower) {
        return refuse("The password is too easy to guess: it is in the e-mail address");
    }
    if EASY.iter().any(|easy| lower.contains(easy)) && length < 2 * SHORTEST {
        return refuse("The password is too easy to guess: choose one that is nobody else's");
    }
    Ok(())
}

/// What guessers try first, and combine.
const EASY: [&str; 8] =
    ["password", "123456", "qwertz", "qwerty", "jobbergate", "letmein", "iloveyou", "abcdef"];

/// A name without blanks around it; 422 if nobody could read it.
pub(super) fn check_name(name: &str) -> Result<String> {
    let name = name.trim();
    let is_odd = |c: char| c.is_control() || turns_around(c);
    let readable = !name.is_empty() && !name.chars().any(is_odd);
    if readable && name.chars().count() <= LONGEST_NAME {
        return Ok(name.to_owned());
    }
    let words = "The name must have 1 to 128 characters, without line breaks and the like";
    Err(Error::Unprocessable(words.to_owned()))
}

fn hash(password: &str) -> Result<String> {
    let hash = hasher().hash_password(password.as_bytes());
    hash.map(|hash| hash.to_string()).map_err(|error| Error::internal(error.to_string()))
}

/// Argon2id as OWASP recommends it: 19 MiB, two passes.
fn hasher() -> Argon2<'static> {
    let params = Params::new(19 * 1024, 2, 1, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_kept_as_argon2id_with_19_mib() {
        let kept = hash("correct horse battery staple").unwrap();
        for kept in [kept.as_str(), NOBODYS] {
            assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
            let output = PasswordHash::new(kept).unwrap().hash.unwrap();
            assert_eq!(output.as_bytes().len(), 32);
        }
    }

    #[tokio::test]
    async fn work_that_nobody_waits_for_still_takes_room() {
        let room = Arc::new(Semaphore::new(1));
        let (begins, began) = tokio::sync::oneshot::channel();
        let (ends, ended) = std::sync::mpsc::channel::<()>();
        let work = move || {
            begins.send(()).unwrap();
            ended.recv().unwrap();
        };
        let waiting = tokio::spawn(in_room(Arc::clone(&room), work));
        began.await.unwrap();
        waiting.abort();
        assert!(waiting.await.unwrap_err().is_cancelled());
        assert_eq!(room.available_permits(), 0);
        ends.send(()).unwrap();
        room.acquire().await.unwrap().forget();
    }

    #[test]
    fn a_name_is_read_as_it_is_written() {
        for good in ["Alice", "Zoë Ångström", "אליס", "a\u{200D}b"] {
            check_name(good).unwrap();
        }
        for odd in ['\n', '\0', '\u{202A}', '\u{202E}', '\u{2066}', '\u{2069}'] {
            assert!(check_name(&format!("a{odd}b")).is_err(), "{odd:?}");
        }
    }

    #[test]
    fn what_guessers_try_first_is_refused() {
        let check = |password: &str| check_strength(password, "alice.archer@example.com");
        for good in ["correct horse battery staple", "ünïcödé-pässwörd", "xK9#vQ2!mZ7&"] {
            check(good).unwrap();
        }
        for bad in [
            "short",
            "aaaaaaaaaaaaaaaa",
            "alice.archer@example.com",
            "Alice.Archer",
            "Password1234",
            "jobbergate2026",
        ] {
            let refused = check(bad).unwrap_err().to_string();
            assert!(refused.starts_with("The password is too"), "{bad}: {refused}");
        }
        assert!(check(&"long enough ".repeat(30)).is_err());
    }
}
