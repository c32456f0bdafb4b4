//! Slurm's commands, its controller and its accounting.

use std::path::Path;

use chrono::TimeDelta;
use nix::unistd::{AccessFlags, access};

use crate::slurm::{Slurm, SlurmError, missing_conf};
use jobbergate_doctor::Problem;

pub(super) async fn check_commands(slurm: &Slurm) -> Result<String, Problem> {
    let paths = &slurm.paths;
    let commands = [
        (&paths.sbatch, "SBATCH_PATH"),
        (&paths.squeue, "SQUEUE_PATH"),
        (&paths.scontrol, "SCONTROL_PATH"),
        (&paths.scancel, "SCANCEL_PATH"),
        (&paths.sacct, "SACCT_PATH"),
    ];
    for (path, setting) in commands {
        if let Err(why) = require_program(path) {
            let advice = format!("install Slurm's commands, or set JOBBERGATE_AGENT_{setting}");
            return Err(Problem::new(format!("{}: {why}", path.display()), advice));
        }
    }
    if let Some(why) = missing_conf() {
        let advice = "name Slurm's configuration file with SLURM_CONF, or unset it where the commands \
                      find it by themselves";
        return Err(Problem::new(why, advice));
    }
    let version = slurm.version().await.map_err(|error| {
        let advice =
            "see that it is Slurm's scontrol, and that its libraries and SLURM_CONF are there";
        Problem::new(error, advice)
    })?;
    Ok(format!("{version}, {}", paths.sbatch.with_file_name("").display()))
}

fn require_program(path: &Path) -> Result<(), String> {
    let found = std::fs::metadata(path).map_err(|error| error.to_string())?;
    if !found.is_file() {
        return Err("it is no file".to_owned());
    }
    access(path, AccessFlags::X_OK).map_err(|_| "this user may not run it".to_owned())
}

pub(super) async fn check_controller(slurm: &Slurm) -> Result<String, Problem> {
    let advice = "see that slurmctld runs and is reached from here (`scontrol ping`), and munged \
                  too (`munge -n | unmunge`)";
    let wrong = |error: SlurmError| Problem::new(error, advice);
    if !slurm.is_up().await.map_err(wrong)? {
        return Err(Problem::new("it does not answer", advice));
    }
    let settings = slurm.settings().await.map_err(wrong)?;
    let jobs = slurm.squeue(rand::random()).await.map_err(wrong)?.records().count();
    let cluster = settings.cluster.unwrap_or_else(|| "without a name".to_owned());
    let version = settings.version.unwrap_or_else(|| "of an unknown version".to_owned());
    Ok(format!("cluster {cluster}, Slurm {version}, {jobs} jobs listed"))
}

pub(super) async fn check_accounting(slurm: &Slurm) -> Result<String, Problem> {
    let unknown = |error| Problem::new(error, "make the controller answer first");
    let settings = slurm.settings().await.map_err(unknown)?;
    if !settings.has_accounting {
        let found = "there is none: how a job ended is not known if Slurm forgot it (MinJobAge) \
                     while the agent was away";
        return Ok(found.to_owned());
    }
    let wrong = |error| Problem::new(error, "see that slurmdbd runs and is reached from here");
    slurm.sacct_since(TimeDelta::zero(), rand::random()).await.map_err(wrong)?;
    let cluster = settings.cluster.unwrap_or_default();
    let found = slurm.accounting(&cluster).await.map_err(wrong)?;
    let (accounts, users) = (found.accounts.len(), found.associations.len());
    Ok(format!("slurmdbd answers, {accounts} accounts, {users} associations of users"))
}
