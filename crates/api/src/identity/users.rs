//! People who have an account here.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use rand::CryptoRng;

use super::{
    Provider, passwords, roles, secrets,
    store::{codes, device_codes, families, links, roles as role_store, sessions, users as store},
};
use crate::{
    db::Session as Db,
    email_address,
    error::{Error, Result},
};

/// Where a person's password is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Here.
    Local,
    /// In the centre's directory.
    Ldap,
}

/// Somebody to make an account for.
#[derive(Clone, Default)]
pub struct NewUser {
    /// Their address, by which they log in.
    pub email: String,
    /// What they are called; the address if nothing is said.
    pub name: Option<String>,
    /// The organization whose data they work with.
    pub organization: Option<String>,
    /// What they may do.
    pub roles: Vec<String>,
    /// Their password; without one they are to be invited.
    pub password: Option<String>,
}

/// Somebody who has an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// What stays when the address changes: `sub` in tokens.
    pub id: String,
    /// Their address.
    pub email: String,
    /// What they are called.
    pub name: String,
    /// Where their password is checked.
    pub source: Source,
    /// Whether they have chosen a password here.
    pub has_password: bool,
    /// The organization whose data they work with.
    pub organization: Option<String>,
    /// What they may do, by the names of roles.
    pub roles: Vec<String>,
    /// What their roles permit together.
    pub permissions: Vec<String>,
    /// Since when they are kept out.
    pub disabled_at: Option<DateTime<Utc>>,
    /// Since when the directory does not let them in any more.
    pub left_at: Option<DateTime<Utc>>,
    /// When the account was made.
    pub created_at: DateTime<Utc>,
    /// When they logged in last.
    pub last_login_at: Option<DateTime<Utc>>,
}

impl Source {
    /// Its name in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Ldap => "ldap",
        }
    }
}

