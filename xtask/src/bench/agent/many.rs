//! As many active jobs as a large cluster has: how soon a change is seen, and what the agent needs
//! of memory. Slurm is a stand-in here.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow, ensure};

use super::{
    figures::{Figures, Goal},
    stage::Stage,
    stand_in::StandIn,
};
use crate::lab::Agent;

const CHANGES: usize = 25;
/// How many clients submit at once.
const CLIENTS: usize = 4;
const DEADLINE: Duration = Duration::from_secs(120);

pub(super) fn measure(stage: &mut Stage<'_>, many: usize, figures: &mut Figures) -> Result<()> {
    ensure!(many > CHANGES, "more than {CHANGES} jobs are needed");
    let slurm = StandIn::new(&stage.work)?;
    stage.agent.service.stop();
    let sbatch = slurm.sbatch();
    let sbatch = sbatch.to_str().context("the directory is no UTF-8")?;
    let settings = [("SBATCH_PATH", sbatch), ("SSTAT_METRICS", "false")];
    let Stage { terminal, directory, jobbergate, server, slurm: real, .. } = &*stage;
    let agent = Agent::start(terminal, directory, jobbergate, server, real, &settings)?;
    stage.agent = agent;
    let began = Instant::now();
    let ids = submit(stage, many)?;
    stage.terminal.passing(&format!("{many} submissions become jobs"));
    for id in &ids {
        stage.await_status(*id, "SUBMITTED")?;
    }
    let rate = many as f64 / began.elapsed().as_secs_f64();
    figures.add(format!("{many} submitted, until the server knows of all"), rate, "/s", Goal::None);
    // Until all have been told of in detail.
    stage.interrupt.sleep(Duration::from_secs(10))?;
    let memory = stage.agent.service.proportional_memory()? as f64 / 1e6;
    let name = format!("memory of the agent with {many} active jobs");
    figures.add(name, memory, "MB", Goal::AtMost(40.0));
    let mut times = Vec::new();
    for (number, id) in ids.iter().step_by(many / CHANGES).take(CHANGES).enumerate() {
        stage.terminal.passing(&format!("change {} of {CHANGES} among {many}", number + 1));
        times.push(seen_after(stage, &slurm, *id)?);
    }
    let name = format!("change in Slurm → seen in the API, {many} jobs");
    figures.add_times(&name, times, [Goal::None, Goal::AtMost(2000.0)]);
    Ok(())
}

fn submit(stage: &Stage<'_>, many: usize) -> Result<Vec<i64>> {
    let script = stage.script("#!/bin/sh\ntrue\n")?;
    let (taken, work, api) = (AtomicUsize::new(0), &stage.work, &stage.api);
    let interrupt = stage.interrupt;
    let client = || -> Result<Vec<i64>> {
        let mut ids = Vec::new();
        while taken.fetch_add(1, Ordering::Relaxed) < many {
            interrupt.check()?;
            ids.push(Stage::submit_with(api, script, work)?);
        }
        Ok(ids)
    };
    stage.terminal.passing(&format!("{many} submissions"));
    let ids: Result<Vec<Vec<i64>>> = thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(client)).collect();
        let join = |one: thread::ScopedJoinHandle<'_, Result<Vec<i64>>>| {
            one.join().map_err(|_| anyhow!("a client panicked"))?
        };
        clients.into_iter().map(join).collect()
    });
    Ok(ids?.concat())
}

fn seen_after(stage: &Stage<'_>, slurm: &StandIn, id: i64) -> Result<Duration> {
    let path = format!("/job-submissions/{id}");
    let job = stage.api.get(&path)?["slurm_job_id"].as_i64().context("it has no job")?;
    slurm.end(job)?;
    let began = Instant::now();
    while stage.api.get(&path)?["status"] != "DONE" {
        ensure!(began.elapsed() < DEADLINE, "the end of job {job} is not seen");
        stage.interrupt.sleep(Duration::from_millis(10))?;
    }
    Ok(began.elapsed())
}
