//! Whether a directory can be used as it is configured, for the doctor.

use super::{DirectorySettings, Group};
use crate::ldap::{Connection, Failure, Scope, escape};

/// How many people are counted.
const MOST: usize = 1000;

/// What a directory looks like.
#[derive(Debug)]
pub(crate) struct Examination {
    /// How many may log in.
    pub(crate) people: usize,
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
        let people = connection.search(&self.base, Scope::Subtree, &filter, &["1.1"], MOST).await?;
        if people.nowhere {
            missing.push(format!("JOBBERGATE_LDAP_BASE: there is no {}", self.base));
        } else if people.entries.is_empty() {
            missing.push("JOBBERGATE_LDAP_FILTER: nobody fits it".to_owned());
        }
        for given in &self.group_roles {
            if !self.has_group(&mut connection, &given.group, &given.written).await? {
                missing.push(format!("JOBBERGATE_LDAP_GROUP_ROLES: there is no {}", given.written));
            }
        }
        Ok(Examination { people: people.entries.len(), more: people.more, missing })
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
