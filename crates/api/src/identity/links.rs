//! Addresses that let somebody choose a password, once.

use chrono::{DateTime, TimeDelta, Utc};
use rand::CryptoRng;

use super::{
    NewSession, Peer, Provider, REALM_PATH, User,
    attempts::Limit,
    passwords, roles, secrets, sign_in_links,
    store::{
        links::{self as store, LinkRow},
        roles as role_store, users as user_store,
    },
    users::{self, Source},
};
use crate::{
    db::Session as Db,
    error::{Error, Result},
};

/// The page for the first administrator, below the realm.
pub const SET_UP_PAGE: &str = "/setup";
/// The page for everybody else.
pub const PASSWORD_PAGE: &str = "/password";

/// What somebody chooses a password for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The account of the first administrator, which is made with it.
    SetUp,
    /// An account that has none yet.
    Invitation,
    /// An account whose password is to be replaced.
    Reset,
}

/// A link that is good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// What for.
    pub purpose: Purpose,
    /// Whose account it is; none yet for the first administrator.
    pub email: Option<String>,
    /// Until when it is good.
    pub expires_at: DateTime<Utc>,
}

/// An address that was made for somebody to choose a password at.
#[derive(Clone)]
pub struct PasswordLink {
    /// Whose account it is.
    pub email: String,
    /// The address, which is a secret.
    pub url: String,
    /// What for.
    pub purpose: Purpose,
    /// Until when it is good.
    pub expires_at: DateTime<Utc>,
    /// Whether one that was made before is good no more.
    pub replaces: bool,
}

/// What somebody chooses.
#[derive(Clone, Default)]
pub struct Choice {
    /// The address, where the link does not say whose it is.
    pub email: String,
    /// The name; what there is stays if nothing is said.
    pub name: Option<String>,
    /// The password.
    pub password: String,
}

impl std::fmt::Debug for PasswordLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PasswordLink").field("email", &self.email).finish_non_exhaustive()
    }
}

impl Purpose {
    const fn as_str(self) -> &'static str {
        match self {
            Self::SetUp => "setup",
            Self::Invitation => "invitation",
            Self::Reset => "reset",
        }
    }

    fn from_name(name: &str) -> Self {
        [Self::SetUp, Self::Invitation]
            .into_iter()
            .find(|purpose| purpose.as_str() == name)
            .unwrap_or(Self::Reset)
    }

    const fn lifetime(self) -> TimeDelta {
        match self {
            Self::SetUp => TimeDelta::hours(24),
            Self::Invitation => TimeDelta::days(7),
            Self::Reset => TimeDelta::hours(1),
        }
    }

    const fn page(self) -> &'static str {
        match self {
            Self::SetUp => SET_UP_PAGE,
            Self::Invitation | Self::Reset => PASSWORD_PAGE,
        }
    }
}

impl Provider {
    /// The address where the first administrator makes their account; none if there is an
    /// administrator. Addresses that were offered before stay good until they expire: another
    /// replica may have offered them.
    pub async fn offer_set_up(&self, rng: &mut (impl CryptoRng + Send)) -> Result<Option<String>> {
        let mut db = self.db.write().await?;
        roles::keep_built_in(&mut db, self.clock.now()).await?;
        let url = match role_store::is_held(&mut db, roles::ADMINISTRATOR).await? {
            true => None,
            false => Some(self.new_link(&mut db, Purpose::SetUp, None, rng).await?),
        };
        db.commit().await?;
        Ok(url)
    }

    /// Whether there is an administrator.
    pub async fn is_set_up(&self) -> Result<bool> {
        Ok(role_store::is_held(&mut self.db.read().await?, roles::ADMINISTRATOR).await?)
    }