impl Provider {
    /// Makes an account; 409 if there is one of that address.
    pub async fn create_user(
        &self,
        new: &NewUser,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<User> {
        let row = self.new_row(new, rng).await?;
        let mut db = self.db.write().await?;
        let user = self.insert_user(&mut db, row, &new.roles).await?;
        db.commit().await?;
        Ok(user)
    }

    /// What is to be kept of somebody.
    pub(super) async fn new_row(
        &self,
        new: &NewUser,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<store::UserRow> {
        let email = address(&new.email)?;
        let name = new.name.as_deref().map(str::trim).filter(|name| !name.is_empty());
        let name = passwords::check_name(name.unwrap_or(&email))?;
        let password_hash = match &new.password {
            Some(password) => {
                passwords::check_strength(password, &email)?;
                Some(self.hash_password(password).await?)
            }
            None => None,
        };
        Ok(store::UserRow {
            id: secrets::id(rng),
            email,
            name,
            password_hash,
            source: Source::Local.as_str().to_owned(),
            organization: new.organization.clone(),
            disabled_at: None,
            created_at: self.clock.now(),
            last_login_at: None,
            directory_dn: None,
            checked_at: None,
            left_at: None,
        })
    }

    /// Keeps an account with these roles.
    pub(super) async fn insert_user(
        &self,
        db: &mut Db,
        row: store::UserRow,
        roles: &[String],
    ) -> Result<User> {
        roles::keep_built_in(db, self.clock.now()).await?;
        if !store::insert(db, &row).await? {
            return Err(taken(db, &row.email).await?);
        }
        for role in roles {
            roles::existing(db, role).await?;
            role_store::grant(db, &row.id, role).await?;
        }
        with_roles(db, row).await
    }

    /// Everybody who has an account.
    pub async fn users(&self) -> Result<Vec<User>> {
        let mut db = self.db.read().await?;
        let rows = store::all(&mut db).await?;
        let held = role_store::holders(&mut db).await?;
        with_held(&mut db, rows, held).await
    }

    /// The account of this address; 404 if there is none.
    pub async fn user(&self, email: &str) -> Result<User> {
        let mut db = self.db.read().await?;
        let row = existing(&mut db, email).await?;
        with_roles(&mut db, row).await
    }

    /// The account of this id, if it is there and not disabled. The directory is asked from time to
    /// time whether it still lets its people in.
    pub async fn active_user(&self, id: &str) -> Result<Option<User>> {
        let found = let_in(&mut self.db.read().await?, id).await?;
        match found {
            Some((row, user)) => self.checked(user, &row).await,
            None => Ok(None),
        }
    }

    // Roles are locked before people, those that are there from the start first.

    /// Gives a person a role; their next access token has its permissions.
    pub async fn grant_role(&self, email: &str, role: &str) -> Result<()> {
        let mut db = self.db.write().await?;
        roles::keep_built_in(&mut db, self.clock.now()).await?;
        roles::existing(&mut db, role).await?;
        let user = existing(&mut db, email).await?;
        role_store::grant(&mut db, &user.id, role).await?;
        Ok(db.commit().await?)
    }

    /// Takes a role from a person; their next access token lacks its permissions.
    pub async fn revoke_role(&self, email: &str, role: &str) -> Result<()> {
        let mut db = self.db.write().await?;
        roles::existing(&mut db, role).await?;
        let user = existing(&mut db, email).await?;
        revoke(&mut db, &user, role).await?;
        Ok(db.commit().await?)
    }

    /// Has a person be called otherwise; 409 if the directory says what they are called.
    pub async fn rename_user(&self, user: &User, name: &str) -> Result<()> {
        if user.source != Source::Local {
            let words = "Your name is kept in your centre's directory; change it there";
            return Err(Error::Conflict(words.to_owned()));
        }
        let name = passwords::check_name(name)?;
        let mut db = self.db.write().await?;
        store::set_name(&mut db, &user.id, &name, self.clock.now()).await?;
        Ok(db.commit().await?)
    }

    /// Keeps a person out: their sessions and tokens are refused from now on.
    pub async fn disable_user(&self, email: &str) -> Result<()> {
        let mut db = self.db.write().await?;
        let row = existing(&mut db, email).await?;
        self.shut_out(&mut db, &row.id).await?;
        db.commit().await?;
        self.revocations.changed();
        Ok(())
    }

    pub(super) async fn shut_out(&self, db: &mut Db, user_id: &str) -> Result<()> {
        let now = self.clock.now();
        store::set_disabled(db, user_id, Some(now), now).await?;
        self.log_out_everywhere(db, user_id).await?;
        Ok(links::delete_of_user(db, user_id).await.map(drop)?)
    }

    /// Lets a person in again; they log in anew.
    pub async fn enable_user(&self, email: &str) -> Result<()> {
        let mut db = self.db.write().await?;
        let row = existing(&mut db, email).await?;
        store::set_disabled(&mut db, &row.id, None, self.clock.now()).await?;
        db.commit().await?;
        self.revocations.changed();
        Ok(())
    }

    /// Forgets a person; what they own stays. Their tokens are refused from now on.
    pub async fn delete_user(&self, email: &str) -> Result<()> {
        let mut db = self.db.write().await?;
        let row = existing(&mut db, email).await?;
        self.forget_user(&mut db, &row).await?;
        db.commit().await?;
        self.revocations.changed();
        Ok(())
    }

    pub(super) async fn forget_user(&self, db: &mut Db, row: &store::UserRow) -> Result<()> {
        self.log_out_everywhere(db, &row.id).await?;
        store::delete(db, &row.id).await?;
        Ok(store::note_deletion(db, &row.email, self.clock.now()).await?)
    }

    /// Ends all that a person's log-ins have led to.
    pub(super) async fn log_out_everywhere(&self, db: &mut Db, user_id: &str) -> Result<()> {
        sessions::delete_all(db, user_id).await?;
        codes::delete_of_user(db, user_id).await?;
        device_codes::delete_of_user(db, user_id).await?;
        Ok(families::revoke_of_user(db, user_id, self.clock.now()).await?)
    }
}

impl User {
    /// What an administrator reads of it: `active`, `invited`, `disabled`, or `left` (the directory).
    pub fn state(&self) -> &'static str {
        match self {
            Self { disabled_at: Some(_), .. } => "disabled",
            Self { left_at: Some(_), .. } => "left",
            Self { has_password: false, source: Source::Local, .. } => "invited",
            _ => "active",
        }
    }

    pub(super) fn new(row: store::UserRow, roles: &[&role_store::RoleRow]) -> Self {
        Self {
            id: row.id,
            email: row.email,
            name: row.name,
            source: if row.source == Source::Ldap.as_str() { Source::Ldap } else { Source::Local },
            has_password: row.password_hash.is_some(),
            organization: row.organization,
            roles: roles.iter().map(|role| role.name.clone()).collect(),
            permissions: roles::together(roles),
            disabled_at: row.disabled_at,
            left_at: row.left_at,
            created_at: row.created_at,
            last_login_at: row.last_login_at,
        }
    }
}

/// The address, in the form that is kept; 422 if it is none.
pub(super) fn address(email: &str) -> Result<String> {
    let normal = email_address::normalize(email)
        .filter(|normal| normal.len() <= 254 && !normal.contains('\0'));
    normal.ok_or_else(|| Error::Unprocessable(format!("{email:?} is not an e-mail address")))
}

/// The account of this address; 404 if there is none.
pub(super) async fn existing(db: &mut Db, email: &str) -> Result<store::UserRow> {
    let row = store::by_email(db, &address(email)?).await?;
    row.ok_or_else(|| Error::NotFound(format!("There is no account for {email}")))
}

/// Takes a role from a person; 404 if they do not have it from an administrator.
pub(super) async fn revoke(db: &mut Db, user: &store::UserRow, role: &str) -> Result<()> {
    if role_store::revoke(db, &user.id, role).await? {
        return Ok(());
    }
    let held = role_store::of_user(db, &user.id).await?;
    Err(Error::NotFound(match held.iter().any(|held| held.name == role) {
        true => format!("{} has the role {role} by a group of the directory", user.email),
        false => format!("{} does not have the role {role}", user.email),
    }))
}

/// Why there can't be another account of this address.
async fn taken(db: &mut Db, email: &str) -> Result<Error> {
    let there = store::by_email(db, email).await?.map(|row| row.email);
    Ok(Error::Conflict(match there {
        Some(there) if there != email => format!(
            "There is an account for {there} already, and {email} differs from it only in the \
             case of letters"
        ),
        _ => format!("There is an account for {email} already"),
    }))
}

/// The account of this id, if it is there and not disabled.
pub(super) async fn active(db: &mut Db, id: &str) -> Result<Option<User>> {
    Ok(let_in(db, id).await?.map(|(_, user)| user))
}

/// The same, with what else is kept of them.
pub(super) async fn let_in(db: &mut Db, id: &str) -> Result<Option<(store::UserRow, User)>> {
    match store::by_id(db, id).await? {
        Some(row) if row.is_let_in() => {
            let user = with_roles(db, row.clone()).await?;
            Ok(Some((row, user)))
        }
        _ => Ok(None),
    }
}

/// The accounts of these ids that are there and not disabled, with what else is kept of them.
pub(super) async fn all_let_in(db: &mut Db, ids: &[&str]) -> Result<Vec<(store::UserRow, User)>> {
    let mut rows = store::by_ids(db, ids).await?;
    rows.retain(store::UserRow::is_let_in);
    let held = role_store::of_users(db, ids).await?;
    let users = with_held(db, rows.clone(), held).await?;
    Ok(rows.into_iter().zip(users).collect())
}

/// The same; nobody else changes or disables them until the transaction ends.
pub(super) async fn locked(db: &mut Db, id: &str) -> Result<Option<User>> {
    store::lock(db, id).await?;
    active(db, id).await
}

/// People with what they may do, in the same order, by who holds which role.
async fn with_held(
    db: &mut Db,
    rows: Vec<store::UserRow>,
    holders: Vec<(String, String)>,
) -> Result<Vec<User>> {
    let roles = role_store::all(db).await?.into_iter();
    let roles: HashMap<_, _> = roles.map(|role| (role.name.clone(), role)).collect();
    let mut held: HashMap<String, Vec<&role_store::RoleRow>> = HashMap::new();
    for (user, role) in holders {
        held.entry(user).or_default().extend(roles.get(&role));
    }
    let user = |row: store::UserRow| {
        let roles = held.get(&row.id).map_or(&[][..], Vec::as_slice);
        User::new(row, roles)
    };
    Ok(rows.into_iter().map(user).collect())
}

/// A person with what they may do.
pub(super) async fn with_roles(db: &mut Db, row: store::UserRow) -> Result<User> {
    let roles = role_store::of_user(db, &row.id).await?;
    Ok(User::new(row, &roles.iter().collect::<Vec<_>>()))
}
