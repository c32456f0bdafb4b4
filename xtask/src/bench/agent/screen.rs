//! How long a line that a job writes takes to its owner, who follows the job as a client does.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use super::{
    commands::{DEADLINE, now},
    figures::{Figures, Goal},
    stage::Stage,
};
use crate::lab::Refused;

const LINES: usize = 40;
/// The pauses between lines are not a multiple of any interval of the agent's.
const SCRIPT: &str = "#!/bin/sh\nfor i in $(seq 40); do date +%s%N; sleep 0.37; done\n";
const CONFLICT: u16 = 409;

pub(super) fn measure(stage: &Stage<'_>, figures: &mut Figures) -> Result<()> {
    stage.terminal.passing("lines that a job writes");
    let id = stage.submit(stage.script(SCRIPT)?, &stage.work)?;
    let (mut from, mut times, mut heard) = (0, Vec::new(), Instant::now());
    while times.len() < LINES {
        ensure!(heard.elapsed() < DEADLINE, "no output of submission {id} after byte {from}");
        let text = match stage.api.text(&format!("/job-submissions/{id}/output?from={from}&wait=5"))
        {
            // It has not begun.
            Err(error) if error.downcast_ref::<Refused>().is_some_and(|r| r.status == CONFLICT) => {
                stage.interrupt.sleep(Duration::from_millis(50))?;
                continue;
            }
            text => text?,
        };
        let seen = now()?;
        for line in text.lines() {
            times.push(seen.saturating_sub(Duration::from_nanos(line.parse()?)));
            heard = Instant::now();
        }
        from += text.len();
    }
    let goals = [Goal::None, Goal::AtMost(1000.0)];
    figures.add_times("line of output → on the owner's screen", times, goals);
    stage.await_status(id, "DONE")
}
