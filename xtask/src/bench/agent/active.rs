//! Real jobs that are active: how soon a change in Slurm is seen in the API, and what that costs
//! Slurm.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::{
    figures::{Figures, Goal},
    stage::Stage,
};

/// How many changes are watched.
const CHANGES: usize = 25;
const WATCHED: Duration = Duration::from_secs(20);
const DEADLINE: Duration = Duration::from_secs(60);
const SETTLED: Duration = Duration::from_secs(40);

pub(super) fn measure(stage: &Stage<'_>, active: usize, figures: &mut Figures) -> Result<()> {
    ensure!(active > CHANGES, "more than {CHANGES} active jobs are needed");
    let Stage { interrupt, terminal, .. } = stage;
    terminal.passing(&format!("{active} active jobs"));
    let script = stage.script("#!/bin/sh\n#SBATCH -o /dev/null\nsleep 600\n")?;
    let ids: Result<Vec<i64>> = (0..active).map(|_| stage.submit(script, &stage.work)).collect();
    let ids = ids?;
    ids.iter().try_for_each(|id| stage.await_status(*id, "SUBMITTED"))?;
    // Until those that have room run, and all have been told of in detail, one `scontrol` each.
    interrupt.sleep(SETTLED)?;
    let rpcs = stage.slurm.rpcs_per_second(interrupt, WATCHED)?;
    let name = format!("requests to Slurm with {active} active jobs");
    figures.add(name, rpcs, "/s", Goal::AtMost(2.0));

    let mut times = Vec::new();
    // Those at the end wait still, whatever the others do.
    for (number, id) in ids.iter().rev().take(CHANGES).enumerate() {
        terminal.passing(&format!("change {} of {CHANGES} in Slurm", number + 1));
        times.push(seen_after(stage, *id)?);
        interrupt.sleep(Duration::from_millis(u64::try_from(number)? * 137 % 700))?;
    }
    let name = format!("change in Slurm → seen in the API, {active} jobs");
    figures.add_times(&name, times, [Goal::None, Goal::AtMost(2000.0)]);
    stage.cancel_all(ids[0])
}

/// Ends a job in Slurm, behind the agent's back, and waits until the API says so.
fn seen_after(stage: &Stage<'_>, id: i64) -> Result<Duration> {
    let submission = stage.api.get(&format!("/job-submissions/{id}"))?;
    let job = submission["slurm_job_id"].as_i64().context("it has no job")?.to_string();
    stage.slurm.ask("scancel", &[&job]).context("scancel failed")?;
    let began = Instant::now();
    while stage.api.get(&format!("/job-submissions/{id}"))?["status"] != "ABORTED" {
        ensure!(began.elapsed() < DEADLINE, "the end of job {job} is not seen");
        stage.interrupt.sleep(Duration::from_millis(10))?;
    }
    Ok(began.elapsed())
}
