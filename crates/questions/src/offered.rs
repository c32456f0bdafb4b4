//! What can be chosen of a cluster, as its agent reported it.

use jobbergate_types::{
    cluster_facts::{Accounting, Association, ClusterFacts},
    questions::ClusterChoices,
};

/// What there is: the usual or the user's own first.
#[must_use]
pub fn offered(facts: &ClusterFacts, wanted: ClusterChoices, user: &str) -> Vec<String> {
    let accounting = facts.accounting.as_ref();
    let (first, all): (Vec<&str>, Vec<&str>) = match (wanted, accounting) {
        (ClusterChoices::Partitions, _) => {
            let shown = facts.partitions.iter().filter(|partition| !partition.is_hidden);
            let default = shown.clone().filter(|partition| partition.is_default);
            (default.map(|p| p.name.as_str()).collect(), shown.map(|p| p.name.as_str()).collect())
        }
        (ClusterChoices::Accounts, Some(accounting)) => {
            let own = own(accounting, user).map(|association| association.account.as_str());
            (own.collect(), accounting.accounts.iter().map(|a| a.name.as_str()).collect())
        }
        (ClusterChoices::Qos, Some(accounting)) => {
            let own = own(accounting, user).flat_map(|association| &association.qos);
            let all = accounting.qos.iter().map(|qos| qos.name.as_str());
            (own.map(String::as_str).collect(), all.collect())
        }
        (_, None) => return Vec::new(),
    };
    let mut names: Vec<String> = Vec::new();
    for name in first.into_iter().chain(all) {
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
}

fn own<'a>(accounting: &'a Accounting, user: &'a str) -> impl Iterator<Item = &'a Association> {
    let mut own: Vec<_> =
        accounting.associations.iter().filter(|association| association.user == user).collect();
    own.sort_by_key(|association| association.is_default != Some(true));
    own.into_iter()
}

#[cfg(test)]
mod tests {
    use jobbergate_types::cluster_facts::Partition;
    use serde_json::json;

    use super::*;

    fn facts() -> ClusterFacts {
        let account = |name: &str| json!({"name": name, "parent": null});
        let association = |user: &str, account: &str, qos: &[&str], is_default: bool| json!({"user": user, "account": account, "qos": qos, "is_default": is_default});
        let mut facts = ClusterFacts::default();
        for (name, is_default, is_hidden) in
            [("old", false, true), ("cpu", false, false), ("gpu", true, false)]
        {
            facts.partitions.push(Partition {
                name: name.to_owned(),
                is_default,
                is_hidden,
                ..Default::default()
            });
        }
        facts.accounting = serde_json::from_value(json!({
            "accounts": [account("root"), account("a"), account("b")],
            "qos": [],
            "associations": [
                association("eve", "root", &["high"], true),
                association("alice", "a", &["low"], false),
                association("alice", "b", &["low", "normal"], true),
            ],
        }))
        .ok();
        facts
    }

    #[test]
    fn the_usual_and_the_callers_own_come_first() {
        let facts = facts();
        assert_eq!(offered(&facts, ClusterChoices::Partitions, "alice"), ["gpu", "cpu"]);
        assert_eq!(offered(&facts, ClusterChoices::Accounts, "alice"), ["b", "a", "root"]);
        assert_eq!(offered(&facts, ClusterChoices::Qos, "alice"), ["low", "normal"]);
        assert_eq!(offered(&facts, ClusterChoices::Accounts, "bob"), ["root", "a", "b"]);
    }

    #[test]
    fn without_accounting_nothing_is_known() {
        let mut facts = facts();
        facts.accounting = None;
        assert_eq!(offered(&facts, ClusterChoices::Qos, "alice"), [""; 0]);
    }
}
