//! The centre's LDAP directory: who is in it, whether a password is theirs, and what their groups
//! let them do here.

mod checks;
mod examination;
mod groups;
mod linking;
mod log_in;
mod take_over;

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use jobbergate_ldap::{Client, Connection, Entry, Failure, Name, Password, Scope, escape};

use crate::email_address;
pub(crate) use groups::{Group, GroupRoles};

/// How many log-ins are at the directory at once, and as many checks beside them: neither waits for
/// the other.
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
    log_ins: tokio::sync::Semaphore,
    checks: tokio::sync::Semaphore,
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

impl Directory {
    pub(super) fn new(settings: DirectorySettings) -> Self {
        let room = || tokio::sync::Semaphore::new(AT_ONCE);
        Self { settings, log_ins: room(), checks: room(), silent_until: Mutex::default() }
    }

    /// Who logs in as `login`; nobody if it fits several.
    async fn find(
        &self,
        connection: &mut Connection,
        login: &str,
    ) -> Result<Option<Person>, Failure> {
        let filter = filled(&self.settings.filter, &[("{login}", login)]);
        let (base, attributes) = (&self.settings.base, self.attributes());
        let mut found = connection.search(base, Scope::Subtree, &filter, &attributes, 2).await?;
        if found.nowhere {
            let cause =
                "JOBBERGATE_LDAP_BASE is not in the directory, or the searcher may not see it";
            return Err(Failure::new(cause));
        }
        match (found.entries.pop(), found.entries.len()) {
            (Some(entry), 0) if !found.more => Ok(Some(self.person(connection, &entry).await?)),
            (Some(_), _) => {
                tracing::warn!(
                    filter,
                    "several people in the directory log in by the same name or address, which \
                     lets none of them in; see JOBBERGATE_LDAP_FILTER"
                );
                self.groups_of(connection, &nobody(base), (None, None)).await.map(|_| None)
            }
            // As much is asked as for somebody.
            (None, _) => {
                self.groups_of(connection, &nobody(base), (None, None)).await.map(|_| None)
            }
        }
    }

    /// Who is at this entry, if they still may log in. A searcher who may see nothing any more, or a
    /// server that lost what it had, finds nobody either: that says nothing of who is gone.
    async fn look_up(&self, dn: &str) -> Result<Option<Person>, Failure> {
        let mut connection = self.settings.client.connect().await?;
        let filter = self.settings.everybody();
        let attributes = self.attributes();
        let found = connection.search(dn, Scope::Base, &filter, &attributes, 1).await?;
        let below = Name::parse(dn).zip(Name::parse(&self.settings.base));
        let is_below = below.is_some_and(|(dn, base)| dn.is_within(&base));
        match found.entries.first().filter(|_| is_below) {
            Some(entry) => self.person(&mut connection, entry).await.map(Some),
            None => self.require_people(&mut connection).await.map(|()| None),
        }
    }

    /// Fails if nobody at all is to be seen.
    async fn require_people(&self, connection: &mut Connection) -> Result<(), Failure> {
        let (base, filter) = (&self.settings.base, self.settings.everybody());
        let found = connection.search(base, Scope::Subtree, &filter, &["1.1"], 1).await?;
        match found.entries.is_empty() && !found.more {
            true => Err(Failure::new(
                "nobody below JOBBERGATE_LDAP_BASE fits JOBBERGATE_LDAP_FILTER, or the searcher may \
                 not see them",
            )),
            false => Ok(()),
        }
    }

    async fn person(&self, connection: &mut Connection, entry: &Entry) -> Result<Person, Failure> {
        let uid = values(entry, &self.settings.uid).first().map(String::as_str);
        let gid = values(entry, "gidNumber").first().map(String::as_str);
        let mut groups = self.groups_of(connection, &entry.dn, (uid, gid)).await?;
        let member_of = values(entry, "memberOf").iter();
        groups.extend(member_of.filter_map(|dn| groups::Membership::by_name(dn)));
        let mut names = self.settings.names.iter().filter_map(|name| values(entry, name).first());
        Ok(Person {
            dn: entry.dn.clone(),
            emails: self.settings.addresses(entry),
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
        names.chain([mail.as_str(), uid.as_str(), "memberOf", "gidNumber"]).collect()
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

impl Person {
    /// Whether this is an address of theirs. Directories take every case for the same.
    pub(super) fn has_address(&self, email: &str) -> bool {
        self.emails.iter().any(|own| own.to_lowercase() == email.to_lowercase())
    }
}

impl DirectorySettings {
    /// The valid addresses of an entry, as they are kept here, in its order.
    fn addresses(&self, entry: &Entry) -> Vec<String> {
        let mut emails = Vec::new();
        let written = values(entry, &self.mail).iter();
        for address in written.filter_map(|text| email_address::normalize(text)) {
            if address.len() <= 254 && !emails.contains(&address) {
                emails.push(address);
            }
        }
        emails
    }

    /// The filter that all match who may log in.
    fn everybody(&self) -> String {
        self.filter.replace("{login}", "*")
    }
}

/// Whether two names are those of one entry.
fn same(one: &str, other: &str) -> bool {
    one == other || Name::parse(one).is_some_and(|name| Name::parse(other) == Some(name))
}

/// An entry that is not there.
fn nobody(base: &str) -> String {
    format!("cn=jobbergate asks for nobody,{base}")
}

/// A filter with what stands at its places. What is filled in is no filter: no place is sought there.
fn filled(filter: &str, values: &[(&str, &str)]) -> String {
    let (mut text, mut rest) = (String::new(), filter);
    loop {
        let places = values.iter().filter_map(|(place, value)| {
            let (before, after) = rest.split_once(place)?;
            Some((before, *value, after))
        });
        let Some((before, value, after)) = places.min_by_key(|(before, ..)| before.len()) else {
            return text + rest;
        };
        text.push_str(before);
        text.push_str(&escape(value));
        rest = after;
    }
}

/// An attribute's values; names of attributes have no case.
fn values<'a>(entry: &'a Entry, name: &str) -> &'a [String] {
    let found = entry.attrs.iter().find(|(found, _)| found.eq_ignore_ascii_case(name));
    found.map_or(&[], |(_, values)| values)
}

#[cfg(test)]
mod tests {
    use super::filled;

    #[test]
    fn what_is_filled_in_is_no_place() {
        let places = [("{dn}", "cn={uid}*"), ("{uid}", "{dn}(")];
        for (filter, filled_in) in [
            ("(|(member={dn})(memberUid={uid}))", r"(|(member=cn={uid}\2a)(memberUid={dn}\28))"),
            ("{uid}{uid}", r"{dn}\28{dn}\28"),
            ("(cn=a)", "(cn=a)"),
        ] {
            assert_eq!(filled(filter, &places), filled_in, "{filter}");
        }
    }
}
