//! Asks our server, each floor and the other server for the same, one right after the other, so that
//! whatever else the machine does meets all of them.

use std::{path::Path, time::Duration};

use anyhow::Result;

use super::{
    against::Other,
    bare::{self, Bare},
    load::{Generator, Load, Target},
    one_by_one,
    operations::{self, Operation, Subjects},
    report::{Row, Server},
    stage::Stage,
    statements, tables,
};
use crate::{
    interrupt::{Interrupt, Interrupted},
    lab::{Postgres, Terminal},
};

/// What was begun when the load ended is done to its end, with nobody who waits for it.
const SETTLING: Duration = Duration::from_millis(250);
/// How much of that time a server may work that has come to rest.
const AT_REST: Duration = Duration::from_millis(25);
/// A quarter of a minute, after which what still works is PostgreSQL on its own.
const PATIENCE: usize = 60;
/// The other server does not show how much it works.
const PAUSE: Duration = Duration::from_secs(2);

pub(super) struct Measuring<'a> {
    pub(super) stage: &'a Stage,
    pub(super) other: Option<&'a Other>,
    /// The program with the bare handler.
    pub(super) bench: &'a Path,
    /// For its files.
    pub(super) directory: &'a Path,
    pub(super) generator: Generator,
    pub(super) seconds: u64,
    /// Whether what is beneath the server is measured, too.
    pub(super) floors: bool,
    pub(super) terminal: &'a Terminal,
    pub(super) interrupt: &'a Interrupt,
}

/// An operation, as it is asked of our server and of the other.
struct Asked<'a> {
    what: &'a Operation,
    of_other: Option<&'a Operation>,
    at_once: u32,
}

/// A list that takes too long does not take the other figures with it.
fn note_failure(
    what: &Operation,
    row: Result<Row>,
    failures: &mut Vec<String>,
) -> Result<Option<Row>> {
    match row {
        Err(error) if !error.is::<Interrupted>() => {
            failures.push(format!("{}: {error:#}", what.name));
            Ok(None)
        }
        row => row.map(Some),
    }
}

