//! The accounts and qualities of service of a cluster.

use std::collections::HashMap;

use jobbergate_types::cluster_facts::{Account, Accounting, Qos};

use super::{one::Wanted, partitions::minutes};
use crate::web::portal::slice::Slice;

/// How many are on a page.
const SIZE: usize = 50;

pub(super) struct Accounts {
    pub(super) accounts: Slice<AccountRow>,
    pub(super) qos: Slice<QosRow>,
}

pub(super) struct AccountRow {
    pub(super) account: Account,
    pub(super) users: usize,
}

pub(super) struct QosRow {
    pub(super) name: String,
    pub(super) priority: Option<u64>,
    pub(super) limits: Vec<String>,
}

pub(super) fn accounts(found: Accounting, wanted: &Wanted) -> Accounts {
    let mut users: HashMap<&str, usize> = HashMap::new();
    for association in &found.associations {
        *users.entry(association.account.as_str()).or_default() += 1;
    }
    let row = |account: &Account| AccountRow {
        users: users.get(account.name.as_str()).copied().unwrap_or_default(),
        account: account.clone(),
    };
    let accounts = found.accounts.iter().map(row).collect();
    let qos = found.qos.into_iter().map(QosRow::from).collect();
    Accounts {
        accounts: Slice::of(accounts, &wanted.accounts, SIZE),
        qos: Slice::of(qos, &wanted.qos, SIZE),
    }
}

impl From<Qos> for QosRow {
    fn from(qos: Qos) -> Self {
        let count = |what: &str, of: Option<u64>| of.map(|count| format!("{what} {count}"));
        let limits = [
            qos.max_time_minutes.map(|time| format!("at most {}", minutes(time))),
            count("jobs of a user that run:", qos.max_jobs_per_user),
            count("jobs of a user that run or wait:", qos.max_submitted_per_user),
            qos.max_resources_per_job.map(|it| format!("per job: {it}")),
            qos.max_resources_per_user.map(|it| format!("per user: {it}")),
        ];
        Self {
            name: qos.name,
            priority: qos.priority,
            limits: limits.into_iter().flatten().collect(),
        }
    }
}
