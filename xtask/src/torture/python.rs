//! The Python agent, as it is released, beside ours on the same cluster.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use crate::{
    lab::{CLUSTER, Directory, Place, Service, Slurm, Terminal, USER, make_for},
    process::tied,
    python,
};

/// The least that it takes.
const INTERVAL: &str = "10";

#[derive(Debug)]
pub(super) struct PythonAgent {
    pub(super) service: Service,
    calls: PathBuf,
}

impl PythonAgent {
    pub(super) fn start(
        place: &Place<'_>,
        terminal: &Terminal,
        directory: &Directory,
        slurm: &Slurm,
    ) -> Result<Self> {
        let Place { name, authority, secret } = *place;
        let stories = crate::workspace()?.join("xtask/src/interop");
        terminal.passing("installing the Python agent from PyPI\n");
        let requirements = stories.join("client-requirements.txt");
        let wanted = ["--requirement".as_ref(), requirements.as_ref()];
        let programs = python::environment("interop-client", &wanted)?;
        let work = directory.work(USER)?.join(name);
        make_for(&work, USER)?;
        let state = directory.private(name)?;
        let sbatch = sbatch(&work, slurm)?;
        let mut command = tied(programs.join("jg-run"), &state);
        command.env("SLURM_CONF", slurm.configuration()).env("HOME", &state).env("LANG", "C.UTF-8");
        for (name, value) in [
            ("BASE_API_URL", format!("http://{authority}")),
            ("OIDC_DOMAIN", format!("{authority}/realms/jobbergate")),
            ("OIDC_USE_HTTPS", "false".to_owned()),
            ("OIDC_CLIENT_ID", CLUSTER.to_owned()),
            ("OIDC_CLIENT_SECRET", secret.to_owned()),
            ("CACHE_DIR", state.join("cache").display().to_string()),
            ("SBATCH_PATH", sbatch.display().to_string()),
            ("SCONTROL_PATH", stories.join("scontrol.py").display().to_string()),
            ("SINGLE_USER_SUBMITTER", USER.to_owned()),
            ("TASK_JOBS_INTERVAL_SECONDS", INTERVAL.to_owned()),
        ] {
            command.env(format!("JOBBERGATE_AGENT_{name}"), value);
        }
        command.stdout(directory.log(&format!("{name}-output"))?).stderr(directory.log(name)?);
        let service = Service::start(command)?;
        terminal.done(&format!("The Python agent of {CLUSTER} runs, too"));
        Ok(Self { service, calls: work.join("calls") })
    }

    /// How often it has called `sbatch`.
    pub(super) fn calls(&self) -> usize {
        fs::read_to_string(&self.calls).unwrap_or_default().lines().count()
    }
}

/// A program in sbatch's place: the Python agent runs it without any variable, and this Slurm is
/// not the machine's own.
fn sbatch(work: &Path, slurm: &Slurm) -> Result<PathBuf> {
    let path = work.join("sbatch");
    let (calls, configuration) = (work.join("calls"), slurm.configuration());
    let script = format!(
        "#!/bin/sh\necho \"$(date +%T.%3N) $$ $*\" >>{}\nSLURM_CONF={} exec /usr/bin/sbatch \"$@\"\n",
        calls.display(),
        configuration.display(),
    );
    fs::write(&path, script).context("can't write the Python agent's sbatch")?;
    fs::set_permissions(&path, Permissions::from_mode(0o755))?;
    Ok(path)
}
