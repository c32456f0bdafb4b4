//! From groups of the directory to roles.

use jobbergate_ldap::{Connection, Failure, Name, Scope};

use super::{Directory, DirectorySettings, filled, values};

/// In how many groups a person may be.
const MOST_GROUPS: usize = 1000;

/// A group, as it is configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Group {
    /// By its distinguished name.
    At(Name),
    /// By its `cn`, in lower case, wherever it is below the base of groups.
    Called(String),
}

/// What members of a group may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GroupRoles {
    /// The group, as it was written.
    pub(crate) written: String,
    pub(crate) group: Group,
    pub(crate) roles: Vec<String>,
}

/// A group that a person is in.
pub(super) struct Membership {
    name: Name,
    /// Other names, in lower case.
    called: Vec<String>,
}

impl Membership {
    pub(super) fn by_name(dn: &str) -> Option<Self> {
        Some(Self { name: Name::parse(dn)?, called: Vec::new() })
    }
}

impl Directory {
    /// The groups that the directory finds somebody in. Whatever stands for what they don't have
    /// is nobody's.
    pub(super) async fn groups_of(
        &self,
        connection: &mut Connection,
        dn: &str,
        (uid, gid): (Option<&str>, Option<&str>),
    ) -> Result<Vec<Membership>, Failure> {
        let Some(filter) = &self.settings.group_filter else { return Ok(Vec::new()) };
        let uid = uid.unwrap_or("\0");
        let places = [("{dn}", dn), ("{uid}", uid), ("{gid}", gid.unwrap_or("-1"))];
        let filter = filled(filter, &places);
        let base = &self.settings.group_base;
        let found = connection.search(base, Scope::Subtree, &filter, &["cn"], MOST_GROUPS).await?;
        if found.nowhere {
            let cause = "JOBBERGATE_LDAP_GROUP_BASE is not in the directory, or the searcher may not see it";
            return Err(Failure::new(cause));
        }
        if found.more {
            tracing::warn!(
                dn,
                "somebody is in more groups than the directory or we may list: of the others nothing is known"
            );
        }
        let groups = found.entries.iter().filter_map(|entry| {
            let called = values(entry, "cn").iter().map(|name| name.to_lowercase()).collect();
            Some(Membership { name: Name::parse(&entry.dn)?, called })
        });
        Ok(groups.collect())
    }
}

impl DirectorySettings {
    /// What members of these groups may do.
    pub(super) fn roles(&self, groups: &[Membership]) -> Vec<String> {
        let is_in = |given: &Group| groups.iter().any(|group| self.is(group, given));
        let given = self.group_roles.iter().filter(|given| is_in(&given.group));
        let mut roles: Vec<_> = given.flat_map(|given| given.roles.iter().cloned()).collect();
        if roles.is_empty() {
            roles.clone_from(&self.default_roles);
        }
        roles.sort_unstable();
        roles.dedup();
        roles
    }

    fn is(&self, group: &Membership, given: &Group) -> bool {
        match given {
            Group::At(name) => group.name == *name,
            Group::Called(name) => {
                let called = group.name.first("cn").into_iter();
                group.name.is_within(&self.group_root)
                    && called.chain(group.called.iter().map(String::as_str)).any(|it| it == name)
            }
        }
    }
}
