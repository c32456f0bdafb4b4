//! How soon the command line shows a list, and how soon Python's does.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use clap::Args;
use serde_json::json;

use super::load_average::load;
use crate::{
    interop,
    interrupt::Interrupt,
    lab::{Api, Directory, EMAIL, Jobbergate, Server, Terminal},
};

const DIRECTORY: &str = "/var/tmp/jobbergate-bench";
/// What is listed.
const APPLICATIONS: usize = 10;
/// What the command asks the server.
const PATH: &str = "/job-script-templates?include_null_identifier=false&user_only=false\
                    &include_archived=false&sort_ascending=false&sort_field=id&page=1&size=50";
/// Milliseconds that it may take, beyond the server's answer.
const GOAL: f64 = 20.0;

/// How to measure it
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// How often each is run
    #[arg(long, default_value_t = 20)]
    rounds: usize,
    /// A program that is built already
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
}

/// Milliseconds: the median, and the fastest, which other work on the machine has slowed least.
#[derive(Clone, Copy)]
struct Times {
    median: f64,
    fastest: f64,
}

struct Measured {
    answer: Times,
    ours: Times,
    theirs: Times,
}

pub(super) fn run(options: &Options) -> Result<()> {
    let interrupt = Interrupt::register()?;
    let terminal = Terminal::new();
    ensure!(options.rounds > 0, "--rounds must be 1 at least");
    let jobbergate = Jobbergate::named_or_built(options.program.as_deref(), &terminal, &interrupt)?;
    let theirs = interop::clients(&terminal)?.join("jobbergate");
    let directory = Directory::open(DIRECTORY, false)?;
    let server = Server::start(&terminal, &interrupt, &directory, &jobbergate)?;
    let token = jobbergate.access_token(&directory, EMAIL, Duration::from_secs(3600))?;
    let api = Api::new(&server.url, &token);
    for number in 1..=APPLICATIONS {
        let name = format!("application-{number}");
        api.create("/job-script-templates", &json!({"name": name, "identifier": name}))?;
    }
    let home = directory.private("home")?;
    let ours = |cache: &str| list(&jobbergate.path, &home.join(cache), &server, &token);
    let theirs = |cache: &str| list(&theirs, &home.join(cache), &server, &token);
    // What is read for the first time takes longer.
    ours("ours")?;
    theirs("theirs")?;
    let mut times = [const { Vec::new() }; 3];
    for _ in 0..options.rounds {
        interrupt.check()?;
        let [answers, native, python] = &mut times;
        answers.push(answer(&server, &token)?);
        native.push(ours("ours")?);
        python.push(theirs("theirs")?);
    }
    let [answer, ours, theirs] = times.map(Times::of);
    Measured { answer, ours, theirs }.print(&terminal, options.rounds)
}

/// How long the server takes, by a connection that is new, as the command's is.
fn answer(server: &Server, token: &str) -> Result<Duration> {
    let api = Api::new(&server.url, token);
    let began = Instant::now();
    api.get(PATH)?;
    Ok(began.elapsed())
}

/// How long a command line takes from its start to its end, when all is shown.
fn list(program: &Path, cache: &Path, server: &Server, token: &str) -> Result<Duration> {
    let tokens = cache.join("token");
    fs::create_dir_all(&tokens)?;
    fs::write(tokens.join("access.token"), token)?;
    let mut command = Command::new(program);
    command.args(["applications", "list"]).current_dir(cache).env_clear();
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", cache);
    command.env("BASE_API_URL", &server.url);
    command.env("OIDC_DOMAIN", format!("{}/realms/jobbergate", server.authority));
    command.env("OIDC_USE_HTTPS", "false").env("JOBBERGATE_CACHE_DIR", cache);
    command.stdin(Stdio::null());
    let began = Instant::now();
    let output = command.output().with_context(|| format!("can't run {}", program.display()))?;
    let elapsed = began.elapsed();
    let shown = String::from_utf8_lossy(&output.stdout);
    let is_complete = output.status.success() && shown.contains("application-1 ");
    ensure!(
        is_complete,
        "{}: {shown}{}",
        program.display(),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(elapsed)
}

impl Times {
    fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let at = |place: usize| times.get(place).copied().unwrap_or_default().as_secs_f64() * 1e3;
        Self { median: at(times.len() / 2), fastest: at(0) }
    }

    fn beyond(self, other: Self) -> Self {
        Self { median: self.median - other.median, fastest: self.fastest - other.fastest }
    }
}

impl Measured {
    fn print(&self, terminal: &Terminal, rounds: usize) -> Result<()> {
        let Self { answer, ours, theirs } = *self;
        terminal.heading(&format!(
            "`jobbergate applications list`, of {rounds} {:>21} {:>9}",
            "median", "fastest"
        ));
        let line = |name: &str, times: Times, unit: &str, goal: &str| {
            let Times { median, fastest } = times;
            terminal.say(&format!("  {name:<44} {median:>9.1} {fastest:>9.1} {unit:<2} {goal}"));
        };
        let beyond = ours.beyond(answer);
        let goal = format!("≤ {GOAL} ms{}", if beyond.median > GOAL { "  missed" } else { "" });
        let ratio =
            Times { median: theirs.median / ours.median, fastest: theirs.fastest / ours.fastest };
        line("the server's answer alone", answer, "ms", "");
        line("this command line, start to end", ours, "ms", "");
        line("  beyond the server's answer", beyond, "ms", &goal);
        line("Python's 5.12.0, start to end", theirs, "ms", "");
        line("  beyond the server's answer", theirs.beyond(answer), "ms", "");
        line("Python's beside this one", ratio, "×", "");
        let processors = std::thread::available_parallelism()?;
        terminal.say(&format!("  ({processors} processors; load {})", load()?));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_of_the_times() {
        let times = Times::of([30, 10, 20].map(Duration::from_millis).to_vec());
        assert!((times.median - 20.0).abs() < 1e-9 && (times.fastest - 10.0).abs() < 1e-9);
        assert!(Times::of(Vec::new()).median.abs() < 1e-9);
    }
}