impl Measuring<'_> {
    pub(super) fn measure(
        &mut self,
        name: &str,
        connections: &[u32],
        lists: bool,
    ) -> Result<Server> {
        let memory_at_rest = self.stage.server.service.proportional_memory()?;
        // Before anything is added to what is listed.
        let mut failures = Vec::new();
        let lists = match lists {
            true => self.rows(operations::lists, &[1], |measuring, asked| {
                let row = measuring.list(asked);
                note_failure(asked.what, row, &mut failures)
            })?,
            false => Vec::new(),
        };
        let operation =
            |measuring: &mut Self, asked: &Asked<'_>| measuring.operation(asked).map(Some);
        let operations = self.rows(operations::all, connections, operation)?;
        let memory_at_end = self.stage.server.service.proportional_memory()?;
        let name = name.to_owned();
        Ok(Server { name, memory_at_rest, memory_at_end, operations, lists, failures })
    }

    fn rows(
        &mut self,
        operations: fn(&Subjects) -> Vec<Operation>,
        connections: &[u32],
        mut row: impl FnMut(&mut Self, &Asked<'_>) -> Result<Option<Row>>,
    ) -> Result<Vec<Row>> {
        let others = self.other.map(|other| operations(&other.subjects)).unwrap_or_default();
        let mut rows = Vec::new();
        for (place, what) in operations(&self.stage.subjects).iter().enumerate() {
            for &at_once in connections {
                self.interrupt.check()?;
                self.terminal.passing(&format!("{}, {at_once} at once", what.name));
                let asked = Asked { what, of_other: others.get(place), at_once };
                let Some(row) = row(self, &asked)? else { continue };
                let rate = tables::number(row.ours.per_second);
                self.terminal.say(&format!("  {:<28} {at_once:>4} {rate:>10} /s", what.name));
                rows.push(row);
            }
        }
        Ok(rows)
    }

    fn list(&mut self, asked: &Asked<'_>) -> Result<Row> {
        let (length, interrupt) = (Duration::from_secs(self.seconds), self.interrupt);
        let total = bare::ask(&bare::client(), self.ours(), asked.what)?.total();
        let mut row = self.watched(asked, |measuring| {
            one_by_one::load(measuring.ours(), asked.what, length, interrupt)
        })?;
        row.total = total;
        if let Some((target, what)) = self.theirs(asked) {
            row.other = Some(one_by_one::load(target, what, length, interrupt)?);
        }
        Ok(row)
    }

    fn operation(&mut self, asked: &Asked<'_>) -> Result<Row> {
        let Asked { what, at_once, .. } = *asked;
        let ours = self.ours();
        self.generator.warm_up(ours, what, at_once)?;
        self.settle()?;
        let mut row =
            self.watched(asked, |measuring| measuring.generator.load(ours, what, at_once))?;
        self.settle()?;
        if self.floors {
            self.floors(asked, &mut row)?;
        }
        if let Some((target, what)) = self.theirs(asked) {
            self.generator.warm_up(target, what, at_once)?;
            self.interrupt.sleep(PAUSE)?;
            row.other = Some(self.generator.load(target, what, at_once)?);
            self.interrupt.sleep(PAUSE)?;
        }
        Ok(row)
    }

    /// What HTTP and the database alone would do.
    fn floors(&mut self, asked: &Asked<'_>, row: &mut Row) -> Result<()> {
        let Asked { what, at_once, .. } = *asked;
        let ours = self.ours();
        let answer = bare::ask(&bare::client(), ours, what)?;
        let bare = Bare::start(self.bench, self.directory, &answer)?;
        let target = Target { url: &bare.url, ..ours };
        self.generator.warm_up(target, what, at_once)?;
        row.bare = Some(self.generator.load(target, what, at_once)?);
        if let (Some(postgres), Some(text)) = (&self.stage.postgres, what.statements) {
            let file = self.directory.join("statements.sql");
            row.statements = Some(statements::load(postgres, &file, text, at_once, self.seconds)?);
        }
        Ok(())
    }

    /// What our server answers meanwhile, and how long processors work for it.
    fn watched(
        &mut self,
        asked: &Asked<'_>,
        load: impl FnOnce(&mut Self) -> Result<Load>,
    ) -> Result<Row> {
        let (server, database) = self.processor_times()?;
        let ours = load(self)?;
        let (server_now, database_now) = self.processor_times()?;
        let each = |now: Duration, then: Duration| {
            now.saturating_sub(then).as_secs_f64() * 1e3 / ours.requests as f64
        };
        Ok(Row {
            operation: asked.what.name.to_owned(),
            connections: asked.at_once,
            total: None,
            cpu: each(server_now, server),
            database_cpu: database_now.zip(database).map(|(now, then)| each(now, then)),
            ours,
            bare: None,
            statements: None,
            other: None,
        })
    }

    /// Waits until our server and its PostgreSQL have nothing to do.
    fn settle(&self) -> Result<()> {
        let worked = || -> Result<Duration> {
            let (server, database) = self.processor_times()?;
            Ok(server + database.unwrap_or_default())
        };
        for _ in 0..PATIENCE {
            let before = worked()?;
            self.interrupt.sleep(SETTLING)?;
            if worked()?.saturating_sub(before) < AT_REST {
                break;
            }
        }
        Ok(())
    }

    /// Of our server and of its PostgreSQL.
    fn processor_times(&self) -> Result<(Duration, Option<Duration>)> {
        let database = self.stage.postgres.as_ref().map(Postgres::processor_time).transpose()?;
        Ok((self.stage.server.service.processor_time()?, database))
    }
}

impl<'a> Measuring<'a> {
    fn ours(&self) -> Target<'a> {
        Target { url: &self.stage.url, tokens: &self.stage.tokens }
    }

    fn theirs<'o>(&self, asked: &Asked<'o>) -> Option<(Target<'a>, &'o Operation)> {
        let (other, what) = self.other.zip(asked.of_other)?;
        Some((Target { url: &other.url, tokens: &other.tokens }, what))
    }
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;
    use crate::bench::api::report::tests::row;

    #[test]
    fn a_list_that_fails_is_noted_and_an_interruption_ends_all() {
        let lists = operations::lists(&Subjects { scripts: vec![1], submission: 2 });
        let mut failures = Vec::new();
        let mut note = |outcome| note_failure(&lists[0], outcome, &mut failures);
        assert!(note(Ok(row("page 1", 1))).unwrap().is_some());
        assert!(note(Err(anyhow!("503"))).unwrap().is_none());
        assert!(note(Err(Interrupted.into())).is_err());
        assert_eq!(failures, ["page 1: 503"]);
    }
}
