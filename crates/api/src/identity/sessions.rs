//! Browsers in which somebody is logged in.

use std::{
    collections::{HashMap, HashSet},
    net::IpAddr,
    sync::Arc,
};

use chrono::{DateTime, TimeDelta, Utc};
use rand::CryptoRng;

use super::{
    Provider, Source, User,
    attempts::Limit,
    passwords, secrets,
    store::{
        codes, device_codes, families,
        sessions::{self as store, SessionRow},
        users::{self as user_store, UserRow},
    },
    users,
};
use crate::{
    db::Session as Db,
    email_address,
    error::{Error, Result},
};

/// How long a session lasts in which nothing happens.
const IDLE: TimeDelta = TimeDelta::hours(12);
/// How long a session lasts at most.
const LONGEST: TimeDelta = TimeDelta::days(7);
/// How exactly is noted when a session was used.
const NOTED_EVERY: TimeDelta = TimeDelta::minutes(1);
/// How much is kept of what a browser calls itself, in characters.
const LONGEST_AGENT: usize = 200;

/// Where a request comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// Its address.
    pub address: IpAddr,
    /// What the program calls itself.
    pub user_agent: String,
}

/// A browser in which somebody is logged in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// What it is called on the account page; no secret.
    pub id: String,
    /// Who is logged in.
    pub user: User,
    /// From where, at first.
    pub address: String,
    /// What the browser calls itself.
    pub user_agent: String,
    /// When they logged in.
    pub created_at: DateTime<Utc>,
    /// When it was used last.
    pub last_seen_at: DateTime<Utc>,
    /// When it ends if nothing happens.
    pub expires_at: DateTime<Utc>,
}

/// A session that has just begun.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// What the browser's cookie holds.
    pub cookie: SessionCookie,
    /// The session.
    pub session: Session,
}

/// A session in which somebody looks on.
#[derive(Debug)]
pub(super) struct Onlooker {
    session: SessionRow,
    person: UserRow,
    user: User,
}

/// The secret of a session.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionCookie(pub String);

impl std::fmt::Debug for SessionCookie {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SessionCookie(…)")
    }
}

/// How a log-in ends.
#[derive(Debug)]
pub enum LogIn {
    /// With a session.
    Welcome(Box<NewSession>),
    /// There is no such account, or the password is wrong: nobody is told which.
    Refused,
    /// The password is right, but an administrator disabled the account.
    Disabled,
    /// Too many wrong passwords.
    TooMany {
        /// How long to wait.
        wait: TimeDelta,
    },
    /// The password may be right, but the directory that knows does not answer.
    Unavailable,
    /// The password is the directory's, but their address is of an account that is not theirs.
    NotTheirs,
    /// The password is the directory's, but there is no address with it.
    NoAddress,
    /// The password is the directory's, but none of their groups lets them in.
    NoRole,
}

