//! Many submissions that wait at once, beside a plain loop that gives as many scripts to `sbatch`.

use std::{
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow, ensure};
use nix::unistd::User;

use super::{
    figures::{Figures, Goal},
    stage::Stage,
};
use crate::lab::USER;

/// Nothing runs: what is measured is how fast jobs get into Slurm.
const SCRIPT: &str = "#!/bin/sh\n#SBATCH --hold\n#SBATCH -o /dev/null\ntrue\n";
/// How many `sbatch` the plain loop has at once.
const AT_ONCE: usize = 8;
const DEADLINE: Duration = Duration::from_secs(120);

/// A loop before and after, because the machine is never as busy as it was.
pub(super) fn measure(stage: &Stage<'_>, burst: usize, figures: &mut Figures) -> Result<()> {
    let script = stage.script(SCRIPT)?;
    stage.commands.stop_noting("sbatch")?;
    for (name, own) in [("each in a directory of its own", true), ("all in one directory", false)] {
        stage.terminal.passing(&format!("{burst} at once, {name}"));
        let before = plain_loop(stage, burst)?;
        let Taken { in_slurm, reported, agent, server } = by_agent(stage, script, burst, own)?;
        let after = plain_loop(stage, burst)?;
        let rate = |time: Duration| burst as f64 / time.as_secs_f64();
        let plain = rate((before + after) / 2);
        figures.add(format!("{burst} with a plain loop of sbatch"), plain, "/s", Goal::None);
        figures.add(format!("{burst} by the agent, {name}"), rate(in_slurm), "/s", Goal::None);
        let ratio = 100.0 * rate(in_slurm) / plain;
        figures.add("  of the plain loop", ratio, "%", Goal::AtLeast(90.0));
        figures.add("  until the server knows of all", rate(reported), "/s", Goal::None);
        for (name, time) in [("agent", agent), ("server", server)] {
            let each = time.as_secs_f64() * 1e3 / burst as f64;
            figures.add(format!("  processor time of the {name} for each"), each, "ms", Goal::None);
        }
    }
    Ok(())
}

/// How long it takes with as few things in between as possible.
fn plain_loop(stage: &Stage<'_>, burst: usize) -> Result<Duration> {
    let user = User::from_name(USER)?.context("the user is gone")?;
    let script = stage.work.join("plain.sh");
    std::fs::write(&script, SCRIPT)?;
    let (configuration, work) = (stage.slurm.configuration(), &stage.work);
    let (taken, began) = (AtomicUsize::new(0), Instant::now());
    let submit = || -> Result<()> {
        while taken.fetch_add(1, Ordering::Relaxed) < burst {
            let mut sbatch = Command::new("sbatch");
            sbatch.env("SLURM_CONF", &configuration).current_dir(work);
            sbatch.uid(user.uid.as_raw()).gid(user.gid.as_raw()).stdin(Stdio::null());
            let output = sbatch.arg("--parsable").arg(&script).output()?;
            ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(())
    };
    thread::scope(|scope| {
        let loops: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(submit)).collect();
        loops.into_iter().try_for_each(|one| one.join().map_err(|_| anyhow!("a loop panicked"))?)
    })?;
    Ok(began.elapsed())
}

/// How long it takes by the agent.
struct Taken {
    /// Until Slurm has all.
    in_slurm: Duration,
    /// Until the server knows.
    reported: Duration,
    /// How long the processors work for the agent until Slurm has all, without what it starts.
    agent: Duration,
    server: Duration,
}

fn by_agent(stage: &Stage<'_>, script: i64, burst: usize, own: bool) -> Result<Taken> {
    let last = last_job(stage)?;
    let directories: Result<Vec<PathBuf>> = (0..burst)
        .map(|i| if own { stage.directory(&i.to_string()) } else { Ok(stage.work.clone()) })
        .collect();
    stage.agent.service.freeze()?;
    let ids: Result<Vec<i64>> = directories?
        .iter()
        .map(|directory: &PathBuf| stage.submit(script, directory as &Path))
        .collect();
    let ids = ids?;
    let worked = || -> Result<[Duration; 2]> {
        Ok([stage.agent.service.processor_time()?, stage.server.service.processor_time()?])
    };
    let ([agent, server], began) = (worked()?, Instant::now());
    stage.agent.service.thaw()?;
    // Slurm gives one number after the other.
    while !stage.slurm.has_script(last + burst) {
        ensure!(began.elapsed() < DEADLINE, "the agent has not submitted {burst} jobs");
        stage.interrupt.sleep(Duration::from_millis(10))?;
    }
    let (in_slurm, [agent_after, server_after]) = (began.elapsed(), worked()?);
    ids.iter().try_for_each(|id| stage.await_status(*id, "SUBMITTED"))?;
    let reported = began.elapsed();
    stage.cancel_all(*ids.last().context("nothing was submitted")?)?;
    let (agent, server) = (agent_after - agent, server_after - server);
    Ok(Taken { in_slurm, reported, agent, server })
}

/// The largest number of a job.
fn last_job(stage: &Stage<'_>) -> Result<usize> {
    let jobs = stage.slurm.ask("squeue", &["-h", "-a", "-t", "all", "-o", "%A"]);
    let jobs = jobs.context("squeue failed")?;
    Ok(jobs.lines().filter_map(|line| line.trim().parse().ok()).max().unwrap_or_default())
}
