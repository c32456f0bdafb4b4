//! What each kind of page costs the server.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::{
    browser::{Browser, inputs},
    world::{APPLICATION, World},
};
use crate::{interrupt::Interrupt, lab::Terminal};

/// How often each is asked for first: what is read for the first time takes longer.
const WARM_UPS: usize = 10;
/// Milliseconds of the server's processors that a page may take, in the middle.
const GOAL: f64 = 5.0;

/// Milliseconds, of many answers.
struct Times {
    median: f64,
    slowest_of_100: f64,
}

/// How a page is asked for.
enum Ask {
    Open(String),
    Send(String, Vec<(String, String)>),
}

pub(super) fn measure(
    world: &World,
    terminal: &Terminal,
    interrupt: &Interrupt,
    rounds: usize,
) -> Result<()> {
    let browser = Browser::new(&world.server.url, &world.cookie);
    terminal.heading(&format!(
        "{:<34} {:>8} {:>8}   {:>8} {:>8}",
        format!("Pages, of {rounds} each; ms"),
        "CPU p50",
        "p99",
        "wall p50",
        "p99"
    ));
    for (name, ask) in kinds(world, &browser)? {
        let (processor, wall) = time(world, &browser, &ask, interrupt, rounds)
            .with_context(|| format!("{name} can't be measured"))?;
        let verdict = if processor.median > GOAL { "missed" } else { "" };
        terminal.say(&format!(
            "  {name:<32} {:>8.2} {:>8.2}   {:>8.2} {:>8.2}  ≤ {GOAL} {verdict}",
            processor.median, processor.slowest_of_100, wall.median, wall.slowest_of_100
        ));
    }
    Ok(())
}

fn kinds(world: &World, browser: &Browser) -> Result<Vec<(&'static str, Ask)>> {
    let open = |name, path: &str| (name, Ask::Open(path.to_owned()));
    let run = format!("{APPLICATION}/run");
    let form = inputs(&browser.open(&run)?);
    Ok(vec![
        open("home", "/"),
        open("applications", "/applications"),
        open("applications, searched", "/applications?q=problem+77"),
        open("an application", APPLICATION),
        open("run form", &run),
        ("preview", Ask::Send(format!("{run}/preview"), form)),
        open("a submission", &world.submission),
        open("submissions, one's own", "/submissions"),
        open("submissions, everybody's", "/submissions?whose=all"),
        open("scripts, everybody's", "/scripts?whose=all"),
        open("clusters", "/clusters"),
        open("administration", "/admin"),
        open("people", "/admin/people"),
    ])
}

/// How long the server's processors work for a page, and how long the browser waits.
fn time(
    world: &World,
    browser: &Browser,
    ask: &Ask,
    interrupt: &Interrupt,
    rounds: usize,
) -> Result<(Times, Times)> {
    let (mut processor, mut wall) = (Vec::new(), Vec::new());
    for round in 0..WARM_UPS + rounds {
        interrupt.check()?;
        let (worked, began) = (world.server.service.processor_time()?, Instant::now());
        ask.of(browser)?;
        let elapsed = began.elapsed();
        if round >= WARM_UPS {
            wall.push(elapsed);
            processor.push(world.server.service.processor_time()?.saturating_sub(worked));
        }
    }
    Ok((Times::of(processor), Times::of(wall)))
}

impl Ask {
    fn of(&self, browser: &Browser) -> Result<()> {
        match self {
            Self::Open(path) => browser.open(path),
            Self::Send(path, fields) => browser.send(path, fields),
        }
        .map(drop)
    }
}

impl Times {
    fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let at = |share: usize| {
            let time = times.get(times.len() * share / 100).copied().unwrap_or_default();
            time.as_secs_f64() * 1e3
        };
        Self { median: at(50), slowest_of_100: at(99) }
    }
}
