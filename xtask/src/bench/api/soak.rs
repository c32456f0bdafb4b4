//! The server for some minutes: whether its memory grows, what it needs at most, and whether anybody waits for
//! long.

mod asking;
mod verdict;

use std::{path::PathBuf, time::Duration};

use anyhow::{Context, Result, ensure};
use clap::Args;

use super::{
    load::Target,
    operations::{self, Operation},
    stage::Stage,
};
use crate::{
    bench::programs::Programs,
    interrupt::{Interrupt, Interrupted},
    lab::{Database, Directory, Terminal},
};
use asking::{Asked, Wish, ask};
use verdict::Verdict;

const DIRECTORY: &str = "/var/tmp/jobbergate-soak";
const SUBMISSIONS: u32 = 10_000;
/// Until all that is kept once is there.
const WARM_UP: Duration = Duration::from_mins(1);
const AT_ONCE: usize = 16;
/// How many ask in a crowd, and of those who read together with agents that upload metrics, the agents.
const CROWD: usize = 64;
const AGENTS: usize = 4;
/// How long a crowd asks.
const RUSH: Duration = Duration::from_secs(20);
/// By when the server has given back what nobody uses.
const REST: Duration = Duration::from_secs(5);
/// What a file may have at most.
const FILE: usize = 5 << 20;

/// How long, and what
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// For how long it is asked for all kinds of things
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=600))]
    minutes: u64,
    /// Only with this database
    #[arg(long, value_enum)]
    database: Option<Database>,
    /// A program that is built already
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
    /// A `jobbergate-bench` that is built already, for its S3
    #[arg(long, value_name = "FILE", requires = "program")]
    bench_program: Option<PathBuf>,
}

/// Fails when something is not as promised, or anything was answered with an error.
pub(crate) fn run(options: &Options) -> Result<()> {
    let interrupt = Interrupt::register()?;
    let terminal = Terminal::new();
    let (program, bench) = (options.program.as_deref(), options.bench_program.as_deref());
    let programs = Programs::named_or_built(program, bench, &interrupt)?;
    let both = [Database::Sqlite, Database::Postgres];
    let mut missed = 0;
    for database in both.into_iter().filter(|it| options.database.is_none_or(|only| only == *it)) {
        let mut directory = Directory::open(DIRECTORY, false)?;
        let set = Stage::set(&terminal, &interrupt, &directory, &programs, database, SUBMISSIONS);
        let soaked = set.and_then(|stage| {
            let length = Duration::from_mins(options.minutes);
            Soak { stage: &stage, interrupt: &interrupt, terminal: &terminal }.last(length)
        });
        if soaked.as_ref().is_err_and(|error| !error.is::<Interrupted>()) {
            directory.keep();
            directory.print_logs();
        }
        missed += soaked?.print(&terminal);
    }
    ensure!(missed == 0, "{missed} figures are not as promised, see above");
    Ok(())
}

struct Soak<'a> {
    stage: &'a Stage,
    interrupt: &'a Interrupt,
    terminal: &'a Terminal,
}

impl Soak<'_> {
    fn last(&self, length: Duration) -> Result<Verdict> {
        let name =
            if self.stage.postgres.is_some() { "PostgreSQL and S3" } else { "SQLite and files" };
        self.terminal.heading(name);
        let operations = operations::all(&self.stage.subjects);
        let all: Vec<_> = operations.iter().map(Wish::of).collect();
        let mixed = |number: usize| {
            let mut wishes = all.clone();
            // Not all for the same at once.
            wishes.rotate_left(number % all.len().max(1));
            wishes
        };
        self.ask("warm-up", AT_ONCE, WARM_UP, mixed)?;
        let begin = self.memory_at_rest()?;
        let soak = self.ask("all kinds of requests", AT_ONCE, length, mixed)?;
        let uploads = self.uploads()?;
        let together = self.together(&operations)?;
        Ok(Verdict { name, begin, end: self.memory_at_rest()?, soak, uploads, together })
    }

    /// Each beside a script of its own.
    fn uploads(&self) -> Result<Asked> {
        let (scripts, body) = (&self.stage.subjects.scripts, operations::uploaded(FILE));
        let operations: Vec<_> =
            scripts.iter().take(CROWD).map(|script| operations::upload(*script)).collect();
        let one = |number: usize| {
            let operation = operations.get(number);
            operation.map(|operation| Wish { operation, body: Some(&body) }).into_iter().collect()
        };
        self.ask("files of 5 MiB", CROWD, RUSH, one)
    }

    /// People who read lists, while agents upload metrics.
    fn together(&self, operations: &[Operation]) -> Result<Asked> {
        let of = |word: &str| -> Vec<Wish<'_>> {
            operations.iter().filter(|it| it.name.contains(word)).map(Wish::of).collect()
        };
        let (lists, metrics) = (of("list "), of("metrics"));
        ensure!(!lists.is_empty() && !metrics.is_empty(), "there is nothing to ask for");
        self.ask("metrics and lists together", CROWD, RUSH, |number| match number < AGENTS {
            true => metrics.clone(),
            false => lists.clone(),
        })
    }

    fn ask<'w>(
        &self,
        name: &str,
        at_once: usize,
        length: Duration,
        wishes: impl Fn(usize) -> Vec<Wish<'w>>,
    ) -> Result<Asked> {
        let target = Target { url: &self.stage.url, tokens: &self.stage.tokens };
        let wishes = (0..at_once).map(wishes).collect();
        let memory = || self.stage.server.service.proportional_memory();
        let asked = ask(target, wishes, length, self.interrupt, memory);
        let asked = asked.with_context(|| name.to_owned())?;
        self.terminal.done(&format!("{name}, {at_once} at once: {} answers", asked.answers));
        Ok(asked)
    }

    fn memory_at_rest(&self) -> Result<u64> {
        self.interrupt.sleep(REST)?;
        self.stage.server.service.proportional_memory()
    }
}
