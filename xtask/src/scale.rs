//! What many organizations would ask of servers and of PostgreSQL: a day of theirs, second by second, with costs that
//! were measured. Nothing is started; the same options give the same figures.

mod costs;
mod day;
mod report;

use std::{fs, path::Path};

use anyhow::{Context, Result, ensure};
use clap::{Args, Parser};

use crate::bench::page;
use costs::Costs;
use day::Day;

/// In `docs/`.
const FIGURES: &str = "performance-figures.json";
const PAGE: &str = "scale.md";
/// What the page has of this: how it is called there, and with which options.
const PARTS: [(&str, &[&str]); 2] =
    [("scale", &[]), ("scale of twenty", &["--installations", "20"])];

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
    /// Writes what docs/scale.md has of this, with the options that it names
    #[arg(long, exclusive = true)]
    docs: bool,
}

/// Options as a person types them.
#[derive(Parser)]
struct Line {
    #[command(flatten)]
    options: Options,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let docs = crate::workspace()?.join("docs");
    if options.docs {
        return write(&docs);
    }
    let spread = options.installations <= options.organizations;
    ensure!(spread, "there are more --installations than --organizations");
    print!("{}", report::text(options, &costs(&docs)?, &Day::live(options)));
    Ok(())
}

fn costs(docs: &Path) -> Result<Costs> {
    let figures = docs.join(FIGURES);
    let text = fs::read_to_string(&figures)
        .with_context(|| format!("can't read {}", figures.display()))?;
    Costs::of(&serde_json::from_str(&text)?).with_context(|| figures.display().to_string())
}

/// Writes what the page has, by the figures beside it.
pub(crate) fn write(docs: &Path) -> Result<()> {
    let costs = costs(docs)?;
    for (part, arguments) in PARTS {
        page::put(&docs.join(PAGE), part, &session(arguments, &costs)?)?;
    }
    Ok(())
}

/// What a person sees who types this.
fn session(arguments: &[&str], costs: &Costs) -> Result<String> {
    let words: Vec<_> = ["scale"].iter().chain(arguments).copied().collect();
    let Line { options } = Line::try_parse_from(&words)?;
    let text = report::text(&options, costs, &Day::live(&options));
    Ok(format!("```\n$ cargo xtask {}\n{text}```", words.join(" ")))
}
