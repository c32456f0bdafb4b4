//! What the roles and groups of a provider mean here.

use std::{collections::BTreeMap, str::FromStr};

use crate::{identity::built_in_role, permission::Permission};

/// Stands for all that an agent needs.
const AGENT: &str = "agent";

/// Names of a provider, and what each of them permits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleMapping(BTreeMap<String, Vec<Permission>>);

impl RoleMapping {
    /// What these names permit together, in the order of all permissions.
    pub fn permitted<'a>(&self, names: impl Iterator<Item = &'a str>) -> Vec<Permission> {
        let held: Vec<_> = names.filter_map(|name| self.0.get(name)).flatten().collect();
        Permission::ALL.into_iter().filter(|permission| held.contains(&permission)).collect()
    }
}

impl FromStr for RoleMapping {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut mapping = BTreeMap::<_, Vec<_>>::new();
        for entry in text.split(';').map(str::trim).filter(|entry| !entry.is_empty()) {
            // What a directory calls a group has such a sign in it, too: cn=hpc,dc=example.
            let (name, role) = entry.rsplit_once('=').unwrap_or((entry, ""));
            let (name, role) = (name.trim(), role.trim());
            if name.is_empty() || role.is_empty() {
                let form = "is not NAME=ROLE; it must be like hpc-users=user;hpc-admins=admin";
                return Err(format!("{entry:?} {form}"));
            }
            let permitted = permitted_by(role).ok_or_else(|| no_such_role(role))?;
            mapping.entry(name.to_owned()).or_default().extend(permitted);
        }
        match mapping.is_empty() {
            true => Err("it must be like hpc-users=user;hpc-admins=admin".to_owned()),
            false => Ok(Self(mapping)),
        }
    }
}

fn permitted_by(role: &str) -> Option<Vec<Permission>> {
    let agents = || Permission::ALL.into_iter().filter(|permission| permission.is_for_agents());
    let single = || Permission::from_name(role).map(|permission| vec![permission]);
    (role == AGENT).then(|| agents().collect()).or_else(|| built_in_role(role)).or_else(single)
}

fn no_such_role(role: &str) -> String {
    let permissions: Vec<_> = Permission::ALL.iter().map(|it| it.as_str()).collect();
    let permissions = permissions.join(", ");
    format!(
        "there is no role {role:?}; there are user, expert, maintainer, admin, agent and the \
         permissions {permissions}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permitted(mapping: &str, names: &[&str]) -> Vec<Permission> {
        mapping.parse::<RoleMapping>().unwrap().permitted(names.iter().copied())
    }

    #[test]
    fn a_name_means_all_that_is_said_of_it_and_others_mean_nothing() {
        use Permission::{Admin, ClustersUpdate, JobTemplatesCreate, JobTemplatesRead, Maintainer};
        let mapping = "cn=hpc,ou=groups,dc=example = user; /hpc/admins=admin;\n\
                       Domain Users=jobbergate:maintainer; Domain Users=jobbergate:admin;";
        let of_group = permitted(mapping, &["cn=hpc,ou=groups,dc=example"]);
        assert!(of_group.contains(&JobTemplatesRead) && !of_group.contains(&JobTemplatesCreate));
        assert_eq!(permitted(mapping, &["/hpc/admins", "/hpc/admins"]), [Admin]);
        assert_eq!(permitted(mapping, &["Domain Users"]), [Admin, Maintainer]);
        for unknown in ["hpc/admins", "/HPC/admins", "domain users", "jobbergate:admin", "admin"] {
            assert_eq!(permitted(mapping, &[unknown]), [], "{unknown}");
        }
        assert!(permitted("hpc-agent=agent", &["hpc-agent"]).contains(&ClustersUpdate));
        assert!(permitted("x=expert", &["x"]).contains(&JobTemplatesCreate));
        assert!(permitted("m=maintainer", &["m"]).contains(&Maintainer));
    }

    #[test]
    fn what_cannot_work_is_refused_with_the_remedy() {
        for (text, word) in [
            ("", "hpc-users=user"),
            (" ; ", "hpc-users=user"),
            ("hpc", "\"hpc\""),
            ("hpc=", "\"hpc=\""),
            ("=user", "\"=user\""),
            ("hpc=users", "\"users\"; there are user, expert"),
            ("hpc=Admin", "\"Admin\""),
            ("hpc=jobbergate:everything", "jobbergate:job-scripts:read"),
        ] {
            let words = text.parse::<RoleMapping>();
            assert!(words.as_ref().is_err_and(|words| words.contains(word)), "{text}: {words:?}");
        }
    }
}
