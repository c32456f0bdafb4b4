//! Accounts, qualities of service and who may use which, from the accounting database.

use std::collections::HashMap;

use jobbergate_types::cluster_facts::{Account, Accounting, Association, Qos};

use super::{Slurm, SlurmError, command, time::minutes};

const QOS: &str = "format=Name,Priority,MaxWall,MaxJobsPU,MaxSubmitPU,MaxTRES,MaxTRESPU";
const USERS: &str = "format=User,DefaultAccount";
const ASSOCIATIONS: &str =
    "format=Account,ParentName,User,Partition,QOS,DefaultQOS,MaxJobs,MaxSubmit,MaxWall";

impl Slurm {
    /// What the accounting database knows of a cluster.
    pub async fn accounting(&self, cluster: &str) -> Result<Accounting, SlurmError> {
        let cluster = format!("cluster={cluster}");
        let associations =
            self.sacctmgr(&["show", "assoc", "where", &cluster, ASSOCIATIONS]).await?;
        let qos = self.sacctmgr(&["show", "qos", QOS]).await?;
        let users = self.sacctmgr(&["show", "user", USERS]).await?;
        Ok(accounting(&associations, &qos, &users))
    }

    pub(super) async fn sacctmgr(&self, arguments: &[&str]) -> Result<String, SlurmError> {
        let mut sacctmgr = command::as_agent(&self.paths.sacctmgr);
        sacctmgr.args(["-n", "-P", "-Q"]).args(arguments);
        let finished = command::run(sacctmgr, self.deadline).await?;
        if finished.code == Some(0) {
            return Ok(finished.stdout);
        }
        Err(SlurmError::Failed { program: "sacctmgr", words: finished.complaints("sacctmgr") })
    }
}

fn accounting(associations: &str, qos: &str, users: &str) -> Accounting {
    let defaults: HashMap<&str, &str> =
        users.lines().filter_map(|line| line.split_once('|')).collect();
    let mut found = Accounting::default();
    for line in associations.lines() {
        let Some([account, parent, user, rest @ ..]) = fields::<9>(line) else { continue };
        if user.is_empty() {
            found.accounts.push(Account { name: account.to_owned(), parent: text(parent) });
        } else {
            let default = defaults.get(user).copied().filter(|default| !default.is_empty());
            let is_default = default.map(|default| default == account);
            found.associations.push(association(user, account, is_default, rest));
        }
    }
    found.qos = qos.lines().filter_map(quality).collect();
    found
}

fn association(
    user: &str,
    account: &str,
    is_default: Option<bool>,
    [partition, qos, default_qos, max_jobs, max_submitted, max_time]: [&str; 6],
) -> Association {
    Association {
        user: user.to_owned(),
        account: account.to_owned(),
        is_default,
        partition: text(partition),
        qos: qos.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect(),
        default_qos: text(default_qos),
        max_jobs: max_jobs.parse().ok(),
        max_submitted: max_submitted.parse().ok(),
        max_time_minutes: minutes(max_time),
    }
}

fn quality(line: &str) -> Option<Qos> {
    let [name, priority, max_time, jobs, submitted, per_job, per_user] = fields(line)?;
    Some(Qos {
        name: text(name)?,
        priority: priority.parse().ok(),
        max_time_minutes: minutes(max_time),
        max_jobs_per_user: jobs.parse().ok(),
        max_submitted_per_user: submitted.parse().ok(),
        max_resources_per_job: text(per_job),
        max_resources_per_user: text(per_user),
    })
}

/// The fields of a line, if they are as many as were asked for.
fn fields<const N: usize>(line: &str) -> Option<[&str; N]> {
    line.split('|').collect::<Vec<_>>().try_into().ok()
}

fn text(field: &str) -> Option<String> {
    Some(field).filter(|field| !field.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_qualities_and_associations_are_read() {
        let found = accounting(
            include_str!("../../tests/data/sacctmgr.assoc.22.05.txt"),
            include_str!("../../tests/data/sacctmgr.qos.22.05.txt"),
            include_str!("../../tests/data/sacctmgr.user.22.05.txt"),
        );
        let parents: Vec<_> =
            found.accounts.iter().map(|a| (a.name.as_str(), a.parent.as_deref())).collect();
        let expected = [("root", None), ("physics", Some("root")), ("particle", Some("physics"))];
        assert_eq!(parents, expected);
        let of = |user: &str, account: &str| {
            let mut all = found.associations.iter();
            all.find(|a| a.user == user && a.account == account).unwrap()
        };
        let alice = of("alice", "physics");
        assert_eq!((alice.is_default, alice.max_jobs), (Some(true), Some(7)));
        assert_eq!(
            (alice.qos.join(" "), alice.default_qos.as_deref()),
            ("long normal".to_owned(), Some("long"))
        );
        assert_eq!(of("alice", "particle").is_default, Some(false));
        let bob = of("bob", "particle");
        assert_eq!((bob.partition.as_deref(), bob.max_submitted), (Some("debug"), Some(9)));
        assert_eq!(bob.max_time_minutes, Some(1440));
        let long = &found.qos[1];
        assert_eq!((long.priority, long.max_time_minutes), (Some(10), Some(7 * 1440)));
        assert_eq!((long.max_jobs_per_user, long.max_submitted_per_user), (Some(5), Some(50)));
        assert_eq!(long.max_resources_per_user.as_deref(), Some("cpu=64,node=2"));
        assert_eq!(found.qos[0].max_time_minutes, None);
    }

    #[test]
    fn lines_that_are_something_else_are_passed_over() {
        let found = accounting("sacctmgr: a word\n|\n", "x|y\n", "");
        assert_eq!(found, Accounting::default());
    }
}
