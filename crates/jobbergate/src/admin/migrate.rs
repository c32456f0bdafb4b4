//! `jobbergate admin migrate`: brings the tables up to date, or says what that would do.

use std::{fmt, process::ExitCode, time::Duration};

use anyhow::bail;
use clap::Args;
use jobbergate_api::{
    config::ServeConfig,
    db::{BEARABLE_WAIT, Plan, Step, Touched, Waiting},
    upgrade::{self, Planned},
};

use crate::output::say;

/// The exit status when the version that runs would wait for longer than [`BEARABLE_WAIT`].
const OTHERS_WAIT: u8 = 3;

#[derive(Debug, Args)]
pub struct MigrateArgs {
    /// Only print what would be done and who would wait for it. The exit status is 3 if the version that
    /// runs would wait for longer than 5 seconds somewhere
    #[arg(long)]
    plan: bool,
}

pub async fn run(config: &ServeConfig, args: &MigrateArgs) -> anyhow::Result<ExitCode> {
    config.check()?;
    if args.plan {
        // Of a new server it is not there yet.
        config.require_data_directory(true)?;
        return tell(&upgrade::plan(config).await?);
    }
    config.require_data_directory(false)?;
    let _held = config.hold_data_directory()?;
    let left = upgrade::migrate(config).await?;
    let plans = upgrade::plan(config).await?;
    for planned in &plans {
        say!("{}", Told(planned));
    }
    require_seen(&plans)?;
    match left.as_slice() {
        [] => Ok(ExitCode::SUCCESS),
        [first, ..] => bail!(
            "the tables of {} organizations were left as they are, for example {first}",
            left.len()
        ),
    }
}

fn require_seen(all: &[Planned]) -> anyhow::Result<()> {
    match all.iter().filter(|planned| planned.plan.is_err()).count() {
        0 => Ok(()),
        unseen => bail!("nothing can be said of {unseen} databases"),
    }
}

fn tell(all: &[Planned]) -> anyhow::Result<ExitCode> {
    for planned in all {
        say!("{}", Told(planned));
    }
    require_seen(all)?;
    let waits = |planned: &Planned| {
        planned
            .plan
            .as_ref()
            .is_ok_and(|plan| plan.as_ref().is_some_and(Plan::keeps_others_waiting))
    };
    if !all.iter().any(waits) {
        return Ok(ExitCode::SUCCESS);
    }
    let seconds = BEARABLE_WAIT.as_secs();
    say!(
        "The version that runs would wait for longer than {seconds} s: choose a quiet hour, and have \
         `jobbergate admin migrate` do it before the servers are replaced."
    );
    Ok(ExitCode::from(OTHERS_WAIT))
}

/// For people.
struct Told<'a>(&'a Planned);

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Planned { database, plan } = self.0;
        let plan = match plan {
            Err(why) => return write!(f, "{database}: {why}"),
            Ok(None | Some(Plan { revision: None, .. })) => {
                return write!(f, "{database}: it is empty; its tables are made at once");
            }
            Ok(Some(plan)) => plan,
        };
        let revision = plan.revision.unwrap_or_default();
        let Some(last) = plan.steps.last() else {
            return write!(f, "{database}: nothing to do, it is at revision {revision}");
        };
        match plan.is_upstream {
            true => {
                write!(f, "{database}: it is the Python server's, and comes to {}", last.number)?
            }
            false => {
                write!(f, "{database}: it is at revision {revision}, and comes to {}", last.number)?
            }
        }
        plan.steps.iter().try_for_each(|step| tell_step(f, step))
    }
}

fn tell_step(f: &mut fmt::Formatter<'_>, step: &Step) -> fmt::Result {
    write!(f, "\n{:>6}  {}\n        {}", step.number, step.does, class(step.estimate()))?;
    let who = match step.waiting() {
        None => return f.write_str("; nobody waits"),
        Some(Waiting::Writes) => "writes wait",
        Some(Waiting::All) => "reads and writes wait",
    };
    write!(f, "; meanwhile {who}, where they need")?;
    for Touched { lock, rows } in &step.touched {
        let what = match (lock.seconds_per_million > 0.0, lock.waiting) {
            (true, Waiting::All) => "written anew",
            (true, Waiting::Writes) => "read as a whole",
            (false, _) => "only its description",
        };
        write!(f, "\n          {}, about {rows} rows: {what}", lock.table)?;
    }
    Ok(())
}

/// No more is known of a machine that was not measured.
fn class(estimate: Duration) -> &'static str {
    match estimate.as_secs_f64() {
        ..1.0 => "under a second",
        ..=5.0 => "some seconds",
        ..60.0 => "up to a minute",
        ..3600.0 => "minutes",
        _ => "hours",
    }
}

#[cfg(test)]
mod tests {
    use jobbergate_api::db::Lock;

    use super::*;

    #[test]
    fn an_estimate_is_said_roughly() {
        for (seconds, words) in [
            (0.0, "under a second"),
            (5.0, "some seconds"),
            (6.0, "up to a minute"),
            (60.0, "minutes"),
            (7200.0, "hours"),
        ] {
            assert_eq!(class(Duration::from_secs_f64(seconds)), words);
        }
    }

    #[test]
    fn a_step_says_who_waits_for_what() {
        let lock = |table: &str, waiting, seconds_per_million| Lock {
            table: table.to_owned(),
            waiting,
            seconds_per_million,
        };
        let touched = vec![
            Touched { lock: lock("job_scripts", Waiting::All, 0.0), rows: 7 },
            Touched { lock: lock("job_submissions", Waiting::Writes, 4.0), rows: 2_000_000 },
        ];
        let steps = vec![Step { number: 22, does: "Counts.".to_owned(), touched }];
        let plan = Plan { revision: Some(21), is_upstream: false, steps };
        let planned = Planned { database: "d".to_owned(), plan: Ok(Some(plan)) };
        let expected = "d: it is at revision 21, and comes to 22\n    22  Counts.\n        up to a minute; \
             meanwhile reads and writes wait, where they need\n          job_scripts, about 7 rows: only its \
             description\n          job_submissions, about 2000000 rows: read as a whole";
        assert_eq!(Told(&planned).to_string(), expected);
        assert_eq!(tell(&[planned]).unwrap(), ExitCode::from(OTHERS_WAIT));
    }
}
