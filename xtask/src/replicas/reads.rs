//! How much is read with one, two and three servers, and what the processors did meanwhile.

use std::{
    fs,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};

use super::fleet::{self, Fleet};
use crate::{
    bench::api::{
        load::{Generator, Target},
        operations::Operation,
    },
    interrupt::Interrupt,
    lab::{Directory, TICKS_PER_SECOND, Terminal},
};

const AT_ONCE: u32 = 16;
/// Until nginx has read its file and those of its processes that had the old one ask nobody any more.
const RELOADING: Duration = Duration::from_secs(1);

pub(super) fn measure(
    fleet: &Fleet<'_>,
    seconds: u64,
    interrupt: &Interrupt,
    terminal: &Terminal,
    directory: &Directory,
) -> Result<()> {
    let mut generator = Generator::new(directory.private("load")?, Duration::from_secs(seconds))?;
    let url = format!("{}/jobbergate", fleet.nginx.url());
    let target = Target { url: &url, tokens: &fleet.tokens };
    let cores = std::thread::available_parallelism()?.get();
    terminal.say(&format!(
        "  {cores} processors for servers, PostgreSQL, nginx and wrk together; {AT_ONCE} requests at once"
    ));
    terminal.say("  servers  operation             requests/s   p99 ms   processors busy with: servers  PostgreSQL  nginx  all");
    for operation in [
        Operation::get("list 50 submissions", "/job-submissions?size=50&include_parent=true"),
        Operation::get("one script, 3 files", "/job-scripts/1"),
    ] {
        for count in 1..=fleet::COUNT {
            fleet.ask_only(count)?;
            interrupt.sleep(RELOADING)?;
            generator.warm_up(target, &operation, AT_ONCE)?;
            let before = Spent::until_now(fleet)?;
            let load = generator.load(target, &operation, AT_ONCE)?;
            let [servers, postgres, nginx, all] = Spent::until_now(fleet)?.since(&before);
            terminal.say(&format!(
                "  {count:7}  {:20}  {:10.0}  {:7.1}   {servers:28.2}  {postgres:10.2}  {nginx:5.2}  {all:.2} of {cores}",
                operation.name,
                load.per_second,
                load.p99.unwrap_or_default(),
            ));
        }
    }
    Ok(())
}

/// How long the processors have worked, for whom.
struct Spent {
    at: Instant,
    servers: Duration,
    postgres: Duration,
    nginx: Duration,
    all: Duration,
}

impl Spent {
    fn until_now(fleet: &Fleet<'_>) -> Result<Self> {
        Ok(Self {
            at: Instant::now(),
            servers: fleet.processor_time()?,
            postgres: fleet.postgres.processor_time()?,
            nginx: fleet.nginx.processor_time()?,
            all: busy(&fs::read_to_string("/proc/stat")?).context("/proc/stat has another form")?,
        })
    }

    /// How many processors were busy with each of them.
    fn since(&self, before: &Self) -> [f64; 4] {
        let length = (self.at - before.at).as_secs_f64();
        let of = |part: fn(&Self) -> Duration| {
            part(self).saturating_sub(part(before)).as_secs_f64() / length
        };
        [of(|it| it.servers), of(|it| it.postgres), of(|it| it.nginx), of(|it| it.all)]
    }
}

/// How long all processors have worked for anybody.
fn busy(stat: &str) -> Option<Duration> {
    let line = stat.lines().next()?.strip_prefix("cpu ")?;
    let ticks: Vec<u64> = line.split_whitespace().map_while(|it| it.parse().ok()).collect();
    // Idle, and waiting for a disk; those for guests are in the first two.
    let worked = |(place, ticks): (usize, &u64)| (!matches!(place, 3 | 4)).then_some(*ticks);
    let worked: u64 = ticks.iter().take(8).enumerate().filter_map(worked).sum();
    Some(Duration::from_secs_f64(worked as f64 / TICKS_PER_SECOND))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processors_that_wait_are_not_busy() {
        let stat = "cpu  100 20 30 4000 500 6 7 8 90 10\ncpu0 1 2 3\n";
        assert_eq!(busy(stat), Some(Duration::from_millis(1710)));
        assert_eq!(busy("intr 1"), None);
    }
}