impl Provider {
    /// Logs somebody in with their password. An account that has its password here is known by its
    /// address; whoever has none may be in the directory, where they have a user name, too.
    pub async fn log_in(
        &self,
        login: &str,
        password: &str,
        peer: &Peer,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<LogIn> {
        // What is no address is nobody's.
        let email = email_address::normalize(login).filter(|email| !email.contains('\0'));
        let user_name = self.directory.as_ref().map(|_| login.trim().to_lowercase());
        // However an address is written, its account is one.
        let account = email.as_deref().map(str::to_lowercase).or(user_name).unwrap_or_default();
        let mut db = self.db.read().await?;
        let found = match &email {
            Some(email) => user_store::by_email(&mut db, email).await?,
            None => None,
        };
        // What somebody typed is not for the log: it may be a password.
        let id = found.as_ref().map(|row| row.id.as_str()).unwrap_or_default();
        let is_known_place = self.is_place(&mut db, id, peer.address).await?;
        drop(db);
        let limits = [account_limit(&account, is_known_place, peer), Limit::Address(peer.address)];
        if let Some(wait) = self.attempt(&limits).await? {
            tracing::warn!(address = %peer.address, account = id, "too many wrong passwords");
            return Ok(LogIn::TooMany { wait });
        }
        let is_here = found.as_ref().is_some_and(|row| row.source == Source::Local.as_str());
        if let (Some(directory), false) = (&self.directory, is_here) {
            return self
                .log_in_by_directory(directory, (login, password), id, peer, &limits, rng)
                .await;
        }
        let stored = found.as_ref().and_then(|row| row.password_hash.as_deref());
        let short = password.chars().count() <= passwords::LONGEST;
        let right = self.is_password(if short { password } else { "" }, stored).await?;
        let (Some(row), true) = (&found, right && short) else {
            tracing::info!(address = %peer.address, account = id, "a log-in was refused");
            return Ok(LogIn::Refused);
        };
        let mut db = self.db.write().await?;
        let Some(user) = users::locked(&mut db, &row.id).await? else {
            return Ok(LogIn::Disabled);
        };
        if !is_still_kept(&mut db, &row.id, row.password_hash.as_deref()).await? {
            return Ok(LogIn::Refused);
        }
        self.succeeded(&mut db, &limits).await?;
        let session = self.begin_session(&mut db, user, peer, rng).await?;
        db.commit().await?;
        Ok(LogIn::Welcome(Box::new(session)))
    }

    /// Begins a session, under a secret that nobody has seen before.
    pub(super) async fn begin_session(
        &self,
        db: &mut Db,
        mut user: User,
        peer: &Peer,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<NewSession> {
        let now = self.clock.now();
        let secret = secrets::random(rng);
        let row = SessionRow {
            hash: secrets::hash(&secret),
            user_id: user.id.clone(),
            address: peer.address.to_string(),
            user_agent: short(&peer.user_agent),
            created_at: now,
            last_seen_at: now,
            expires_at: now + IDLE,
        };
        store::insert(db, &row).await?;
        self.note_place(db, &user.id, peer.address).await?;
        user_store::logged_in(db, &user.id, now).await?;
        user.last_login_at = Some(now);
        Ok(NewSession { cookie: SessionCookie(secret), session: Session::new(row, user) })
    }

    /// The session that a cookie stands for, unless it is over; that it is used is noted.
    pub async fn session(&self, cookie: &str) -> Result<Option<Session>> {
        let now = self.clock.now();
        let Some((mut row, user)) = self.find_session(cookie, now).await? else { return Ok(None) };
        if now - row.last_seen_at >= NOTED_EVERY {
            row.last_seen_at = now;
            row.expires_at = (now + IDLE).min(row.created_at + LONGEST);
            let mut db = self.db.write().await?;
            store::touch(&mut db, &row.hash, now, row.expires_at).await?;
            db.commit().await?;
        }
        Ok(Some(Session::new(row, user)))
    }

    /// The same for what looks on without anybody doing something: no session lasts by that. Those
    /// that are asked for at the same moment are read at once.
    pub async fn unused_session(self: &Arc<Self>, cookie: &str) -> Result<Option<Session>> {
        let provider = Arc::clone(self);
        let read = async move |hashes| provider.onlookers(hashes).await;
        let found = self.onlookers.load(secrets::hash(cookie), read).await?;
        let Some(found) = found else { return Ok(None) };
        let user = self.checked(found.user.clone(), &found.person).await?;
        Ok(user.map(|user| Session::new(found.session.clone(), user)))
    }

    /// Of these hashes of secrets, those of sessions that are not over.
    async fn onlookers(&self, hashes: Vec<String>) -> Result<HashMap<String, Arc<Onlooker>>> {
        let mut db = self.db.read().await?;
        let sessions = store::with_hashes(&mut db, hashes, self.clock.now()).await?;
        let ids: HashSet<_> = sessions.iter().map(|session| session.user_id.as_str()).collect();
        let ids: Vec<_> = ids.into_iter().collect();
        let people = users::all_let_in(&mut db, &ids).await?.into_iter();
        let people: HashMap<_, _> = people.map(|found| (found.0.id.clone(), found)).collect();
        let found = sessions.into_iter().filter_map(|session| {
            let (person, user) = people.get(&session.user_id)?.clone();
            Some((session.hash.clone(), Arc::new(Onlooker { session, person, user })))
        });
        Ok(found.collect())
    }

    async fn find_session(
        &self,
        cookie: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<(SessionRow, User)>> {
        let mut db = self.db.read().await?;
        let found = store::find(&mut db, &secrets::hash(cookie), now).await?;
        let Some(session) = found else { return Ok(None) };
        let found = users::let_in(&mut db, &session.user_id).await?;
        drop(db);
        let Some((person, user)) = found else { return Ok(None) };
        Ok(self.checked(user, &person).await?.map(|user| (session, user)))
    }

    /// A person's sessions, the latest first.
    pub async fn sessions(&self, user: &User) -> Result<Vec<Session>> {
        let rows = store::of_user(&mut self.db.read().await?, &user.id, self.clock.now()).await?;
        Ok(rows.into_iter().map(|row| Session::new(row, user.clone())).collect())
    }

    /// Ends a session of a person, and the tokens of the programs that were let in from it; 404 if
    /// there is none.
    pub async fn end_session(&self, user: &User, id: &str) -> Result<()> {
        let mut db = self.db.write().await?;
        if !store::delete(&mut db, &user.id, id).await? {
            return Err(Error::NotFound("This session is over already".to_owned()));
        }
        codes::delete_of_session(&mut db, id).await?;
        families::revoke_of_session(&mut db, id, self.clock.now()).await?;
        db.commit().await?;
        self.revocations.changed();
        Ok(())
    }

    /// Gives a person another password, if they know the one they have; all that was logged in ends
    /// but this session, and what was let in from it. The session has another cookie from then on:
    /// somebody may have copied the one that it had.
    /// Too many wrong ones are refused as at a log-in.
    pub async fn change_password(
        &self,
        session: &Session,
        current: &str,
        new: &str,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<PasswordChange> {
        let user = &session.user;
        if user.source != Source::Local {
            let words = "Your password is kept in your centre's directory; change it there";
            return Err(Error::Conflict(words.to_owned()));
        }
        let account = user.email.to_lowercase();
        let limits = [match session.address.parse() {
            Ok(address) => Limit::Place(&account, address),
            Err(_) => Limit::Account(&account),
        }];
        if let Some(wait) = self.attempt(&limits).await? {
            return Ok(PasswordChange::TooMany { wait });
        }
        let row = user_store::by_id(&mut self.db.read().await?, &user.id).await?;
        let stored = row.and_then(|row| row.password_hash);
        if !self.is_password(current, stored.as_deref()).await? {
            return Ok(PasswordChange::Refused);
        }
        passwords::check_strength(new, &user.email)?;
        let hash = self.hash_password(new).await?;
        let now = self.clock.now();
        let mut db = self.db.write().await?;
        if !locked(&mut db, session, now).await?
            || !is_still_kept(&mut db, &user.id, stored.as_deref()).await?
        {
            return Ok(PasswordChange::Refused);
        }
        self.succeeded(&mut db, &limits).await?;
        user_store::set_password(&mut db, &user.id, &hash, now).await?;
        for other in store::of_user(&mut db, &user.id, now).await? {
            if other.hash != session.id {
                store::delete(&mut db, &user.id, &other.hash).await?;
                codes::delete_of_session(&mut db, &other.hash).await?;
            }
        }
        device_codes::delete_of_user(&mut db, &user.id).await?;
        families::revoke_of_others(&mut db, &user.id, &session.id, now).await?;
        let secret = secrets::random(rng);
        store::rename(&mut db, &session.id, &secrets::hash(&secret)).await?;
        db.commit().await?;
        self.revocations.changed();
        Ok(PasswordChange::Changed(SessionCookie(secret)))
    }
}

/// How a change of a password ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PasswordChange {
    /// The new one counts, and this is the session's cookie from now on.
    Changed(SessionCookie),
    /// The current one was wrong.
    Refused,
    /// Too many were wrong.
    TooMany {
        /// How long to wait.
        wait: TimeDelta,
    },
}

impl Session {
    fn new(row: SessionRow, user: User) -> Self {
        Self {
            id: row.hash,
            user,
            address: row.address,
            user_agent: row.user_agent,
            created_at: row.created_at,
            last_seen_at: row.last_seen_at,
            expires_at: row.expires_at,
        }
    }
}

/// Whether a session is still there, and its person not disabled; nobody ends it until the
/// transaction does. The person is locked first, as by those who log them out.
pub(super) async fn locked(db: &mut Db, session: &Session, now: DateTime<Utc>) -> Result<bool> {
    Ok(users::locked(db, &session.user.id).await?.is_some()
        && store::find(db, &session.id, now).await?.is_some())
}

/// Whether a person, who is locked, still has the password that was checked: somebody may have
/// replaced it meanwhile.
async fn is_still_kept(db: &mut Db, user_id: &str, checked: Option<&str>) -> Result<bool> {
    let row = user_store::by_id(db, user_id).await?;
    Ok(row.is_some_and(|row| row.password_hash.as_deref() == checked))
}

/// What counts wrong passwords of an account.
fn account_limit<'a>(account: &'a str, is_known_place: bool, peer: &Peer) -> Limit<'a> {
    match is_known_place {
        true => Limit::Place(account, peer.address),
        false => Limit::Account(account),
    }
}

/// What is kept of a program's name for itself.
pub(super) fn short(user_agent: &str) -> String {
    user_agent.chars().filter(|c| !c.is_control()).take(LONGEST_AGENT).collect()
}
