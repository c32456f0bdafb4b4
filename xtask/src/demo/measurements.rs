//! What the demo measured, beside what it should be.

use std::time::Duration;

use crate::lab::Terminal;

/// What was measured on this machine, with whatever else it did meanwhile.
#[derive(Debug)]
pub(crate) struct Measurements {
    /// From the start of the server's process, without any data, until it first answers.
    pub(crate) start_to_answer: Duration,
    /// From the answer to a new submission until the server tells that Slurm has the job.
    pub(crate) accepted_to_sbatch: Duration,
    /// Resident bytes of the server, after the job.
    pub(crate) server_memory: u64,
    /// Resident bytes of the agent, after the job.
    pub(crate) agent_memory: u64,
}

impl Measurements {
    /// Prints them as a table.
    pub(crate) fn print(&self, terminal: &Terminal) {
        terminal.heading(&format!("  {:<40} {:>10}   {:<9}", "Measured", "", "target"));
        let milliseconds = |duration: Duration| duration.as_secs_f64() * 1000.0;
        let megabytes = |bytes: u64| bytes as f64 / 1e6;
        for (name, measured, target, unit) in [
            ("server: from start to first answer", milliseconds(self.start_to_answer), 100.0, "ms"),
            ("from accepted to sbatch", milliseconds(self.accepted_to_sbatch), 1000.0, "ms"),
            ("server: memory at rest", megabytes(self.server_memory), 40.0, "MB"),
            ("agent: memory at rest", megabytes(self.agent_memory), 20.0, "MB"),
        ] {
            let verdict = if measured <= target { "✓" } else { "missed" };
            terminal.say(&format!(
                "  {name:<40} {measured:>7.1} {unit}   ≤ {target:>4} {unit}  {verdict}"
            ));
        }
    }
}
