//! Whether the directory still lets its people in, asked while they are logged in.

use chrono::TimeDelta;

use super::{Directory, Person};
use crate::{
    db::Session as Db,
    error::{Error, Result},
    identity::{
        Provider, Source, User, passwords,
        store::{directory as store, users as user_store},
        users,
    },
    ldap::Failure,
};

/// How long people are believed whom the directory could not be asked about.
const BELIEVED: TimeDelta = TimeDelta::hours(24);

impl Provider {
    /// Whether there still is a directory that this person can come from.
    pub(in crate::identity) fn may_come(&self, user: &User) -> bool {
        user.source == Source::Local || self.directory.is_some()
    }

    /// A person of the directory, if it still lets them in.
    pub(in crate::identity) async fn checked(&self, user: User) -> Result<Option<User>> {
        let Some(directory) = &self.directory else { return Ok(None) };
        let now = self.clock.now();
        let row = user_store::by_id(&mut self.db.read().await?, &user.id).await?;
        let Some(row) = row else { return Ok(None) };
        let (Some(dn), Some(checked_at)) = (row.directory_dn, row.checked_at) else {
            return Ok(None);
        };
        let age = (now - checked_at).abs();
        if age < directory.settings.check_every {
            return Ok(Some(user));
        }
        match self.ask_again(directory, &dn).await {
            Ok(found) => self.note_check(found, &user).await,
            Err(_) if age < BELIEVED => Ok(Some(user)),
            Err(_) => {
                let words = "The centre's directory has not answered for a day, so that it is not \
                             known whether you may still come in; try again later";
                Err(Error::NotReady(words.to_owned()))
            }
        }
    }

    async fn ask_again(&self, directory: &Directory, dn: &str) -> Result<Option<Person>, Failure> {
        let now = self.clock.now();
        if directory.is_paused(now) {
            return Err(Failure::new("it did not answer a moment ago"));
        }
        let asked = async {
            let _room = directory.room().await?;
            directory.look_up(dn).await
        };
        let asked = asked.await;
        if let Err(failure) = &asked {
            tracing::warn!(error = %failure, "people are not checked: LDAP is of no use");
            directory.pause(now);
        }
        asked
    }

    /// Keeps what the directory says of somebody who is logged in.
    async fn note_check(&self, found: Option<Person>, user: &User) -> Result<Option<User>> {
        let now = self.clock.now();
        let found = found.filter(|person| person.is_called(&user.email));
        let mut db = self.db.write().await?;
        let names = found.as_ref().map_or(&[][..], |person| person.roles.as_slice());
        let roles = self.lock_roles(&mut db, names).await?;
        let Some(user) = users::locked(&mut db, &user.id).await? else { return Ok(None) };
        store::set_roles(&mut db, &user.id, &roles).await?;
        let after = users::active(&mut db, &user.id).await?;
        let after = after.filter(|after| found.is_some() && !after.roles.is_empty());
        match (&after, &found) {
            (Some(_), Some(person)) => {
                let name = person.name.as_deref().and_then(|name| passwords::check_name(name).ok());
                let name = name.as_deref().unwrap_or(&user.name);
                let seen = store::Seen { dn: &person.dn, name, organization: None };
                store::note(&mut db, &user.id, &seen, now).await?;
            }
            _ => {
                tracing::info!(
                    user = user.email,
                    "the directory does not let somebody in any more"
                );
                self.keep_out(&mut db, &user.id).await?;
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
