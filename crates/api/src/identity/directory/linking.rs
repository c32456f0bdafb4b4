//! Leaving an account with a password here to the directory, and taking it back.

use jobbergate_ldap::{Failure, Scope, escape};

use super::{Directory, Person};
use crate::{
    error::{Error, Result},
    identity::{
        Provider, Source,
        store::{directory as store, links},
        users,
    },
    permission::Permission,
};

impl Provider {
    /// Leaves an account to whoever has its address in the directory: its password here counts no
    /// more, and all that was logged in is logged out. Somebody has to be there who can log in to
    /// it; by `force` the directory is not asked.
    pub async fn link_user(&self, email: &str, force: bool) -> Result<()> {
        let Some(directory) = &self.directory else {
            let words = "JOBBERGATE_LDAP_URI is not set: nobody could log in to a linked account";
            return Err(Error::Conflict(words.to_owned()));
        };
        let row = users::existing(&mut self.db.read().await?, email).await?;
        if row.source != Source::Local.as_str() {
            let words = format!("{} comes from the directory already", row.email);
            return Err(Error::Conflict(words));
        }
        match force {
            true => self.require_another_administrator(&row.id).await?,
            false => self.require_heir(directory, &row.email).await?,
        }
        let mut db = self.db.write().await?;
        store::link(&mut db, &row.id, self.clock.now()).await?;
        self.log_out_everywhere(&mut db, &row.id).await?;
        links::delete_of_user(&mut db, &row.id).await?;
        db.commit().await?;
        self.revocations.changed();
        Ok(())
    }

    /// Takes an account back from the directory: it has no password until one is chosen, and roles
    /// by groups are gone. One that is not the directory's stays as it is.
    pub async fn unlink_user(&self, email: &str) -> Result<()> {
        let mut db = self.db.write().await?;
        let row = users::existing(&mut db, email).await?;
        if row.source == Source::Local.as_str() {
            return Ok(());
        }
        store::unlink(&mut db, &row.id, self.clock.now()).await?;
        store::set_roles(&mut db, &row.id, &[]).await?;
        self.log_out_everywhere(&mut db, &row.id).await?;
        db.commit().await?;
        self.revocations.changed();
        Ok(())
    }

    /// Fails unless exactly one person of the directory will log in to the account of this address.
    async fn require_heir(&self, directory: &Directory, email: &str) -> Result<()> {
        let found = directory.people_of(email).await.map_err(|failure| {
            Error::Conflict(format!(
                "The directory does not say whether somebody has the address {email}: {failure}; \
                 --force links without asking it"
            ))
        })?;
        let refuse = |words: String| Err(Error::Conflict(words));
        let person = match found.as_slice() {
            [person] => person,
            [] => {
                return refuse(format!(
                    "Nobody who fits JOBBERGATE_LDAP_FILTER has the address {email} in the \
                     directory: nobody could log in to the account"
                ));
            }
            several => {
                let dns: Vec<_> = several.iter().map(|person| person.dn.as_str()).collect();
                return refuse(format!(
                    "Several people have the address {email}: {}",
                    dns.join("; ")
                ));
            }
        };
        let first = person.emails.first().map(|first| first.to_lowercase());
        if first != Some(email.to_lowercase()) {
            return refuse(format!(
                "{} logs in by the first address of its entry, {}, and not by {email}",
                person.dn,
                person.emails.join(", ")
            ));
        }
        let theirs = store::by_entry(&mut self.db.read().await?, &person.dn).await?;
        match theirs.filter(|row| person.has_address(&row.email)) {
            Some(row) => refuse(format!("{} has the account {} already", person.dn, row.email)),
            None => Ok(()),
        }
    }

    /// Fails if nobody but this person can log in and do everything.
    async fn require_another_administrator(&self, id: &str) -> Result<()> {
        let admin = Permission::Admin.as_str();
        let others = self.users().await?.into_iter().any(|user| {
            user.id != id
                && user.disabled_at.is_none()
                && user.left_at.is_none()
                && (user.has_password || user.source == Source::Ldap)
                && user.permissions.iter().any(|held| held == admin)
        });
        match others {
            true => Ok(()),
            false => Err(Error::Conflict(
                "Nobody else is an administrator who can log in: without asking the directory \
                 this one is not linked"
                    .to_owned(),
            )),
        }
    }
}

impl Directory {
    /// Who may log in and has this address; two at most.
    async fn people_of(&self, email: &str) -> std::result::Result<Vec<Person>, Failure> {
        let mut connection = self.settings.client.connect().await?;
        let (base, mail) = (&self.settings.base, &self.settings.mail);
        let everybody = self.settings.everybody();
        let everybody =
            everybody.strip_prefix('(').and_then(|it| it.strip_suffix(')')).unwrap_or(&everybody);
        let filter = format!("(&({everybody})({mail}={}))", escape(email));
        let attributes = self.attributes();
        let found = connection.search(base, Scope::Subtree, &filter, &attributes, 2).await?;
        let mut people = Vec::new();
        for entry in &found.entries {
            people.push(self.person(&mut connection, entry).await?);
        }
        Ok(people)
    }
}
