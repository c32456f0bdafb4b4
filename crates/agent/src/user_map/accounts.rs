//! Which accounts jobs may run as.

use std::fs;

use clap::{Args, ValueEnum};

use crate::run_as::Account;

/// Where the system says which users are its own.
const LOGIN_DEFS: &str = "/etc/login.defs";
/// The first that is not, where it does not say so.
const USUAL_FIRST: u32 = 1000;
/// Accounts of the system to which distributions give numbers among those of people.
const NEVER_PEOPLE: [&str; 2] = ["nobody", "slurm"];

/// Which groups a user's processes have beside the primary one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SupplementaryGroups {
    /// Those that the system gives the user
    All,
    /// None
    None,
}

#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Accounts {
    /// The first user who is none of the system's.
    #[arg(long)]
    pub minimum_uid: u32,
    /// Accounts of the system that jobs may run as nevertheless.
    #[arg(long)]
    pub allowed: Vec<String>,
    /// The groups of their processes.
    #[arg(long, value_enum)]
    pub groups: SupplementaryGroups,
}

impl Accounts {
    /// Why jobs may not run as this account, if so; `is_named` if the administrator chose it for
    /// everybody.
    pub fn objection(&self, account: &Account, is_named: bool) -> Option<String> {
        let Account { name, uid, .. } = account;
        if self.allowed.contains(name) {
            return None;
        }
        if uid.is_root() {
            return Some("which is root, and jobs never run as root".to_owned());
        }
        let of_system = uid.as_raw() < self.minimum_uid || NEVER_PEOPLE.contains(&name.as_str());
        (of_system && !is_named).then(|| {
            format!(
                "which is a system's user, number {uid} (people's begin at {})",
                self.minimum_uid
            )
        })
    }

    /// The account with the groups that its processes are to have.
    pub fn with_groups(&self, mut account: Account) -> Account {
        if self.groups == SupplementaryGroups::None {
            account.groups = vec![account.gid];
        }
        account
    }
}

/// The number of the first user who is none of the system's, as the system says.
pub fn first_of_people() -> u32 {
    let text = fs::read_to_string(LOGIN_DEFS).unwrap_or_default();
    uid_min(&text).unwrap_or(USUAL_FIRST)
}

fn uid_min(text: &str) -> Option<u32> {
    let mut settings = text.lines().filter_map(|line| {
        let mut words = line.split('#').next()?.split_whitespace();
        Some((words.next()?, words.next()?))
    });
    settings.find(|(name, _)| *name == "UID_MIN").and_then(|(_, value)| value.parse().ok())
}

#[cfg(test)]
mod tests {
    use nix::unistd::{Gid, Uid};

    use super::*;

    fn account(name: &str, uid: u32) -> Account {
        let (home, shell) = ("/".into(), "/bin/sh".into());
        let groups = [100, 200, 300].map(Gid::from_raw).to_vec();
        let (uid, gid) = (Uid::from_raw(uid), Gid::from_raw(100));
        Account { name: name.to_owned(), uid, gid, groups, home, shell }
    }

    fn accounts(allowed: &[&str]) -> Accounts {
        let allowed = allowed.iter().map(|name| (*name).to_owned()).collect();
        Accounts { minimum_uid: 1000, allowed, groups: SupplementaryGroups::All }
    }

    #[test]
    fn jobs_run_as_people_unless_something_else_is_configured() {
        let people = accounts(&[]);
        let judge = |name, uid, named| people.objection(&account(name, uid), named);
        assert_eq!(judge("ann", 1000, false), None);
        assert_eq!(judge("ann", 300_000, false), None);
        for (name, uid) in [("daemon", 1), ("app", 999), ("nobody", 65534), ("slurm", 64030)] {
            assert!(judge(name, uid, false).unwrap().contains("system's user"), "{name}");
            assert_eq!(judge(name, uid, true), None, "chosen for everybody: {name}");
        }
        for named in [false, true] {
            assert!(judge("root", 0, named).unwrap().contains("never run as root"));
            assert!(judge("toor", 0, named).is_some(), "root by another name");
        }
        let allowed = accounts(&["app", "root"]);
        for (name, uid) in [("app", 999), ("root", 0)] {
            assert_eq!(allowed.objection(&account(name, uid), false), None);
        }
        assert!(allowed.objection(&account("daemon", 1), false).is_some());
    }

    #[test]
    fn the_system_says_where_people_begin() {
        assert_eq!(uid_min("# UID_MIN 5\nUID_MIN\t\t  500 # old\nUID_MAX 60000\n"), Some(500));
        assert_eq!(uid_min("#UID_MIN 500\nSYS_UID_MIN 100\nUID_MIN many\n"), None);
        assert_eq!(uid_min(""), None);
    }

    #[test]
    fn groups_are_those_of_the_system_or_the_primary_one() {
        let all = accounts(&[]);
        assert_eq!(all.with_groups(account("ann", 1000)).groups.len(), 3);
        let none = Accounts { groups: SupplementaryGroups::None, ..all };
        assert_eq!(none.with_groups(account("ann", 1000)).groups, [Gid::from_raw(100)]);
    }
}