    /// The address where a person chooses the password of their account: for the first time, or
    /// instead of the one they have. Addresses that were made for them before are good no more.
    pub async fn password_link(
        &self,
        email: &str,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<PasswordLink> {
        let mut db = self.db.write().await?;
        let row = users::existing(&mut db, email).await?;
        let link = self.replace_link(&mut db, row, rng).await?;
        db.commit().await?;
        Ok(link)
    }

    pub(super) async fn replace_link(
        &self,
        db: &mut Db,
        row: user_store::UserRow,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<PasswordLink> {
        if row.source != Source::Local.as_str() {
            let words = format!("The password of {} is kept in the directory", row.email);
            return Err(Error::Conflict(words));
        }
        if row.disabled_at.is_some() {
            let words = format!("The account of {} is disabled; enable it first", row.email);
            return Err(Error::Conflict(words));
        }
        let replaces = store::delete_of_user(db, &row.id).await? > 0;
        let link = self.link_for(db, row, rng).await?;
        Ok(PasswordLink { replaces, ..link })
    }

    /// Counts that somebody asks to be sent a link for this address, whether there is an account or
    /// not; how long to wait if that was too often. 422 if it is no address.
    pub async fn ask_for_link(&self, email: &str, peer: &Peer) -> Result<Option<TimeDelta>> {
        let email = users::address(email)?;
        self.attempt(&[Limit::Mails(&email.to_lowercase()), Limit::Requests(peer.address)]).await
    }

    /// A link for who has forgotten their password, or says so; none where there is no password to
    /// choose. Addresses that were made before stay good, else anybody could end them.
    pub async fn forgotten_password_link(
        &self,
        email: &str,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<Option<PasswordLink>> {
        let mut db = self.db.write().await?;
        let found = user_store::by_email(&mut db, &users::address(email)?).await?;
        let is_wanted = |row: &user_store::UserRow| {
            row.source == Source::Local.as_str() && row.disabled_at.is_none()
        };
        let Some(row) = found.filter(is_wanted) else { return Ok(None) };
        let link = self.link_for(&mut db, row, rng).await?;
        db.commit().await?;
        Ok(Some(link))
    }

    async fn link_for(
        &self,
        db: &mut Db,
        row: user_store::UserRow,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<PasswordLink> {
        let purpose =
            if row.password_hash.is_some() { Purpose::Reset } else { Purpose::Invitation };
        let url = self.new_link(db, purpose, Some(row.id), rng).await?;
        let expires_at = self.clock.now() + purpose.lifetime();
        Ok(PasswordLink { email: row.email, url, purpose, expires_at, replaces: false })
    }

    async fn new_link(
        &self,
        db: &mut Db,
        purpose: Purpose,
        user_id: Option<String>,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<String> {
        let (secret, now) = (secrets::random(rng), self.clock.now());
        let row = LinkRow {
            hash: secrets::hash(&secret),
            user_id,
            purpose: purpose.as_str().to_owned(),
            expires_at: now + purpose.lifetime(),
        };
        store::insert(db, &row, now).await?;
        Ok(self.link_address(purpose.page(), &secret))
    }

    pub(super) fn link_address(&self, page: &str, secret: &str) -> String {
        format!("{}{REALM_PATH}{page}?link={secret}", self.base_url)
    }

    /// What a link is for, if it is good.
    pub async fn link(&self, secret: &str) -> Result<Option<Link>> {
        let mut db = self.db.read().await?;
        let found = store::find(&mut db, &secrets::hash(secret), self.clock.now()).await?;
        // Who may sign in with a link may not choose a password with it.
        let Some(row) = found.filter(|row| row.purpose != sign_in_links::PURPOSE) else {
            return Ok(None);
        };
        let email = match &row.user_id {
            Some(id) => user_store::by_id(&mut db, id).await?.map(|user| user.email),
            None => None,
        };
        let purpose = Purpose::from_name(&row.purpose);
        Ok(Some(Link { purpose, email, expires_at: row.expires_at }))
    }

    /// Uses a link: the password counts from now on, all that was logged in is logged out, and
    /// whoever chose it is logged in.
    pub async fn choose_password(
        &self,
        secret: &str,
        choice: &Choice,
        peer: &Peer,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<NewSession> {
        let link = self.link(secret).await?.ok_or_else(used_up)?;
        let email = users::address(link.email.as_deref().unwrap_or(&choice.email))?;
        passwords::check_strength(&choice.password, &email)?;
        let hash = self.hash_password(&choice.password).await?;
        let mut db = self.db.write().await?;
        // Links are locked last, as by those who end them.
        match link.purpose {
            Purpose::SetUp => {
                roles::keep_built_in(&mut db, self.clock.now()).await?;
                roles::existing(&mut db, roles::ADMINISTRATOR).await?;
            }
            Purpose::Invitation | Purpose::Reset => drop(users::existing(&mut db, &email).await?),
        }
        let found = store::find(&mut db, &secrets::hash(secret), self.clock.now()).await?;
        let row = found.ok_or_else(used_up)?;
        let user = match row.user_id {
            Some(id) => self.replace_password(&mut db, &id, &hash).await?,
            None => self.first_administrator(&mut db, &email, choice, hash, rng).await?,
        };
        let session = self.begin_session(&mut db, user, peer, rng).await?;
        db.commit().await?;
        self.revocations.changed();
        Ok(session)
    }

    async fn replace_password(&self, db: &mut Db, id: &str, hash: &str) -> Result<User> {
        let user = users::locked(db, id).await?.ok_or_else(used_up)?;
        user_store::set_password(db, id, hash, self.clock.now()).await?;
        // Who guessed the old one locks nobody out of the new one.
        self.succeeded(db, &[Limit::Account(&user.email.to_lowercase())]).await?;
        store::delete_of_user(db, id).await?;
        self.log_out_everywhere(db, id).await?;
        Ok(User { has_password: true, ..user })
    }

    async fn first_administrator(
        &self,
        db: &mut Db,
        email: &str,
        choice: &Choice,
        hash: String,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<User> {
        if role_store::is_held(db, roles::ADMINISTRATOR).await? {
            return Err(used_up());
        }
        store::delete_for(db, Purpose::SetUp.as_str()).await?;
        if let Some(row) = user_store::by_email(db, email).await? {
            if row.source != Source::Local.as_str() {
                let words = format!(
                    "The password of {email} is kept in the directory; choose another address, or \
                     make it an administrator's with `jobbergate admin role grant`"
                );
                return Err(Error::Conflict(words));
            }
            // Somebody whom the shell's administrator has added already.
            role_store::grant(db, &row.id, roles::ADMINISTRATOR).await?;
            user_store::set_disabled(db, &row.id, None, self.clock.now()).await?;
            if let Some(name) = &choice.name {
                let name = passwords::check_name(name)?;
                user_store::set_name(db, &row.id, &name, self.clock.now()).await?;
            }
            return self.replace_password(db, &row.id, &hash).await;
        }
        let row = user_store::UserRow {
            id: secrets::id(rng),
            email: email.to_owned(),
            name: passwords::check_name(choice.name.as_deref().unwrap_or(email))?,
            password_hash: Some(hash),
            source: Source::Local.as_str().to_owned(),
            organization: None,
            disabled_at: None,
            created_at: self.clock.now(),
            last_login_at: None,
            directory_dn: None,
            checked_at: None,
            left_at: None,
        };
        self.insert_user(db, row, &[roles::ADMINISTRATOR.to_owned()]).await
    }
}

fn used_up() -> Error {
    let words = "This link was used already or has expired; ask an administrator for another one";
    Error::NotFound(words.to_owned())
}
