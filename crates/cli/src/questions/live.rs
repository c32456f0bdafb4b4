//! What can be chosen of a cluster, as its agent reported it.

use std::env;

use jobbergate_types::{
    cluster_facts::{Accounting, Association, ClusterFactsView},
    questions::{Choice, Choices, ClusterChoices, Question},
};
use reqwest::{Method, StatusCode};

use crate::{
    commands::{Session, job_submissions::client_id},
    failure::Result,
};

/// Puts the cluster's choices into the questions that name them and are still open. Where they are
/// not known, the answer is typed. They are offers: an answer that is given beforehand may name what
/// is hidden, or newer than what the agent reported.
///
/// # Errors
/// When the server is away.
pub async fn resolve(
    session: &Session,
    questions: &mut [Question],
    cluster: Option<&str>,
    is_answered: impl Fn(&str) -> bool,
) -> Result<()> {
    let is_open = |question: &Question| {
        matches!(question.choices, Some(Choices::Live { .. })) && !is_answered(&question.variable)
    };
    let name = cluster.or(session.settings.default_cluster_name.as_deref());
    let Some(name) = name.filter(|name| !name.is_empty()) else { return Ok(()) };
    if !questions.iter().any(is_open) {
        return Ok(());
    }
    let client_id = client_id(session, name).await?;
    let what = format!("Couldn't retrieve what there is to choose of cluster {name}");
    let request = session.api.request(Method::GET, &["clusters", "facts", &client_id]).await?;
    let facts: Option<ClusterFactsView> = session.api.find(&what, request, StatusCode::OK).await?;
    let Some(facts) = facts else { return Ok(()) };
    let user = env::var("USER").unwrap_or_default();
    for question in questions.iter_mut().filter(|question| is_open(question)) {
        if let Some(Choices::Live { cluster }) = question.choices {
            let names = names(&facts, cluster, &user);
            if !names.is_empty() {
                let choices = names.into_iter().map(|name| Choice::Value(name.into()));
                question.choices = Some(Choices::These(choices.collect()));
            }
        }
    }
    Ok(())
}

/// What there is: the usual or the caller's own first.
fn names(facts: &ClusterFactsView, wanted: ClusterChoices, user: &str) -> Vec<String> {
    let accounting = facts.facts.accounting.as_ref();
    let (first, all): (Vec<&str>, Vec<&str>) = match (wanted, accounting) {
        (ClusterChoices::Partitions, _) => {
            let shown = facts.facts.partitions.iter().filter(|partition| !partition.is_hidden);
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

    fn facts() -> ClusterFactsView {
        let account = |name: &str| json!({"name": name, "parent": null});
        let association = |user: &str, account: &str, qos: &[&str], is_default: bool| json!({"user": user, "account": account, "qos": qos, "is_default": is_default});
        let mut facts = ClusterFactsView {
            client_id: "c".to_owned(),
            reported_at: some_time(),
            facts: Default::default(),
        };
        for (name, is_default, is_hidden) in
            [("old", false, true), ("cpu", false, false), ("gpu", true, false)]
        {
            facts.facts.partitions.push(Partition {
                name: name.to_owned(),
                is_default,
                is_hidden,
                ..Default::default()
            });
        }
        facts.facts.accounting = serde_json::from_value(json!({
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

    fn some_time() -> jobbergate_types::Timestamp {
        serde_json::from_value(json!("2026-01-01T00:00:00Z")).unwrap()
    }

    #[test]
    fn the_usual_and_the_callers_own_come_first() {
        let facts = facts();
        assert_eq!(names(&facts, ClusterChoices::Partitions, "alice"), ["gpu", "cpu"]);
        assert_eq!(names(&facts, ClusterChoices::Accounts, "alice"), ["b", "a", "root"]);
        assert_eq!(names(&facts, ClusterChoices::Qos, "alice"), ["low", "normal"]);
        assert_eq!(names(&facts, ClusterChoices::Accounts, "bob"), ["root", "a", "b"]);
    }

    #[test]
    fn without_accounting_nothing_is_known() {
        let mut facts = facts();
        facts.facts.accounting = None;
        assert_eq!(names(&facts, ClusterChoices::Qos, "alice"), [""; 0]);
    }
}
