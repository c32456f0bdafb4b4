//! The database's part of an operation: pgbench runs the same statements, without a server between.

use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::{
    load::{Load, WARM_UP},
    stage::SCRIPTS,
};
use crate::{
    lab::{DATABASE_POOL_SIZE, Postgres},
    process,
};

/// As wrk does it, what the first second brings does not count.
pub(super) fn load(
    postgres: &Postgres,
    file: &Path,
    statements: &str,
    at_once: u32,
    seconds: u64,
) -> Result<Load> {
    std::fs::write(file, statements)?;
    let run = |seconds: u64| -> Result<Load> {
        let mut pgbench = postgres.pgbench();
        pgbench.arg("--file").arg(file).args(arguments(at_once, seconds)?);
        parse(&process::printed(&mut pgbench)?)
    };
    run(WARM_UP.as_secs())?;
    run(seconds)
}

/// There are no more sessions than the server would have. Each takes one after the other of scripts that no other session
/// takes: neither do requests wait for each other's script.
fn arguments(at_once: u32, seconds: u64) -> Result<Vec<String>> {
    let sessions = at_once.min(DATABASE_POOL_SIZE);
    let threads = std::thread::available_parallelism()?.get().min(usize::try_from(sessions)?);
    Ok(vec![
        "--no-vacuum".to_owned(),
        "--protocol=prepared".to_owned(),
        format!("--client={sessions}"),
        format!("--jobs={threads}"),
        format!("--time={seconds}"),
        "--define=turn=0".to_owned(),
        format!("--define=scripts={}", SCRIPTS / i64::from(sessions)),
    ])
}

fn parse(printed: &str) -> Result<Load> {
    let after = |name: &str| {
        let rest = printed.lines().find_map(|line| line.strip_prefix(name));
        let word = rest.and_then(|rest| rest.split_whitespace().next());
        word.with_context(|| format!("pgbench does not say {name:?}: {printed}"))
    };
    let failed: u64 = after("number of failed transactions: ")?.parse()?;
    ensure!(failed == 0, "{failed} of pgbench's transactions failed");
    Ok(Load {
        requests: after("number of transactions actually processed: ")?.parse()?,
        per_second: after("tps = ")?.parse()?,
        p50: None,
        p99: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRINTED: &str = "pgbench (17.6)\ntransaction type: list.sql\nnumber of clients: 1\n\
        number of transactions actually processed: 1234\n\
        number of failed transactions: 0 (0.000%)\nlatency average = 0.810 ms\n\
        initial connection time = 3.014 ms\ntps = 1233.5 (without initial connection time)\n";

    #[test]
    fn transactions_per_second_are_read() {
        let load = Load { requests: 1234, per_second: 1233.5, p50: None, p99: None };
        assert_eq!(parse(PRINTED).unwrap(), load);
    }

    #[test]
    fn there_are_as_many_sessions_as_the_server_would_have() {
        for (at_once, client, scripts) in [(1, 1, 1000), (16, 16, 62), (64, 20, 50)] {
            let arguments = arguments(at_once, 1).unwrap();
            assert!(arguments.contains(&format!("--client={client}")), "{arguments:?}");
            assert!(arguments.contains(&format!("--define=scripts={scripts}")), "{arguments:?}");
        }
    }

    #[test]
    fn failed_transactions_fail_the_run() {
        let printed = PRINTED.replace("failed transactions: 0", "failed transactions: 7");
        assert!(parse(&printed).unwrap_err().to_string().starts_with("7 of"));
        assert!(parse("nothing").is_err());
    }
}
