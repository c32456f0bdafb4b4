//! The centre's LDAP directory: who is in it, whether a password is theirs, and what their groups
//! let them do here.

mod checks;
mod examination;
mod groups;
mod log_in;

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    email_address,
    ldap::{Client, Connection, Entry, Failure, Name, Password, Scope, escape},
};
pub(crate) use groups::{Group, GroupRoles};

/// How many log-ins and checks are at the directory at once.
const AT_ONCE: usize = 16;
/// How long a directory that did not answer a check is left alone by others.
const PAUSE: TimeDelta = TimeDelta::seconds(30);

/// How to use a directory.
#[derive(Debug)]
pub(crate) struct DirectorySettings {
    pub(crate) client: Client,
    pub(crate) base: String,
    /// Who may log in; `{login}` is what they type.
    pub(crate) filter: String,
    /// The attribute with e-mail addresses.
    pub(crate) mail: String,
    /// The attributes with what a person is called.
    pub(crate) names: Vec<String>,
    /// The attribute with the user name.
    pub(crate) uid: String,
    pub(crate) group_base: String,
    pub(crate) group_root: Name,
    /// A person's groups: `{dn}` and `{uid}` are the person's.
    pub(crate) group_filter: Option<String>,
    pub(crate) group_roles: Vec<GroupRoles>,
    pub(crate) default_roles: Vec<String>,
    pub(crate) organization: Option<String>,
    /// How old may be what is known of somebody who is logged in.
    pub(crate) check_every: TimeDelta,
}

/// The directory that people come from.
#[derive(Debug)]
pub(super) struct Directory {
    pub(super) settings: DirectorySettings,
    room: tokio::sync::Semaphore,
    silent_until: Mutex<Option<DateTime<Utc>>>,
}

/// Somebody in the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Person {
    /// Their entry.
    pub(super) dn: String,
    /// Their addresses, as they are kept here.
    pub(super) emails: Vec<String>,
    /// What they are called.
    pub(super) name: Option<String>,
    /// What their groups let them do.
    pub(super) roles: Vec<String>,
}

impl Person {
    /// Whether an address is theirs, whatever the case of its letters.
    pub(super) fn is_called(&self, email: &str) -> bool {
        let email = email.to_lowercase();
        self.emails.iter().any(|theirs| theirs.to_lowercase() == email)
    }
}

impl Directory {
    pub(super) fn new(settings: DirectorySettings) -> Self {
        let room = tokio::sync::Semaphore::new(AT_ONCE);
        Self { settings, room, silent_until: Mutex::default() }
    }

    /// Who logs in as `login`; nobody if it fits several.
    async fn find(
        &self,
        connection: &mut Connection,
        login: &str,
    ) -> Result<Option<Person>, Failure> {
        let filter = self.settings.filter.replace("{login}", &escape(login));
        let (base, attributes) = (&self.settings.base, self.attributes());
        let mut found = connection.search(base, Scope::Subtree, &filter, &attributes, 2).await?;
        if found.nowhere {
            tracing::warn!(base, "JOBBERGATE_LDAP_BASE is not in the directory");
        }
        match (found.entries.pop(), found.entries.len()) {
            (Some(entry), 0) if !found.more => Ok(Some(self.person(connection, &entry).await?)),
            (Some(_), _) => {
                tracing::warn!(
                    filter,
                    "several people in the directory log in by the same name or address, which \
                     lets none of them in; see JOBBERGATE_LDAP_FILTER"
                );
                self.groups_of(connection, &nobody(base), None).await.map(|_| None)
            }
            // As much is asked as for somebody.
            (None, _) => self.groups_of(connection, &nobody(base), None).await.map(|_| None),
        }
    }

    /// Who is at this entry, if they still may log in.
    async fn look_up(&self, dn: &str) -> Result<Option<Person>, Failure> {
        let mut connection = self.settings.client.connect().await?;
        let filter = self.settings.everybody();
        let attributes = self.attributes();
        let found = connection.search(dn, Scope::Base, &filter, &attributes, 1).await?;
        let below = Name::parse(dn).zip(Name::parse(&self.settings.base));
        let is_below = below.is_some_and(|(dn, base)| dn.is_within(&base));
        match found.entries.first().filter(|_| is_below) {
            Some(entry) => self.person(&mut connection, entry).await.map(Some),
            None => Ok(None),
        }
    }

    async fn person(&self, connection: &mut Connection, entry: &Entry) -> Result<Person, Failure> {
        let uid = values(entry, &self.settings.uid).first().map(String::as_str);
        let mut groups = self.groups_of(connection, &entry.dn, uid).await?;
        let member_of = values(entry, "memberOf").iter();
        groups.extend(member_of.filter_map(|dn| groups::Membership::by_name(dn)));
        let mut addresses = values(entry, &self.settings.mail).iter();
        let mut emails = Vec::new();
        for address in addresses.by_ref().filter_map(|text| email_address::normalize(text)) {
            if address.len() <= 254 && !emails.contains(&address) {
                emails.push(address);
            }
        }
        let mut names = self.settings.names.iter().filter_map(|name| values(entry, name).first());
        Ok(Person {
            dn: entry.dn.clone(),
            emails,
            name: names.find(|name| !name.trim().is_empty()).cloned(),
            roles: self.settings.roles(&groups),
        })
    }

    /// Whether this is their password; `None` stands for somebody who is not there, of whom the
    /// directory is asked all the same.
    async fn check(
        &self,
        connection: Connection,
        person: Option<&Person>,
        password: &str,
    ) -> Result<Password, Failure> {
        match person {
            Some(person) => connection.check(&person.dn, password).await,
            None => {
                connection.check(&nobody(&self.settings.base), password).await?;
                Ok(Password::Wrong("there is nobody of that name".to_owned()))
            }
        }
    }

    fn attributes(&self) -> Vec<&str> {
        let DirectorySettings { mail, names, uid, .. } = &self.settings;
        let names = names.iter().map(String::as_str);
        names.chain([mail.as_str(), uid.as_str(), "memberOf"]).collect()
    }

    /// Whether it is left alone at the moment.
    fn is_paused(&self, now: DateTime<Utc>) -> bool {
        let until = *self.silent_until.lock().unwrap_or_else(PoisonError::into_inner);
        until.is_some_and(|until| now < until && until - now <= PAUSE)
    }

    fn pause(&self, now: DateTime<Utc>) {
        *self.silent_until.lock().unwrap_or_else(PoisonError::into_inner) = Some(now + PAUSE);
    }
}

impl DirectorySettings {
    /// The filter that all match who may log in.
    fn everybody(&self) -> String {
        self.filter.replace("{login}", "*")
    }
}

/// An entry that is not there.
fn nobody(base: &str) -> String {
    format!("cn=jobbergate asks for nobody,{base}")
}

/// An attribute's values; names of attributes have no case.
fn values<'a>(entry: &'a Entry, name: &str) -> &'a [String] {
    let found = entry.attrs.iter().find(|(found, _)| found.eq_ignore_ascii_case(name));
    found.map_or(&[], |(_, values)| values)
}
