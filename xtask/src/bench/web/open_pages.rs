//! Pages that are left open: what they cost at rest, and how soon they show a change.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpStream,
    ops::RangeInclusive,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};

use super::world::World;
use crate::{
    bench::crowd::{self, PEOPLE},
    interrupt::Interrupt,
    lab::{Directory, Terminal},
};

/// How many pages each of the people has open.
const PAGES_OF_ONE: usize = 5;
/// How long it takes until what has begun is done.
const SETTLING: Duration = Duration::from_secs(10);
const DEADLINE: Duration = Duration::from_secs(30);
/// The submissions of who is signed in that wait, by `seed.sql`: these, each ten apart.
const WAITING: RangeInclusive<i64> = 10_810..=11_000;

/// The stream of events that a page listens to.
struct OpenPage(BufReader<TcpStream>);

struct Measured {
    pages: usize,
    /// Bytes that were resident before, and that are more since.
    before: u64,
    growth: u64,
    /// Of one processor.
    share: f64,
    changes: Vec<Duration>,
}

pub(super) fn measure(
    world: &World,
    terminal: &Terminal,
    interrupt: &Interrupt,
    directory: &Directory,
    rest: Duration,
) -> Result<()> {
    crowd::register(&world.jobbergate, directory, &["user"])?;
    let (_, cookies) = crowd::log_in(&world.server.url)?;
    let alone = share(world, interrupt, rest)?;
    let service = &world.server.service;
    let before = service.memory()?;
    let mut pages = Vec::new();
    for (person, cookie) in cookies.iter().enumerate() {
        interrupt.check()?;
        for path in paths(person) {
            let mut page = OpenPage::open(&world.server.authority, &path, cookie)?;
            page.hear("event: ").with_context(|| format!("{path} says nothing"))?;
            pages.push(page);
        }
    }
    ensure!(pages.len() == PEOPLE * PAGES_OF_ONE, "only {} pages are open", pages.len());
    interrupt.sleep(SETTLING)?;
    let growth = service.memory()?.saturating_sub(before);
    let share = share(world, interrupt, rest)?;
    let changes = changes(world, interrupt)?;
    terminal.heading(&format!("{} open pages of {PEOPLE} people", pages.len()));
    terminal.say(&format!("  at rest without them: {:.2} % of a core", alone * 100.0));
    Measured { pages: pages.len(), before, growth, share, changes }.print(terminal);
    Ok(())
}

/// What the pages of one person listen to: two first pages, a list and two submissions.
fn paths(person: usize) -> [String; PAGES_OF_ONE] {
    let ids = WAITING.step_by(10).chain(1001..1006).map(|id| id.to_string());
    let ids = ids.collect::<Vec<_>>().join(",");
    let submission = |offset: usize| format!("/submissions/{}/live", 2001 + person * 7 + offset);
    let home = || "/home/live".to_owned();
    [home(), home(), format!("/submissions/live?ids={ids}"), submission(0), submission(1)]
}

/// Which share of one processor the server takes while nothing happens.
fn share(world: &World, interrupt: &Interrupt, rest: Duration) -> Result<f64> {
    interrupt.sleep(SETTLING)?;
    let (worked, began) = (world.server.service.processor_time()?, Instant::now());
    interrupt.sleep(rest)?;
    let worked = world.server.service.processor_time()?.saturating_sub(worked);
    Ok(worked.as_secs_f64() / began.elapsed().as_secs_f64())
}

/// How long it takes from asking for a change of a submission until it is on an open page.
fn changes(world: &World, interrupt: &Interrupt) -> Result<Vec<Duration>> {
    let [.., list, _, _] = paths(0);
    let mut page = OpenPage::open(&world.server.authority, &list, &world.cookie)?;
    // How they stand at first, the last of them as well.
    page.hear(&format!("event: state-{}", WAITING.end()))?;
    let mut times = Vec::new();
    for id in WAITING.step_by(10) {
        interrupt.sleep(Duration::from_secs(1))?;
        let began = Instant::now();
        world.api.put(&format!("/job-submissions/cancel/{id}"))?;
        page.hear(&format!("event: state-{id}"))?;
        times.push(began.elapsed());
    }
    times.sort_unstable();
    Ok(times)
}

impl OpenPage {
    fn open(authority: &str, path: &str, cookie: &str) -> Result<Self> {
        let mut connection = TcpStream::connect(authority)?;
        connection.set_read_timeout(Some(DEADLINE))?;
        write!(
            connection,
            "GET {path} HTTP/1.1\r\nHost: {authority}\r\nAccept: text/event-stream\r\n\
             HX-Request: true\r\nCookie: {cookie}\r\n\r\n"
        )?;
        let mut page = Self(BufReader::with_capacity(1024, connection));
        let mut status = String::new();
        page.0.read_line(&mut status)?;
        ensure!(status.contains(" 200 "), "{path} is answered {}", status.trim());
        Ok(page)
    }

    /// Reads until a line begins like this.
    fn hear(&mut self, beginning: &str) -> Result<()> {
        let mut line = String::new();
        loop {
            line.clear();
            ensure!(self.0.read_line(&mut line)? > 0, "the stream ended");
            if line.starts_with(beginning) {
                return Ok(());
            }
        }
    }
}

impl Measured {
    fn print(&self, terminal: &Terminal) {
        let line = |name: &str, value: f64, unit: &str, goal: f64| {
            let verdict = if value > goal { "missed" } else { "" };
            terminal.say(&format!("  {name:<44} {value:>8.2} {unit:<12} ≤ {goal} {verdict}"));
        };
        let megabytes = |bytes: u64| bytes as f64 / 1e6;
        line(
            &format!("memory for {} pages, beyond {:.0} MB", self.pages, megabytes(self.before)),
            megabytes(self.growth),
            "MB",
            50.0,
        );
        line("at rest with them", self.share * 100.0, "% of a core", 5.0);
        let at = |place: usize| self.changes.get(place).copied().unwrap_or_default().as_secs_f64();
        line("from a change to an open page, median", at(self.changes.len() / 2), "s", 2.0);
        line("  slowest", at(self.changes.len().saturating_sub(1)), "s", 2.0);
    }
}
