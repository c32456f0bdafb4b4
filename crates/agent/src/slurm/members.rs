//! Which jobs of Slurm make up an array or a heterogeneous job.

use std::collections::HashMap;

use super::{Slurm, SlurmError, command, job_id::JobId};

/// A job that is a task of an array or a component of a heterogeneous job, or a job as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    /// Its own number.
    pub job: i64,
    /// Which task or component it is.
    pub task: Option<u32>,
    pub stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    Pending,
    Running,
    Ended,
}

impl Slurm {
    /// All jobs, by the number that `sbatch` printed for them.
    pub async fn members(&self) -> Result<HashMap<i64, Vec<Member>>, SlurmError> {
        let mut squeue = command::as_agent(&self.paths.squeue);
        squeue.args(["-h", "-a", "-t", "all", "-o", "%A|%i|%T"]);
        let finished = command::run(squeue, self.deadline).await?;
        if finished.code != Some(0) {
            let words = finished.complaints("squeue");
            return Err(SlurmError::Failed { program: "squeue", words });
        }
        let mut members: HashMap<i64, Vec<Member>> = HashMap::new();
        for (submitted, member) in finished.stdout.lines().filter_map(read) {
            members.entry(submitted).or_default().push(member);
        }
        Ok(members)
    }
}

/// `26|24_1|RUNNING`; tasks that have not begun are one, `24|24_[2-9]|PENDING`.
fn read(line: &str) -> Option<(i64, Member)> {
    let mut fields = line.split('|');
    let job = fields.next()?.parse().ok()?;
    let JobId { job: submitted, part: task, .. } = JobId::read(fields.next()?)?;
    let stage = match fields.next()? {
        "PENDING" | "CONFIGURING" | "REQUEUED" => Stage::Pending,
        "RUNNING" | "COMPLETING" | "SUSPENDED" => Stage::Running,
        _ => Stage::Ended,
    };
    Some((submitted, Member { job, task, stage }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_belong_to_the_number_of_their_array() {
        let member = |job, task, stage| Member { job, task, stage };
        assert_eq!(read("26|24_1|RUNNING"), Some((24, member(26, Some(1), Stage::Running))));
        assert_eq!(read("28|27+1|RUNNING"), Some((27, member(28, Some(1), Stage::Running))));
        assert_eq!(read("7|7|COMPLETED"), Some((7, member(7, None, Stage::Ended))));
        assert_eq!(read("24|24_[2-9]|PENDING"), Some((24, member(24, None, Stage::Pending))));
        assert_eq!(read("slurm_load_jobs error"), None);
    }
}
