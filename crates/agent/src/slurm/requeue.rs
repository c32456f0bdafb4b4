//! Which ended jobs the site has queued again.

use super::{Slurm, SlurmError, settings::value};

impl Slurm {
    /// Whether a job that ended with this exit code may be queued again for it (`RequeueExit`,
    /// `RequeueExitHold` in slurm.conf).
    pub async fn requeues_any(&self, exit_codes: &[i64]) -> Result<bool, SlurmError> {
        let configuration = self.scontrol(&["show", "config"]).await?;
        let lists = ["RequeueExit", "RequeueExitHold"];
        let mut lists = lists.iter().filter_map(|name| value(&configuration, name));
        Ok(lists.any(|list| exit_codes.iter().any(|code| may_list(list, *code))))
    }

    /// Whether jobs of a partition that make way for others are certainly cancelled for it, and
    /// not queued again. Where their quality of service decides, nothing is certain.
    pub async fn cancels_preempted(&self, partition: &str) -> Result<bool, SlurmError> {
        let configuration = self.scontrol(&["show", "config"]).await?;
        if value(&configuration, "PreemptType") != Some("preempt/partition_prio") {
            return Ok(false);
        }
        let shown = self.scontrol(&["show", "partition", partition]).await?;
        let mode = shown.split_whitespace().find_map(|word| word.strip_prefix("PreemptMode="));
        Ok(mode == Some("CANCEL"))
    }
}

/// Whether a number is in a list like `3-5,9`; also if the list can't be read.
fn may_list(list: &str, number: i64) -> bool {
    list.split(',').any(|part| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        match (first.trim().parse::<i64>(), last.trim().parse::<i64>()) {
            (Ok(first), Ok(last)) => (first..=last).contains(&number),
            _ => true,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_may_have_exit_codes_queued_again() {
        for (list, number, listed) in [
            ("3-5,9", 4, true),
            ("3-5,9", 9, true),
            ("3-5,9", 6, false),
            ("3", 0, false),
            ("0", 0, true),
            ("[3-5]", 7, true),
        ] {
            assert_eq!(may_list(list, number), listed, "{list} {number}");
        }
    }
}
