//! Logging in with a password of the directory.

use chrono::TimeDelta;
use jobbergate_ldap::{Failure, Password};
use rand::CryptoRng;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::{Directory, Person, same};
use crate::{
    db::Session as Db,
    error::{Error, Result},
    identity::{
        LogIn, Peer, Provider, Source,
        attempts::Limit,
        passwords, roles, secrets,
        store::{
            directory as store, roles as role_store,
            users::{self as user_store, UserRow},
        },
        users,
    },
};

const ANOTHERS: &str = "the address belongs to another person of the directory";

/// What the directory says of a log-in.
enum Asked {
    Is(Person),
    Wrong {
        /// Whose password it is not, if there is somebody of that name.
        dn: Option<String>,
        /// Why not, for the log.
        cause: String,
    },
    TooMany(TimeDelta),
}

/// What comes of looking for the account of somebody who is in the directory.
enum Account {
    /// It has this address, or is to have it.
    Theirs {
        email: String,
        /// Whose entry it was, who is gone.
        former: Option<String>,
    },
    /// It is somebody else's, and why, for the log.
    Taken(&'static str),
    /// There can be none.
    NoAddress,
}

/// Whose fault it is that there is no answer.
enum Fault {
    Directory(Failure),
    Here(Error),
}

impl Provider {
    /// Logs somebody in whom no account here keeps a password of. `limits` are counted already.
    pub(in crate::identity) async fn log_in_by_directory(
        &self,
        directory: &Directory,
        (login, password): (&str, &str),
        account_id: &str,
        peer: &Peer,
        limits: &[Limit<'_>],
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<LogIn> {
        let sendable =
            |text: &str| !text.contains('\0') && text.chars().count() <= passwords::LONGEST;
        let login = if sendable(login) { login.trim() } else { "" };
        let password = if sendable(password) { password } else { "" };
        // The same work as for an account with a password here.
        let (worked, asked) =
            tokio::join!(self.is_password(password, None), self.ask(directory, login, password));
        worked?;
        let person = match asked {
            Ok(Asked::Is(person)) => person,
            Ok(Asked::TooMany(wait)) => return Ok(LogIn::TooMany { wait }),
            Ok(Asked::Wrong { dn, cause }) => {
                let (address, account) = (peer.address, account_id);
                tracing::info!(%address, account, dn, cause, "a log-in was refused");
                return Ok(LogIn::Refused);
            }
            Err(fault) => return self.unavailable(fault, limits).await,
        };
        let account = match self.account_of(directory, &person).await {
            Ok(account) => account,
            Err(fault) => return self.unavailable(fault, limits).await,
        };
        let dn = &person.dn;
        match account {
            Account::Theirs { email, former } => {
                let account = (email.as_str(), former.as_deref());
                self.welcome(directory, &person, account, peer, limits, rng).await
            }
            Account::Taken(why) => {
                let emails = person.emails.join(", ");
                tracing::warn!(dn, emails, why, "somebody of the directory is kept out");
                self.kept_out(LogIn::NotTheirs, limits).await
            }
            Account::NoAddress => {
                let attribute = &directory.settings.mail;
                tracing::warn!(
                    dn,
                    attribute,
                    "somebody of the directory is kept out: they have no e-mail address there"
                );
                self.kept_out(LogIn::NoAddress, limits).await
            }
        }
    }

    /// The password was right, so that it was no guess.
    async fn kept_out(&self, why: LogIn, limits: &[Limit<'_>]) -> Result<LogIn> {
        let mut db = self.db.write().await?;
        self.succeeded(&mut db, limits).await?;
        db.commit().await?;
        Ok(why)
    }

    /// The directory could not say whether it was a guess.
    async fn unavailable(&self, fault: Fault, limits: &[Limit<'_>]) -> Result<LogIn> {
        let failure = match fault {
            Fault::Directory(failure) => failure,
            Fault::Here(error) => return Err(error),
        };
        tracing::error!(error = %failure, "nobody of the directory can log in: LDAP is of no use");
        let mut db = self.db.write().await?;
        self.take_back(&mut db, limits).await?;
        db.commit().await?;
        Ok(LogIn::Unavailable)
    }

    /// Who this is, if it is their password. However somebody is called, their passwords are
    /// counted together.
    async fn ask(
        &self,
        directory: &Directory,
        login: &str,
        password: &str,
    ) -> Result<Asked, Fault> {
        let _room = directory.room(&directory.log_ins).await?;
        let mut connection = directory.settings.client.connect().await?;
        let found = match login {
            "" => None,
            login => directory.find(&mut connection, login).await?,
        };
        let entry = found.as_ref().map(|person| format!("entry {}", person.dn.to_lowercase()));
        let entry = entry.unwrap_or_else(|| format!("no entry {}", login.to_lowercase()));
        let limits = [Limit::Account(&entry)];
        if let Some(wait) = self.attempt(&limits).await? {
            return Ok(Asked::TooMany(wait));
        }
        let checked = directory.check(connection, found.as_ref(), password).await;
        if !matches!(checked, Ok(Password::Wrong(_))) {
            let mut db = self.db.write().await?;
            match checked.is_ok() {
                true => self.succeeded(&mut db, &limits).await?,
                false => self.take_back(&mut db, &limits).await?,
            }
            db.commit().await?;
        }
        match (checked?, found) {
            (Password::Right, Some(person)) => Ok(Asked::Is(person)),
            (Password::Right, None) => Ok(Asked::Wrong { dn: None, cause: String::new() }),
            (Password::Wrong(cause), found) => {
                Ok(Asked::Wrong { dn: found.map(|person| person.dn), cause })
            }
        }
    }

    /// Which account somebody has, or is to have.
    async fn account_of(&self, directory: &Directory, person: &Person) -> Result<Account, Fault> {
        let mut db = self.db.read().await?;
        let theirs = store::by_entry(&mut db, &person.dn).await?;
        let known = theirs.map(|row| row.email).filter(|email| person.has_address(email));
        if let Some(email) = known {
            return Ok(Account::Theirs { email, former: None });
        }
        let Some(email) = person.emails.first() else { return Ok(Account::NoAddress) };
        let found = user_store::by_email(&mut db, email).await?;
        drop(db);
        let Some(row) = found else {
            return Ok(Account::Theirs { email: email.clone(), former: None });
        };
        if row.source == Source::Local.as_str() {
            return Ok(Account::Taken("there is an account with a password here for that address"));
        }
        let other = row.directory_dn.filter(|dn| !same(dn, &person.dn));
        if let Some(dn) = &other {
            let _room = directory.room(&directory.log_ins).await?;
            if directory.look_up(dn).await?.is_some() {
                return Ok(Account::Taken(ANOTHERS));
            }
        }
        Ok(Account::Theirs { email: row.email, former: other })
    }

    async fn welcome(
        &self,
        directory: &Directory,
        person: &Person,
        account: (&str, Option<&str>),
        peer: &Peer,
        limits: &[Limit<'_>],
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<LogIn> {
        let mut db = self.db.write().await?;
        let roles = self.lock_roles(&mut db, &person.roles).await?;
        let id = secrets::id(rng);
        let kept = self.keep_person(&mut db, directory, person, account, id).await?;
        let Some(row) = kept else {
            tracing::warn!(dn = person.dn, why = ANOTHERS, "somebody of the directory is kept out");
            drop(db);
            return self.kept_out(LogIn::NotTheirs, limits).await;
        };
        store::set_roles(&mut db, &row.id, &roles).await?;
        let user = users::with_roles(&mut db, row).await?;
        self.succeeded(&mut db, limits).await?;
        if user.disabled_at.is_some() {
            db.commit().await?;
            self.revocations.changed();
            return Ok(LogIn::Disabled);
        }
        if user.roles.is_empty() {
            tracing::warn!(
                dn = person.dn,
                "somebody of the directory is in no group that lets them in"
            );
            self.keep_out(&mut db, &user.id).await?;
            db.commit().await?;
            self.revocations.changed();
            return Ok(LogIn::NoRole);
        }
        let session = self.begin_session(&mut db, user, peer, rng).await?;
        db.commit().await?;
        self.revocations.changed();
        Ok(LogIn::Welcome(Box::new(session)))
    }

    /// Keeps what the directory says of somebody; nothing if the account became another's meanwhile.
    async fn keep_person(
        &self,
        db: &mut Db,
        directory: &Directory,
        person: &Person,
        (email, former): (&str, Option<&str>),
        id: String,
    ) -> Result<Option<UserRow>> {
        let now = self.clock.now();
        let name = person.name.as_deref().and_then(|name| passwords::check_name(name).ok());
        let new = UserRow {
            id,
            email: email.to_owned(),
            name: name.clone().unwrap_or_else(|| email.chars().take(128).collect()),
            password_hash: None,
            source: Source::Ldap.as_str().to_owned(),
            organization: directory.settings.organization.clone(),
            disabled_at: None,
            created_at: now,
            last_login_at: None,
            directory_dn: None,
            checked_at: None,
            left_at: None,
        };
        user_store::insert(db, &new).await?;
        let found = user_store::by_email(db, email).await?;
        let Some(row) = found.filter(|row| row.source == Source::Ldap.as_str()) else {
            return Ok(None);
        };
        // Another may have logged in by this address since it was looked for.
        let entry = row.directory_dn.as_deref();
        if entry.is_some_and(|dn| Some(dn) != former && !same(dn, &person.dn)) {
            return Ok(None);
        }
        let before = store::by_entry(db, &person.dn).await?;
        if let Some(before) = before.filter(|before| before.id != row.id) {
            self.keep_out(db, &before.id).await?;
            self.strip(db, &before).await?;
            store::forget_entry(db, &before.id).await?;
        }
        let taken_over = row.directory_dn.as_deref().is_some_and(|dn| !same(dn, &person.dn));
        if taken_over {
            tracing::warn!(
                user = row.email,
                former_dn = row.directory_dn,
                dn = person.dn,
                "an account is another entry's now: its tokens, sessions and roles granted here end"
            );
            self.strip(db, &row).await?;
        }
        let former_name = if taken_over { &new.name } else { &row.name };
        let changes = store::DirectoryEntry {
            dn: &person.dn,
            name: name.as_deref().unwrap_or(former_name),
            organization: directory.settings.organization.as_deref(),
        };
        store::note(db, &row.id, &changes, now).await?;
        Ok(user_store::by_id(db, &row.id).await?)
    }

    /// Those of these roles that there are; they are locked before people.
    pub(super) async fn lock_roles(&self, db: &mut Db, names: &[String]) -> Result<Vec<String>> {
        roles::keep_built_in(db, self.clock.now()).await?;
        let mut there = Vec::new();
        for role in names {
            match role_store::find(db, role).await? {
                Some(_) => there.push(role.clone()),
                None => tracing::warn!(
                    role,
                    "JOBBERGATE_LDAP_GROUP_ROLES or JOBBERGATE_LDAP_DEFAULT_ROLE names a role that there is not"
                ),
            }
        }
        Ok(there)
    }
}

impl Directory {
    /// Room for one more at the directory; there is none for long only when it hangs.
    pub(super) async fn room<'a>(
        &self,
        room: &'a Semaphore,
    ) -> Result<SemaphorePermit<'a>, Failure> {
        let room = tokio::time::timeout(self.settings.client.deadline, room.acquire()).await;
        let busy = || Failure::new("too many others wait for it");
        room.map_err(|_| busy())?.map_err(|_| busy())
    }
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Self {
        Self::Directory(failure)
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Here(error)
    }
}

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Self {
        Self::Here(error.into())
    }
}
