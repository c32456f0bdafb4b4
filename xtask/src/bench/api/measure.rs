//! Asks our server, each floor and the other server for the same, one right after the other, so that
//! whatever else the machine does meets all of them.

use std::path::Path;

use anyhow::Result;

use super::{
    against::Other,
    bare::{self, Bare},
    load::{Generator, Load, Target},
    operations::{self, Operation},
    report::{Row, Server},
    stage::Stage,
    statements, tables,
};
use crate::{interrupt::Interrupt, lab::Terminal};

pub(super) struct Measuring<'a> {
    pub(super) stage: &'a Stage,
    pub(super) other: Option<&'a Other>,
    /// The program with the bare handler.
    pub(super) bench: &'a Path,
    /// For its files.
    pub(super) directory: &'a Path,
    pub(super) generator: Generator,
    pub(super) seconds: u64,
    pub(super) terminal: &'a Terminal,
    pub(super) interrupt: &'a Interrupt,
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
        let lists = match lists {
            true => self.rows(operations::lists, &[1], Self::without_floors)?,
            false => Vec::new(),
        };
        let operations = self.rows(operations::all, connections, Self::with_floors)?;
        let memory_at_end = self.stage.server.service.proportional_memory()?;
        let name = name.to_owned();
        Ok(Server { name, memory_at_rest, memory_at_end, operations, lists })
    }

    fn rows(
        &mut self,
        operations: fn(&operations::Subjects) -> Vec<Operation>,
        connections: &[u32],
        row: fn(&mut Self, &Operation, Option<&Operation>, u32) -> Result<Row>,
    ) -> Result<Vec<Row>> {
        let others = self.other.map(|other| operations(&other.subjects));
        let mut rows = Vec::new();
        for (place, what) in operations(&self.stage.subjects).iter().enumerate() {
            let others = others.as_ref().and_then(|others| others.get(place));
            for &at_once in connections {
                self.interrupt.check()?;
                self.terminal.passing(&format!("{}, {at_once} at once", what.name));
                let row = row(self, what, others, at_once)?;
                let rate = tables::number(row.ours.per_second);
                self.terminal.say(&format!("  {:<28} {at_once:>4} {rate:>10} /s", what.name));
                rows.push(row);
            }
        }
        Ok(rows)
    }

    fn without_floors(
        &mut self,
        what: &Operation,
        others: Option<&Operation>,
        at_once: u32,
    ) -> Result<Row> {
        let stage = self.stage;
        let target = Target { url: &stage.url, token: &stage.token };
        let total = bare::ask(target, what)?.total();
        self.generator.warm_up(target, what, at_once)?;
        let database = || stage.postgres.as_ref().map(|it| it.processor_time()).transpose();
        let (worked, database_worked) = (stage.server.service.processor_time()?, database()?);
        let ours = self.generator.load(target, what, at_once)?;
        let requests = ours.requests as f64;
        let worked = stage.server.service.processor_time()?.saturating_sub(worked);
        let database_worked =
            database()?.zip(database_worked).map(|(now, then)| now.saturating_sub(then));
        let each = |worked: std::time::Duration| worked.as_secs_f64() * 1e3 / requests;
        Ok(Row {
            operation: what.name.to_owned(),
            connections: at_once,
            total,
            ours,
            cpu: each(worked),
            database_cpu: database_worked.map(each),
            bare: None,
            statements: None,
            other: self.load_other(others, at_once)?,
        })
    }

    fn with_floors(
        &mut self,
        what: &Operation,
        others: Option<&Operation>,
        at_once: u32,
    ) -> Result<Row> {
        let row = self.without_floors(what, others, at_once)?;
        let target = Target { url: &self.stage.url, token: &self.stage.token };
        let answer = bare::ask(target, what)?;
        let bare = Bare::start(self.bench, self.directory, &answer)?;
        let target = Target { url: &bare.url, ..target };
        self.generator.warm_up(target, what, at_once)?;
        let bare = Some(self.generator.load(target, what, at_once)?);
        let statements = match (&self.stage.postgres, what.statements) {
            (Some(postgres), Some(text)) => {
                let file = self.directory.join("statements.sql");
                Some(statements::load(postgres, &file, text, at_once, self.seconds)?)
            }
            _ => None,
        };
        Ok(Row { total: None, bare, statements, ..row })
    }

    fn load_other(&mut self, what: Option<&Operation>, at_once: u32) -> Result<Option<Load>> {
        let Some((other, what)) = self.other.zip(what) else { return Ok(None) };
        let target = Target { url: &other.url, token: &other.token };
        self.generator.warm_up(target, what, at_once)?;
        self.generator.load(target, what, at_once).map(Some)
    }
}
