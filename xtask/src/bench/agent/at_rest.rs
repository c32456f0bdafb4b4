//! How long people wait: from the server's acceptance of a submission to the start of `sbatch`, and
//! from that of a cancellation to the start of `scancel`. One at a time, while nothing else is done.

use std::time::Duration;

use anyhow::Result;

use super::{
    commands::now,
    figures::{Figures, Goal},
    stage::Stage,
};

/// How long is looked at what an agent asks that has nothing to do.
const IDLE: Duration = Duration::from_secs(20);

pub(super) fn measure(stage: &Stage<'_>, jobs: usize, figures: &mut Figures) -> Result<()> {
    let Stage { interrupt, terminal, .. } = stage;
    terminal.passing("what an agent at rest asks");
    let rpcs = stage.slurm.rpcs_per_second(interrupt, IDLE)?;
    figures.add("requests to Slurm at rest", rpcs, "/s", Goal::AtMost(0.5));
    let memory = stage.agent.service.proportional_memory()?;
    figures.add("memory of the agent at rest", memory as f64 / 1e6, "MB", Goal::AtMost(25.0));

    let script = stage.script("#!/bin/sh\n#SBATCH -o /dev/null\nsleep 600\n")?;
    let (mut submitting, mut cancelling) = (Vec::new(), Vec::new());
    for number in 1..=jobs {
        terminal.passing(&format!("job {number} of {jobs}, one at a time"));
        let id = stage.submit(script, &stage.work)?;
        submitting.push(stage.commands.called(interrupt, "sbatch", number, now()?)?);
        stage.await_status(id, "SUBMITTED")?;
        // At rest, and not always at the same moment of anybody's interval.
        let pause = Duration::from_millis(500 + u64::try_from(number)? * 137 % 700);
        interrupt.sleep(pause)?;
        stage.api.put(&format!("/job-submissions/cancel/{id}"))?;
        cancelling.push(stage.commands.called(interrupt, "scancel", number, now()?)?);
        interrupt.sleep(pause)?;
    }
    let goals = [Goal::AtMost(100.0), Goal::AtMost(500.0)];
    figures.add_times("accepted → sbatch started", submitting, goals);
    figures.add_times("cancelled → scancel started", cancelling, [Goal::None, goals[1]]);
    Ok(())
}
