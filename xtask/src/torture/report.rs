//! The figures of a torture.

use std::{collections::BTreeMap, time::Duration};

use super::{plan::Fault, verdict::Findings};
use crate::lab::Terminal;

#[derive(Debug)]
pub(super) struct Report<'a> {
    pub(super) findings: &'a Findings<'a>,
    pub(super) faults: &'a BTreeMap<Fault, u32>,
    pub(super) failed_requests: u32,
    /// How many jobs a Python agent submitted, if there is one.
    pub(super) python_jobs: Option<usize>,
    /// From the first submission until everything had settled.
    pub(super) took: Duration,
    /// From the last fault and the last submission until then.
    pub(super) settling: Duration,
}

impl Report<'_> {
    pub(super) fn print(&self, terminal: &Terminal) {
        let row = |name: &str, value: &str| terminal.say(&format!("  {name:<34} {value:>7}"));
        terminal.heading("Figures");
        let Findings { outcomes, memories, runs, .. } = self.findings;
        let acknowledged = memories.iter().filter(|memory| memory.acknowledged.is_some()).count();
        row("submissions acknowledged", &acknowledged.to_string());
        row("submissions on the server", &outcomes.len().to_string());
        let mut statuses: BTreeMap<&str, u32> = BTreeMap::new();
        outcomes.iter().for_each(|outcome| *statuses.entry(&outcome.status).or_default() += 1);
        for (status, count) in statuses {
            row(&format!("  {status}"), &count.to_string());
        }
        row("scripts that ran", &runs.len().to_string());
        if let Some(jobs) = self.python_jobs {
            row("  sbatch of the Python agent", &jobs.to_string());
        }
        row("requests that users had to repeat", &self.failed_requests.to_string());
        row("faults", &self.faults.values().sum::<u32>().to_string());
        for (fault, count) in self.faults {
            row(&format!("  {fault}"), &count.to_string());
        }
        row("seconds until all had settled", &self.took.as_secs().to_string());
        row("  after the last submission, fault", &self.settling.as_secs().to_string());
    }
}
