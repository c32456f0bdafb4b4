//! Limits to guessing, which all replicas share.

use std::net::IpAddr;

use chrono::TimeDelta;

use super::{Provider, store::attempts as store};
use crate::{db::Session as Db, error::Result};

/// Within which time attempts are counted.
const WINDOW: TimeDelta = TimeDelta::minutes(15);
/// How many passwords of one account may be wrong within it.
pub const PER_ACCOUNT: i32 = 10;
/// How long it is known where somebody has logged in.
const PLACE_KNOWN: TimeDelta = TimeDelta::days(30);
/// How many passwords from one address may be wrong within it.
pub const PER_ADDRESS: i32 = 100;
/// How many codes of devices one person may get wrong within it.
pub const CODES_PER_PERSON: i32 = 20;

/// How many links one account may be sent within it.
pub const MAILS_PER_ACCOUNT: i32 = 3;
/// How many links may be asked for from one address within it.
pub const MAILS_PER_ADDRESS: i32 = 30;

/// What is limited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Limit<'a> {
    /// Passwords of an account, whether there is one or not.
    Account(&'a str),
    /// Passwords of an account from an address where its person has logged in: who guesses elsewhere
    /// locks nobody out there.
    Place(&'a str, IpAddr),
    /// Passwords from an address.
    Address(IpAddr),
    /// Codes of devices that a person types.
    Codes(&'a str),
    /// Links by e-mail to an address, whether there is an account or not.
    Mails(&'a str),
    /// The same from an address of the network.
    Requests(IpAddr),
}

impl Limit<'_> {
    fn key(&self) -> String {
        match self {
            Self::Account(email) => format!("account:{}", super::secrets::hash(email)),
            Self::Place(email, address) => {
                let place = neighbourhood(*address);
                format!("place:{}:{place}", super::secrets::hash(email))
            }
            Self::Address(address) => format!("address:{}", neighbourhood(*address)),
            Self::Codes(user) => format!("codes:{user}"),
            Self::Mails(email) => format!("mails:{}", super::secrets::hash(email)),
            Self::Requests(address) => format!("requests:{}", neighbourhood(*address)),
        }
    }

    const fn most(&self) -> i32 {
        match self {
            Self::Account(_) | Self::Place(..) => PER_ACCOUNT,
            Self::Address(_) => PER_ADDRESS,
            Self::Codes(_) => CODES_PER_PERSON,
            Self::Mails(_) => MAILS_PER_ACCOUNT,
            Self::Requests(_) => MAILS_PER_ADDRESS,
        }
    }
}

impl Provider {
    /// Counts an attempt under each of these, before it is made, so that many at once count, too;
    /// how long to wait if there were too many.
    pub(super) async fn attempt(&self, limits: &[Limit<'_>]) -> Result<Option<TimeDelta>> {
        let now = self.clock.now();
        let mut wait = None;
        let mut db = self.db.write().await?;
        for limit in limits {
            let (count, ends_at) = store::count(&mut db, &limit.key(), now, now + WINDOW).await?;
            if count > limit.most() {
                wait = wait.max(Some(ends_at - now));
            }
        }
        db.commit().await?;
        Ok(wait)
    }

    /// Notes from where an account was logged in to.
    pub(super) async fn note_place(&self, db: &mut Db, user_id: &str, from: IpAddr) -> Result<()> {
        let until = self.clock.now() + PLACE_KNOWN;
        Ok(store::remember(db, &place(user_id, from), until).await?)
    }

    /// Whether an account was logged in to from there lately.
    pub(super) async fn is_place(&self, db: &mut Db, user_id: &str, from: IpAddr) -> Result<bool> {
        Ok(store::remembers(db, &place(user_id, from), self.clock.now()).await?)
    }

    /// The attempt was no guess: the account starts anew, for the others it does not count. Anybody
    /// has codes and passwords of their own to get right between two guesses.
    pub(super) async fn succeeded(&self, db: &mut Db, limits: &[Limit<'_>]) -> Result<()> {
        for limit in limits {
            match limit {
                Limit::Account(_) | Limit::Place(..) => store::forget(db, &limit.key()).await?,
                Limit::Address(_) | Limit::Codes(_) | Limit::Mails(_) | Limit::Requests(_) => {
                    store::take_back(db, &limit.key()).await?;
                }
            }
        }
        Ok(())
    }

    /// The attempt said nothing of whether it was a guess.
    pub(super) async fn take_back(&self, db: &mut Db, limits: &[Limit<'_>]) -> Result<()> {
        for limit in limits {
            store::take_back(db, &limit.key()).await?;
        }
        Ok(())
    }
}

fn place(user_id: &str, address: IpAddr) -> String {
    format!("known:{user_id}:{}", neighbourhood(address))
}

/// Who has one IPv6 address has at least the 64 bits after its network.
fn neighbourhood(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) & !u128::from(u64::MAX)).into()),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_in_an_ipv6_network_count_together() {
        let key = |text: &str| Limit::Address(text.parse().unwrap()).key();
        assert_eq!(key("2001:db8::1"), key("2001:db8::ffff:1"));
        assert_ne!(key("2001:db8::1"), key("2001:db8:0:1::1"));
        assert_eq!(key("::ffff:10.0.0.1"), key("10.0.0.1"));
        assert_ne!(key("10.0.0.1"), key("10.0.0.2"));
    }
}
