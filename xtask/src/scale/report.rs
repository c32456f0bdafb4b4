//! The figures of a day, for people.

use super::{
    Options,
    costs::Costs,
    day::{Day, KINDS, SECONDS},
};
use crate::lab::DATABASE_POOL_SIZE;

/// Memory of a question that waits, in bytes: `cargo xtask bench waiting`.
const WAITING: f64 = 51_200.0;
/// How busy processors may be in the busiest second, so that answers do not wait.
const BUSY: f64 = 0.6;
/// Of PostgreSQL's data, with indexes, for each submission, in bytes, and the rows that it has there: the submission, four
/// steps, and its place among changes.
const BYTES: f64 = 1600.0;
const ROWS: u64 = 6;
/// The default of `JOBBERGATE_ORGANIZATION_POOL_SIZE`.
const ORGANIZATION_POOL: u32 = 4;

pub(super) fn text(options: &Options, costs: &Costs, day: &Day) -> String {
    let organizations = options.organizations.div_ceil(options.installations);
    let agents = options.agents.div_ceil(options.installations);
    let mut text = String::new();
    let mut line = |words: String| {
        text += &words;
        text.push('\n');
    };
    line(format!(
        "One of {} installations: {organizations} organizations, {agents} agents, {:.0} submissions a day",
        options.installations,
        day.total(0) as f64
    ));
    line(String::new());
    line(format!(
        "{:22} {:>10} {:>10} {:>14} {:>10} {:>14}",
        "requests", "average/s", "most/s", "statements/s", "server ms", "PostgreSQL ms"
    ));
    let mut statements = 0.0;
    for (place, kind) in KINDS.into_iter().enumerate() {
        let average = day.total(place) as f64 / SECONDS as f64;
        let cost = costs.of_kind(kind);
        let own = average * f64::from(kind.statements());
        statements += own;
        line(format!(
            "{:22} {average:>10.1} {:>10} {own:>14.0} {:>10.2} {:>14.2}",
            kind.name(),
            day.most(place),
            cost.server,
            cost.postgres
        ));
    }
    let busy: Vec<_> = day.seconds.iter().map(|counts| costs.busy(counts)).collect();
    let average = |of: fn(&super::costs::Cost) -> f64| {
        busy.iter().map(of).sum::<f64>() / busy.len().max(1) as f64
    };
    let most = |of: fn(&super::costs::Cost) -> f64| busy.iter().map(of).fold(0.0, f64::max);
    let (servers, postgres) = (most(|it| it.server), most(|it| it.postgres));
    let replicas = (servers / BUSY / f64::from(options.processors)).ceil().max(1.0);
    line(String::new());
    line(format!("statements: {statements:.0}/s on average"));
    line(format!(
        "processors busy: servers {:.2} on average, {servers:.2} in the busiest second; PostgreSQL {:.2} and {postgres:.2}",
        average(|it| it.server),
        average(|it| it.postgres)
    ));
    line(format!(
        "servers of {} processors, {:.0} % busy at most: {replicas:.0}; PostgreSQL needs {:.0} processors",
        options.processors,
        BUSY * 100.0,
        (postgres / BUSY).ceil()
    ));
    let waiting = f64::from(agents) / replicas;
    line(format!(
        "of each server: {waiting:.0} agents wait, memory {:.0} MB",
        (costs.memory + waiting * WAITING) / 1e6
    ));
    // Agents of all organizations renew their leases at every server: none of their databases is ever closed.
    let most_connections = DATABASE_POOL_SIZE + organizations * (ORGANIZATION_POOL + 1);
    let least = 1 + organizations * 2;
    line(format!(
        "of each server: connections to PostgreSQL {least} at least (one and one that listens for each organization), {most_connections} \
         at most; {:.0} of all servers",
        f64::from(most_connections) * replicas
    ));
    let submissions = day.total(0);
    line(format!(
        "a day: {} rows, {:.1} GB; in {} days {:.0} GB",
        submissions * ROWS,
        submissions as f64 * BYTES / 1e9,
        options.days,
        submissions as f64 * BYTES / 1e9 * f64::from(options.days)
    ));
    text
}
