//! Slurm's limits on how many jobs there may be: what says that one is reached, and whether it may
//! pass.

use super::{Slurm, SlurmError, command};

/// Whose jobs must end for there to be room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// Of the user alone.
    OfUser,
    /// Of an account, a quality of service or the whole cluster: anybody's.
    OfAnybody,
    /// Slurm is asked too often, which passes by itself.
    Soon,
}

/// What `sbatch` says while it waits for room itself, for two minutes.
const SLEEPING: &str = "sleeping and retrying";

/// The reasons of Slurm's limits on how many jobs may be submitted, on a line before the refusal.
const NAMED: &[(&str, Room)] = &[
    ("AssocMaxSubmitJobLimit", Room::OfUser),
    ("QOSMaxSubmitJobPerUserLimit", Room::OfUser),
    ("AssocGrpSubmitJobsLimit", Room::OfAnybody),
    ("QOSGrpSubmitJobsLimit", Room::OfAnybody),
    ("MaxSubmitJobsPerAccount", Room::OfAnybody),
    ("QOSMaxSubmitJobPerAccountLimit", Room::OfAnybody),
];

/// Slurm's list of error texts has these for a cluster that takes no more for now.
const OF_CLUSTER: &[(&str, Room)] = &[
    ("Slurm temporarily unable to accept job", Room::OfAnybody),
    ("Unable to create job record, try again", Room::OfAnybody),
    ("MaxJobCount limit reached", Room::OfAnybody),
    ("Rate limit exceeded", Room::Soon),
];

/// The limit that these words are about, those of a refusal whose own reason is `reason`.
pub(super) fn limit(words: &str, reason: &str) -> Option<Room> {
    let of_cluster = OF_CLUSTER.iter().find(|(text, _)| reason.starts_with(text));
    let named = || {
        let policy = reason.starts_with("Job violates accounting/QOS policy");
        let mut lines = words.lines().map(str::trim).filter(|_| policy);
        lines.find_map(|line| NAMED.iter().find(|(name, _)| line == *name))
    };
    of_cluster.or_else(named).map(|(_, room)| *room)
}

/// The line with which `sbatch` says that it waits for room.
pub fn waiting(stderr: &str) -> Option<&str> {
    let line = stderr.lines().find(|line| line.trim_end_matches('.').ends_with(SLEEPING))?;
    line.strip_prefix("sbatch: error: ")
}

impl Slurm {
    /// Whether room may be made: nobody else's jobs can end than those that there are. Where there
    /// are none, a job is larger than the limit, or nothing at all is allowed.
    ///
    /// # Errors
    /// When Slurm does not answer.
    pub async fn may_make_room(&self, room: Room, user: &str) -> Result<bool, SlurmError> {
        let mut squeue = command::as_agent(&self.paths.squeue);
        squeue.args(["-h", "-a", "-o", "%A"]);
        match room {
            Room::Soon => return Ok(true),
            Room::OfUser => squeue.args(["-u", user]),
            // Slurm's own limit counts those that ended until they are forgotten.
            Room::OfAnybody => squeue.args(["-t", "all"]),
        };
        let finished = command::run(squeue, self.deadline).await?;
        if finished.code != Some(0) {
            let words = finished.complaints("squeue");
            return Err(SlurmError::Failed { program: "squeue", words });
        }
        self.hearing.heard("squeue");
        Ok(!finished.stdout.trim().is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: &str = "Job violates accounting/QOS policy (job submit limit, user's size and/or \
                          time limits)";

    #[test]
    fn a_limit_on_how_many_jobs_there_may_be_is_known_by_its_name() {
        for (name, room) in [
            ("AssocMaxSubmitJobLimit", Some(Room::OfUser)),
            ("QOSMaxSubmitJobPerUserLimit", Some(Room::OfUser)),
            ("AssocGrpSubmitJobsLimit", Some(Room::OfAnybody)),
            // What a job asks for does not become less.
            ("AssocMaxWallDurationPerJobLimit", None),
            ("QOSMaxCpuPerJobLimit", None),
            ("AssocGrpBillingMinutes", None),
            ("", None),
        ] {
            let words = format!("{name}\nBatch job submission failed: {POLICY}");
            assert_eq!(limit(&words, POLICY), room, "{name}");
        }
    }

    #[test]
    fn a_full_or_busy_controller_is_known_by_its_words() {
        for (reason, room) in [
            ("Slurm temporarily unable to accept job, sleeping and retrying", Room::OfAnybody),
            ("Unable to create job record, try again", Room::OfAnybody),
            ("Rate limit exceeded, please retry momentarily", Room::Soon),
        ] {
            assert_eq!(limit("", reason), Some(room));
        }
    }

    #[test]
    fn a_user_cannot_write_what_looks_like_a_limit() {
        let words =
            "AssocMaxSubmitJobLimit\nBatch job submission failed: Invalid qos specification";
        assert_eq!(limit(words, "Invalid qos specification"), None);
        let words = format!("invalid partition specified: AssocMaxSubmitJobLimit\n{POLICY}");
        assert_eq!(limit(&words, POLICY), None);
    }

    #[test]
    fn an_sbatch_that_waits_says_so() {
        let said = "Slurm temporarily unable to accept job, sleeping and retrying";
        assert_eq!(waiting(&format!("sbatch: error: {said}\n")), Some(said));
        let full = "sbatch: error: Slurm job queue full, sleeping and retrying.\n";
        assert!(waiting(full).is_some());
        assert_eq!(waiting("sbatch: error: Invalid qos specification\n"), None);
    }
}
