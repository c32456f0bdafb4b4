//! Personal access tokens: for scripts that nobody logs in for.

use crate::permission::Permission;
use chrono::{DateTime, Days, NaiveTime, Utc};
use rand::CryptoRng;
use serde_json::{Map, Value};
use sqlx::types::Json;

use super::{
    Provider, User, passwords, secrets,
    store::personal_tokens::{self as store, PersonalTokenRow},
    users,
};
use crate::error::{Error, Result};

/// What all of them begin with, so that scanners for secrets find them.
pub const PREFIX: &str = "jbg_";
/// How many a person may have.
const MOST: usize = 100;
/// How exactly is noted when a token was used.
const NOTED_EVERY: chrono::TimeDelta = chrono::TimeDelta::minutes(1);
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// How many days a token is good for, unless its owner says otherwise.
pub const USUAL_DAYS: u16 = 90;

/// When a token ends that is good for so many days: with the last of them.
pub fn end_after(now: DateTime<Utc>, days: u16) -> Option<DateTime<Utc>> {
    let date = now.date_naive().checked_add_days(Days::new(u64::from(days) + 1))?;
    Some(date.and_time(NaiveTime::MIN).and_utc())
}

/// A token to make.
#[derive(Debug, Clone, Default)]
pub struct NewPersonalToken {
    /// What it is for.
    pub name: String,
    /// What it permits; all that its owner may do if nothing is said.
    pub permissions: Option<Vec<String>>,
    /// When it ends.
    pub expires_at: Option<DateTime<Utc>>,
}

/// A token, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonalToken {
    /// What to revoke.
    pub id: String,
    /// What it is for.
    pub name: String,
    /// What it permits, as far as its owner may still do it.
    pub permissions: Vec<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it ends.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was used last, to the minute.
    pub last_used_at: Option<DateTime<Utc>>,
}

/// The secret of a token, shown once.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonalTokenSecret(pub String);

impl std::fmt::Debug for PersonalTokenSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PersonalTokenSecret(…)")
    }
}

