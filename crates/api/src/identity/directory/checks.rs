//! Whether the directory still lets its people in, asked while they are logged in.

use chrono::{DateTime, TimeDelta, Utc};
use jobbergate_ldap::Failure;

use super::{Directory, Person, same};
use crate::{
    db::Session as Db,
    error::{Error, Result},
    identity::{
        Provider, Source, User, passwords,
        store::{
            directory as store,
            users::{self as user_store, UserRow},
        },
        users,
    },
};

/// How long people are believed whom the directory could not be asked about.
const BELIEVED: TimeDelta = TimeDelta::hours(24);

impl Provider {
    /// The account of this id, if it is there and not disabled, and there still is a directory if it
    /// comes from one. The directory is not asked.
    pub(in crate::identity) async fn admitted(
        &self,
        db: &mut Db,
        id: &str,
    ) -> Result<Option<User>> {
        let user = users::active(db, id).await?;
        Ok(user.filter(|user| user.source == Source::Local || self.directory.is_some()))
    }

    /// A person who was just read, unless they are of the directory and it does not let them in any
    /// more.
    pub(in crate::identity) async fn checked(
        &self,
        user: User,
        row: &UserRow,
    ) -> Result<Option<User>> {
        if user.source == Source::Local {
            return Ok(Some(user));
        }
        let Some(directory) = &self.directory else { return Ok(None) };
        let now = self.clock.now();
        let (Some(dn), Some(checked_at)) = (row.directory_dn.as_deref(), row.checked_at) else {
            return Ok(None);
        };
        let age = (now - checked_at).abs();
        if age < directory.settings.check_every {
            return Ok(Some(user));
        }
        match self.ask_again(directory, dn).await {
            Ok(found) => self.note_check(found, &user.id, (dn, checked_at)).await,
            Err(_) if age < BELIEVED => Ok(Some(user)),
            Err(_) => {
                let words = "The centre's directory has not answered for a day, so that it is not \
                             known whether you may still come in; try again later";
                Err(Error::NotReady(words.to_owned()))
            }
        }
    }

    async fn ask_again(&self, directory: &Directory, dn: &str) -> Result<Option<Person>, Failure> {
        let silent = || match directory.is_paused(self.clock.now()) {
            true => Err(Failure::new("it did not answer a moment ago")),
            false => Ok(()),
        };
        silent()?;
        // Waiting for others is no fault of the directory; but they may find that it is silent.
        let _room = directory.room(&directory.checks).await?;
        silent()?;
        let asked = directory.look_up(dn).await;
        if let Err(failure) = &asked {
            tracing::warn!(error = %failure, "people are not checked: LDAP is of no use");
            directory.pause(self.clock.now());
        }
        asked
    }

    /// Keeps what the directory says of somebody who is logged in, of whom was `known` before by
    /// which entry they are and when that was asked last. If the entry is another since, who asks is
    /// somebody else; if the time is, what was found is old.
    async fn note_check(
        &self,
        found: Option<Person>,
        id: &str,
        known: (&str, DateTime<Utc>),
    ) -> Result<Option<User>> {
        let now = self.clock.now();
        let mut db = self.db.write().await?;
        let held = store::roles(&mut db, id).await?;
        let changed = found.as_ref().is_none_or(|person| person.roles != held);
        let roles = match &found {
            Some(person) if changed => self.lock_roles(&mut db, &person.roles).await?,
            _ => held.clone(),
        };
        let Some(user) = users::locked(&mut db, id).await? else { return Ok(None) };
        let Some(row) = user_store::by_id(&mut db, id).await? else { return Ok(None) };
        if !row.directory_dn.as_deref().is_some_and(|dn| same(dn, known.0)) {
            return Ok(None);
        }
        if row.checked_at > Some(known.1) {
            return Ok(Some(user));
        }
        let found = found.filter(|person| person.has_address(&user.email));
        let name = found.as_ref().and_then(|person| person.name.as_deref());
        let name = name.and_then(|name| passwords::check_name(name).ok());
        let name = name.as_deref().unwrap_or(&user.name);
        let same_dn = |person: &Person| Some(&person.dn) == row.directory_dn.as_ref();
        if found.as_ref().is_some_and(same_dn)
            && name == user.name
            && roles == held
            && !user.roles.is_empty()
        {
            store::note_check(&mut db, id, now).await?;
            db.commit().await?;
            return Ok(Some(user));
        }
        let roles = if found.is_some() { roles } else { Vec::new() };
        store::set_roles(&mut db, id, &roles).await?;
        let after = users::active(&mut db, id).await?;
        let after = after.filter(|after| found.is_some() && !after.roles.is_empty());
        match (&after, &found) {
            (Some(_), Some(person)) => {
                let entry = store::DirectoryEntry { dn: &person.dn, name, organization: None };
                store::note(&mut db, id, &entry, now).await?;
            }
            _ => {
                tracing::info!(
                    user = user.email,
                    "the directory does not let somebody in any more"
                );
                self.keep_out(&mut db, id).await?;
            }
        }
        db.commit().await?;
        self.revocations.changed();
        Ok(after)
    }

    /// Refuses all that somebody's log-ins have led to, until the directory lets them in again.
    pub(super) async fn keep_out(&self, db: &mut Db, id: &str) -> Result<()> {
        store::note_leaving(db, id, self.clock.now()).await?;
        self.log_out_everywhere(db, id).await
    }
}
