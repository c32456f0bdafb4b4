//! The built-in identity provider: what verifying a token costs, and what others notice of a hundred
//! log-ins at once.

use std::{
    path::PathBuf,
    process::Command,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use anyhow::{Context, Result, anyhow};
use clap::Args;
use serde_json::Value;

use super::{
    crowd::{self, PEOPLE},
    latency::Latency,
    programs,
};
use crate::{
    interrupt::Interrupt,
    lab::{Api, Directory, EMAIL, Jobbergate, Server, Terminal},
    process::output,
};

const DIRECTORY: &str = "/var/tmp/jobbergate-bench";
/// How long the server is watched without log-ins.
const ALONE: Duration = Duration::from_secs(3);

/// How to measure it
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The directory with the programs `jobbergate` and `jobbergate-bench`, instead of building them
    #[arg(long, value_name = "DIRECTORY")]
    programs: Option<PathBuf>,
}

/// What was measured on this machine, with whatever else it did meanwhile.
struct Measured {
    tokens: Value,
    alone: Latency,
    beside: Latency,
    log_ins: Duration,
    memory_before: u64,
    memory_peak: u64,
}

pub(super) fn run(options: &Options) -> Result<()> {
    let interrupt = Interrupt::register()?;
    let terminal = Terminal::new();
    let programs = match &options.programs {
        Some(programs) => programs.canonicalize()?,
        None => programs::build(&interrupt)?,
    };
    let directory = Directory::open(DIRECTORY, false)?;
    let measured = measure(&interrupt, &terminal, &directory, programs)?;
    measured.print(&terminal);
    Ok(())
}

fn measure(
    interrupt: &Interrupt,
    terminal: &Terminal,
    directory: &Directory,
    programs: PathBuf,
) -> Result<Measured> {
    let tokens = output(Command::new(programs.join("jobbergate-bench")).arg("tokens"));
    let tokens = serde_json::from_str(&tokens.context("jobbergate-bench failed")?)?;
    terminal.done("Tokens are verified");
    let jobbergate = Jobbergate::at(programs.join("jobbergate"));
    let server = Server::start(terminal, interrupt, directory, &jobbergate)?;
    crowd::register(&jobbergate, directory, &[])?;
    terminal.done(&format!("{PEOPLE} people have accounts"));
    interrupt.check()?;
    let token = jobbergate.access_token(directory, EMAIL, Duration::from_secs(3600))?;
    let api = Api::new(&server.url, &token);
    let (alone, ()) = watched(&api, || interrupt.sleep(ALONE))?;
    let memory_before = server.service.memory()?;
    server.service.forget_peak_memory()?;
    let (beside, (log_ins, _)) = watched(&api, || crowd::log_in(&server.url))?;
    let memory_peak = server.service.peak_memory()?;
    terminal.done(&format!("They have logged in, all at once ({:.1} s)", log_ins.as_secs_f64()));
    Ok(Measured { tokens, alone, beside, log_ins, memory_before, memory_peak })
}

/// How long answers take while something is done.
fn watched<T>(api: &Api, done: impl FnOnce() -> Result<T>) -> Result<(Latency, T)> {
    let enough = AtomicBool::new(false);
    thread::scope(|scope| {
        let watch = scope.spawn(|| Latency::measure(api, &enough));
        let done = done();
        enough.store(true, Ordering::Relaxed);
        let latency = watch.join().map_err(|_| anyhow!("the watch panicked"))?;
        Ok((latency?, done?))
    })
}

impl Measured {
    fn print(&self, terminal: &Terminal) {
        terminal.heading(&format!("  {:<50} {:>10}", "Measured", ""));
        let line = |name: &str, value: f64, unit: &str, target: &str| {
            terminal.say(&format!("  {name:<50} {value:>8.1} {unit:<4} {target}"));
        };
        let number = |name: &str| self.tokens[name].as_f64().unwrap_or_default();
        line("verifying a token that was seen before", number("seen"), "µs", "≤ 5 µs");
        line("verifying a token that was not", number("unseen"), "µs", "");
        line("  ratio", number("unseen") / number("seen"), "", "");
        let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
        for (name, alone, beside) in [
            ("p50", self.alone.median, self.beside.median),
            ("p99", self.alone.slowest_of_100, self.beside.slowest_of_100),
        ] {
            line(&format!("another request, {name}, alone"), milliseconds(alone), "ms", "");
            let beside_name = format!("another request, {name}, beside {PEOPLE} log-ins");
            line(&beside_name, milliseconds(beside), "ms", "");
            line("  ratio", milliseconds(beside) / milliseconds(alone), "", "");
        }
        line(&format!("{PEOPLE} log-ins, until the last"), milliseconds(self.log_ins), "ms", "");
        let megabytes = |bytes: u64| bytes as f64 / 1e6;
        line("resident memory before", megabytes(self.memory_before), "MB", "");
        line("resident memory, at most", megabytes(self.memory_peak), "MB", "≤ 200 MB");
        let (alone, beside) = (self.alone.answers, self.beside.answers);
        terminal.say(&format!("  ({alone} answers alone, {beside} beside the log-ins)"));
    }
}