impl Provider {
    /// Makes a token for a person, who holds `held` of their permissions at the moment.
    pub async fn create_personal_token(
        &self,
        user: &User,
        held: &[String],
        new: &NewPersonalToken,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<(PersonalTokenSecret, PersonalToken)> {
        let now = self.clock.now();
        if new.expires_at.is_some_and(|at| at <= now) {
            return Err(Error::Unprocessable("expires_at must be in the future".to_owned()));
        }
        let secret = random(rng);
        let row = PersonalTokenRow {
            id: secrets::id(rng),
            hash: secrets::hash(&secret),
            user_id: user.id.clone(),
            name: passwords::check_name(&new.name)?,
            permissions: Json(chosen(held, new.permissions.as_deref())?),
            created_at: now,
            expires_at: new.expires_at,
            last_used_at: None,
        };
        let mut db = self.db.write().await?;
        // Counted while nobody else makes one for this person.
        users::locked(&mut db, &user.id).await?.ok_or(Error::Unauthenticated)?;
        if store::of_user(&mut db, &user.id).await?.len() >= MOST {
            let words = "There are 100 personal access tokens already; delete one first";
            return Err(Error::Conflict(words.to_owned()));
        }
        store::insert(&mut db, &row).await?;
        db.commit().await?;
        Ok((PersonalTokenSecret(secret), row.into()))
    }

    /// A person's tokens, the newest first.
    pub async fn personal_tokens(&self, user: &User) -> Result<Vec<PersonalToken>> {
        let rows = store::of_user(&mut self.db.read().await?, &user.id).await?;
        Ok(rows.into_iter().map(PersonalToken::from).collect())
    }

    /// Revokes a token of a person; 404 if there is none.
    pub async fn delete_personal_token(&self, user: &User, id: &str) -> Result<()> {
        let mut db = self.db.write().await?;
        if !store::delete(&mut db, &user.id, id).await? {
            return Err(Error::NotFound(format!("There is no personal access token {id}")));
        }
        db.commit().await?;
        self.revocations.changed();
        Ok(())
    }

    /// What a personal access token stands for, in the claims of a signed one; nothing if it is
    /// not good.
    pub(crate) async fn personal_token_claims(
        &self,
        token: &str,
    ) -> Result<Option<Map<String, Value>>> {
        if !is_well_formed(token) {
            return Ok(None);
        }
        let now = self.clock.now();
        let mut db = self.db.read().await?;
        let Some(row) = store::find(&mut db, &secrets::hash(token)).await? else {
            return Ok(None);
        };
        if row.expires_at.is_some_and(|at| at < now) {
            return Ok(None);
        }
        drop(db);
        let Some(user) = self.active_user(&row.user_id).await? else { return Ok(None) };
        if row.last_used_at.is_none_or(|at| now - at >= NOTED_EVERY) {
            let mut db = self.db.write().await?;
            store::touch(&mut db, &row.id, now).await?;
            db.commit().await?;
        }
        let mut claims = Map::new();
        let permissions = row.permissions.0.into_iter().filter(|name| may(&user.permissions, name));
        claims.insert("permissions".to_owned(), permissions.collect());
        claims.insert("sub".to_owned(), user.id.into());
        claims.insert("email".to_owned(), user.email.into());
        claims.insert("iss".to_owned(), self.issuer().into());
        claims.insert("iat".to_owned(), row.created_at.timestamp().into());
        claims.insert("jti".to_owned(), row.id.into());
        claims.insert("typ".to_owned(), "Personal".into());
        if let Some(at) = row.expires_at {
            claims.insert("exp".to_owned(), at.timestamp().into());
        }
        if let Some(organization) = user.organization {
            claims.insert("organization".to_owned(), serde_json::json!({ organization: {} }));
        }
        Ok(Some(claims))
    }
}

impl From<PersonalTokenRow> for PersonalToken {
    fn from(row: PersonalTokenRow) -> Self {
        Self {
            id: row.id,
            name: row.name,
            permissions: row.permissions.0,
            created_at: row.created_at,
            expires_at: row.expires_at,
            last_used_at: row.last_used_at,
        }
    }
}

/// Whether somebody who holds these permissions may give this one to a token.
fn may(held: &[String], name: &str) -> bool {
    held.iter().any(|it| it == name || it == Permission::Admin.as_str())
}

/// What a token permits: what is asked for, or all that its owner holds.
fn chosen(held: &[String], asked: Option<&[String]>) -> Result<Vec<String>> {
    let Some(asked) = asked else { return Ok(held.to_vec()) };
    if asked.is_empty() {
        let words = "permissions: name at least one, or leave it out for all that you may do";
        return Err(Error::Unprocessable(words.to_owned()));
    }
    for name in asked {
        if Permission::from_name(name).is_none() {
            return Err(Error::Unprocessable(format!("permissions: there is no {name}")));
        }
        if !may(held, name) {
            let words = format!("permissions: you do not have {name} yourself");
            return Err(Error::Forbidden(words));
        }
    }
    let mut chosen = asked.to_vec();
    chosen.sort_unstable();
    chosen.dedup();
    Ok(chosen)
}

/// `jbg_`, 43 digits (256 bits) and a checksum of them in 6 more, which tells a token from a typing
/// error without looking it up.
fn random(rng: &mut impl CryptoRng) -> String {
    use rand::RngExt;
    let mut digit =
        || DIGITS.get(rng.random_range(0..DIGITS.len())).copied().map_or('0', char::from);
    let digits: String = (0..43).map(|_| digit()).collect();
    let checksum = checksum(&digits);
    format!("{PREFIX}{digits}{checksum}")
}

fn is_well_formed(token: &str) -> bool {
    let Some(rest) = token.strip_prefix(PREFIX) else { return false };
    rest.len() == 49
        && rest.bytes().all(|digit| DIGITS.contains(&digit))
        && rest.split_at_checked(43).is_some_and(|(digits, sum)| sum == checksum(digits))
}

/// A CRC-32 in 6 digits.
fn checksum(digits: &str) -> String {
    let mut rest = crc32fast::hash(digits.as_bytes()) as usize;
    let mut sum = [b'0'; 6];
    for place in sum.iter_mut().rev() {
        *place = DIGITS.get(rest % 62).copied().unwrap_or(b'0');
        rest /= 62;
    }
    sum.into_iter().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_told_from_a_typing_error() {
        let token = random(&mut rand::make_rng::<rand::rngs::StdRng>());
        assert!(is_well_formed(&token), "{token}");
        assert_eq!(token.len(), 53);
        let mut wrong = token.clone().into_bytes();
        wrong[10] = if wrong[10] == b'a' { b'b' } else { b'a' };
        assert!(!is_well_formed(std::str::from_utf8(&wrong).unwrap()));
        for odd in ["", "jbg_", "jbg_x", "ghp_0000"] {
            assert!(!is_well_formed(odd), "{odd}");
        }
    }

    #[test]
    fn a_token_permits_no_more_than_its_owner_may_do() {
        let held = ["jobbergate:job-scripts:read".to_owned()];
        assert_eq!(chosen(&held, None).unwrap(), held);
        assert_eq!(chosen(&held, Some(&held)).unwrap(), held);
        let more = ["jobbergate:job-scripts:create".to_owned()];
        assert_eq!(chosen(&held, Some(&more)).unwrap_err().status(), 403);
        let admin = ["jobbergate:admin".to_owned()];
        assert_eq!(chosen(&admin, Some(&more)).unwrap(), more);
        assert_eq!(chosen(&admin, Some(&[])).unwrap_err().status(), 422);
        assert_eq!(chosen(&admin, Some(&["x".to_owned()])).unwrap_err().status(), 422);
    }
}
