//! Whether a directory can be used as it is configured, for the doctor.

use jobbergate_ldap::{Connection, Entry, Failure, Scope, escape};

use super::{DirectorySettings, Group, values};

/// How many people are counted.
const MOST: usize = 1000;

/// What a directory looks like.
#[derive(Debug)]
pub(crate) struct Examination {
    /// How many fit the filter.
    pub(crate) people: usize,
    /// How many of them have an address.
    pub(crate) addressed: usize,
    /// Whether there are more.
    pub(crate) more: bool,
    /// What is configured and not there, each with its setting.
    pub(crate) missing: Vec<String>,
}

impl DirectorySettings {
    /// Looks for all that is configured; fails if no server answers or the searcher is refused.
    pub(crate) async fn examine(&self) -> Result<Examination, String> {
        self.look().await.map_err(|failure| failure.to_string())
    }

    /// The roles that are configured.
    pub(crate) fn named_roles(&self) -> Vec<&str> {
        let by_groups = self.group_roles.iter().flat_map(|given| &given.roles);
        let mut names: Vec<_> = by_groups.chain(&self.default_roles).map(String::as_str).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    async fn look(&self) -> Result<Examination, Failure> {
        let mut connection = self.client.connect().await?;
        let mut missing = Vec::new();
        let filter = self.everybody();
        let attributes = [self.mail.as_str(), self.uid.as_str()];
        let people =
            connection.search(&self.base, Scope::Subtree, &filter, &attributes, MOST).await?;
        let with_address = people.entries.iter().filter(|it| !self.addresses(it).is_empty());
        let addressed = with_address.count();
        if people.nowhere {
            missing.push(format!("JOBBERGATE_LDAP_BASE: there is no {}", self.base));
        } else if people.entries.is_empty() {
            missing.push("JOBBERGATE_LDAP_FILTER: nobody fits it".to_owned());
        } else {
            missing.extend(self.missing_attributes(&people.entries, addressed));
        }
        let is_group_base = self.group_base != self.base;
        let no_groups = self.has_no_group_base(&mut connection).await?;
        if no_groups && is_group_base {
            missing.push(format!("JOBBERGATE_LDAP_GROUP_BASE: there is no {}", self.group_base));
        }
        for given in &self.group_roles {
            // Where there is no base, there is nothing to be said of what is below.
            if no_groups && matches!(given.group, Group::Called(_)) {
                continue;
            }
            if !self.has_group(&mut connection, &given.group, &given.written).await? {
                missing.push(format!("JOBBERGATE_LDAP_GROUP_ROLES: there is no {}", given.written));
            }
        }
        Ok(Examination { people: people.entries.len(), addressed, more: people.more, missing })
    }

    /// The settings that name attributes which none of these people has, though they are needed.
    fn missing_attributes(&self, people: &[Entry], addressed: usize) -> Vec<String> {
        let Self { mail, uid, group_filter, .. } = self;
        let fit = format!("of the {} people who fit the filter", people.len());
        let mut missing = Vec::new();
        if addressed == 0 {
            missing.push(format!(
                "JOBBERGATE_LDAP_MAIL_ATTRIBUTE: nobody {fit} has an e-mail address in {mail}, and \
                 nobody can log in"
            ));
        }
        let by_uid_alone = group_filter.as_ref().is_some_and(|filter| {
            filter.contains("{uid}") && !filter.contains("{dn}") && !filter.contains("{gid}")
        });
        let chosen = group_filter.is_some() && !uid.eq_ignore_ascii_case("uid");
        let named = |entry: &Entry| !values(entry, uid).is_empty();
        if (by_uid_alone || chosen) && !people.iter().any(named) {
            missing.push(format!("JOBBERGATE_LDAP_UID_ATTRIBUTE: nobody {fit} has a {uid}"));
        }
        missing
    }

    async fn has_no_group_base(&self, connection: &mut Connection) -> Result<bool, Failure> {
        let all = "(objectClass=*)";
        let found = connection.search(&self.group_base, Scope::Base, all, &["1.1"], 1).await?;
        Ok(found.nowhere)
    }

    async fn has_group(
        &self,
        connection: &mut Connection,
        group: &Group,
        written: &str,
    ) -> Result<bool, Failure> {
        let (base, scope, filter) = match group {
            Group::At(_) => (written, Scope::Base, "(objectClass=*)".to_owned()),
            Group::Called(name) => {
                (self.group_base.as_str(), Scope::Subtree, format!("(cn={})", escape(name)))
            }
        };
        let found = connection.search(base, scope, &filter, &["1.1"], 1).await?;
        Ok(!found.entries.is_empty())
    }
}
