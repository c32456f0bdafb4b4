//! A Slurm that is only its commands: they keep a queue in a file and answer from it in Slurm's
//! shapes. So many jobs as a large cluster has do not fit on this machine.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};

use crate::lab::{USER, make_for};

/// What each of them does; `DIR` and `USER` are put in. A job's number is that
/// of its submission: numbers of processes begin anew.
const COMMANDS: [(&str, &str); 7] = [
    (
        "sbatch",
        "for word; do case $word in --comment=*) comment=${word#--comment=};; esac; done\n\
         job=${comment##*jobbergate:}\njob=${job%%:*}\n\
         now=$(date +%Y-%m-%dT%H:%M:%S)\n\
         echo \"$job|RUNNING|None|USER|$now|$now|$comment\" >> DIR/queue\necho $job",
    ),
    (
        "squeue",
        "for word; do case $word in *'|'*) mark=${word%%|*};; esac; done\n\
         [ -n \"$mark\" ] || exit 0\nexec sed \"s/^/$mark|/\" DIR/queue",
    ),
    (
        "scontrol",
        "case \"$*\" in\n\
         *--version*) echo slurm-wlm 22.05.8;;\n\
         ping*) echo 'Slurmctld(primary) at localhost is UP';;\n\
         *'show job '*) for job; do :; done\n\
         line=$(grep \"^$job|\" DIR/queue) || { echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1; }\n\
         state=$(echo \"$line\" | cut -d'|' -f2)\n\
         time=$(echo \"$line\" | cut -d'|' -f5)\n\
         echo \"JobId=$job JobName=job.sh UserId=USER(1000) GroupId=USER(1000) Priority=1 QOS=(null) \
         JobState=$state Reason=None Dependency=(null) Requeue=1 Restarts=0 ExitCode=0:0 RunTime=00:01:00 \
         SubmitTime=$time StartTime=$time Partition=compute NodeList=node1 NumNodes=1 NumCPUs=1 \
         Command=/work/job.sh WorkDir=/work StdErr=/work/out StdIn=/dev/null StdOut=/work/out\";;\n\
         esac",
    ),
    ("scancel", "exit 0"),
    ("sacct", "echo 'Slurm accounting storage is disabled' >&2\nexit 1"),
    ("sacctmgr", "exit 1"),
    ("sstat", "exit 1"),
];

#[derive(Debug)]
pub(super) struct StandIn {
    directory: PathBuf,
}

impl StandIn {
    pub(super) fn new(work: &Path) -> Result<Self> {
        let directory = work.join("stand-in");
        make_for(&directory, USER)?;
        let slurm = Self { directory };
        fs::write(slurm.queue(), "")?;
        fs::set_permissions(slurm.queue(), Permissions::from_mode(0o666))?;
        let place = slurm.directory.to_str().context("the directory is no UTF-8")?;
        for (name, text) in COMMANDS {
            let text = text.replace("DIR", place).replace("USER", USER);
            let path = slurm.directory.join(name);
            fs::write(&path, format!("#!/bin/sh\n{text}\n"))?;
            fs::set_permissions(&path, Permissions::from_mode(0o755))?;
        }
        Ok(slurm)
    }

    pub(super) fn sbatch(&self) -> PathBuf {
        self.directory.join("sbatch")
    }

    fn queue(&self) -> PathBuf {
        self.directory.join("queue")
    }

    /// Has a job end, as all commands say from now on.
    pub(super) fn end(&self, job: i64) -> Result<()> {
        let (before, draft) = (fs::read_to_string(self.queue())?, self.directory.join("draft"));
        let (running, ended) = (format!("{job}|RUNNING"), format!("{job}|COMPLETED"));
        let end = |line: &str| match line.strip_prefix(&running) {
            Some(rest) => format!("{ended}{rest}\n"),
            None => format!("{line}\n"),
        };
        let after: String = before.lines().map(end).collect();
        ensure!(after.contains(&ended), "there is no running job {job}");
        fs::write(&draft, after)?;
        Ok(fs::rename(draft, self.queue())?)
    }
}
