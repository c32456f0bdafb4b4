//! What many organizations would ask of servers and of PostgreSQL: a day of theirs, second by second, with costs that
//! were measured. Nothing is started; the same options give the same figures.

mod costs;
mod day;
mod report;

use std::fs;

use anyhow::{Context, Result, ensure};
use clap::Args;

use costs::Costs;
use day::Day;

const FIGURES: &str = "docs/performance-figures.json";

/// How much there is, and over how many installations it is spread
#[derive(Debug, Clone, Args)]
pub(crate) struct Options {
    /// Organizations, each with a database of its own
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..))]
    organizations: u32,
    /// Agents, each of a cluster of its own
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    agents: u32,
    /// Submissions in all days together
    #[arg(long, default_value_t = 100_000_000)]
    submissions: u64,
    /// In how many days they come
    #[arg(long, default_value_t = 365, value_parser = clap::value_parser!(u32).range(1..))]
    days: u32,
    /// Pages of lists that people look at, for each submission
    #[arg(long, default_value_t = 3)]
    looks: u32,
    /// Over how many installations, each with servers and a PostgreSQL of its own, organizations are spread
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    installations: u32,
    /// Processors of each server, and how busy they may be in the busiest second
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..))]
    processors: u32,
    /// Start of the random choices
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let spread = options.installations <= options.organizations;
    ensure!(spread, "there are more --installations than --organizations");
    let figures = crate::workspace()?.join(FIGURES);
    let figures = fs::read_to_string(&figures)
        .with_context(|| format!("can't read {}", figures.display()))?;
    let costs = Costs::of(&serde_json::from_str(&figures)?)?;
    let day = Day::live(options);
    print!("{}", report::text(options, &costs, &day));
    Ok(())
}
