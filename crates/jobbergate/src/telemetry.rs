//! Logs.

use std::io::IsTerminal;

use clap::{Args, ValueEnum};
use sentry::integrations::tracing::{BreadcrumbLayer, ErrorLayer, SpanLayer};
use tracing_subscriber::{
    filter::{LevelFilter, ParseError, Targets},
    fmt,
    prelude::*,
};

/// What is logged, and how.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Logs")]
pub struct Logging {
    /// What to log: a level, or levels by module as in `info,sqlx=warn`
    #[arg(long, env = "LOG_LEVEL", global = true, default_value = "info", value_name = "LEVEL")]
    log_level: String,

    /// How to write it
    #[arg(long, env = "JOBBERGATE_LOG_FORMAT", global = true, default_value = "text", value_enum)]
    log_format: Format,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// A line for people.
    Text,
    /// A JSON object a line.
    Json,
}

impl Logging {
    /// The same for another process of this program.
    pub fn arguments(&self) -> Vec<String> {
        let format = match self.log_format {
            Format::Text => "text",
            Format::Json => "json",
        };
        vec![format!("--log-level={}", self.log_level), format!("--log-format={format}")]
    }
}

/// A word alone is a level; anything else would be taken for a module, and silence the others.
fn filter(level: &str) -> Result<Targets, String> {
    if !level.contains(['=', ',']) {
        level.parse::<LevelFilter>().map_err(|error| error.to_string())?;
    }
    let all = format!("{level}{}", quiet(level));
    let words: Vec<_> = all.split(',').map(str::trim).filter(|word| !word.is_empty()).collect();
    words.join(",").parse().map_err(|error: ParseError| error.to_string())
}

/// PostgreSQL remarks on tables that are there already, and sqlx repeats parts of the database's
/// address that it does not know, which may be a misspelt password: nothing to be told.
const QUIET: &str = ",sqlx_postgres::options=error";
const NO_NOTICES: &str = ",sqlx::postgres::notice=warn";

fn quiet(level: &str) -> String {
    let wants_all = ["debug", "trace", "sqlx"].iter().any(|word| level.contains(word));
    if wants_all { QUIET.to_owned() } else { format!("{NO_NOTICES}{QUIET}") }
}

/// Starts logging to standard error, and collecting what is reported if faults are. A level that
/// can't be understood is told of and taken as `info`.
pub fn start(logging: &Logging, are_faults_reported: bool) {
    // The Python server says `WARNING` and `CRITICAL`.
    let level = logging.log_level.to_lowercase();
    let level = level.replace("warning", "warn").replace("critical", "error");
    let filter = filter(&level).unwrap_or_else(|error| {
        eprintln!("jobbergate: LOG_LEVEL is wrong ({error}); logging at info");
        filter("info").unwrap_or_default()
    });
    // Each request passes through these, though they do nothing unless reporting has started.
    let errors = are_faults_reported
        .then(|| ErrorLayer::new().enable_span_attributes().with_filter(LevelFilter::ERROR));
    let before = are_faults_reported.then(|| BreadcrumbLayer::new().with_filter(LevelFilter::INFO));
    let spans = are_faults_reported.then(|| SpanLayer::new().with_filter(LevelFilter::INFO));
    let registry =
        tracing_subscriber::registry().with(filter).with(errors).with(before).with(spans);
    let text = fmt::layer().with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
    match logging.log_format {
        Format::Text => registry.with(text).init(),
        Format::Json => registry.with(fmt::layer().json().with_writer(std::io::stderr)).init(),
    }
}

#[cfg(test)]
mod tests {
    use super::filter;

    #[test]
    fn a_word_that_is_no_level_is_refused() {
        assert!(filter("bananas").is_err());
        assert!(filter("info").is_ok() && filter("info,sqlx=warn").is_ok());
    }

    #[test]
    fn a_comma_too_many_changes_nothing() {
        let quiet = filter("info,sqlx=warn,jobbergate_api").unwrap();
        assert_eq!(filter("info, sqlx=warn,,jobbergate_api,").unwrap(), quiet);
    }

    #[test]
    fn remarks_of_the_database_are_shown_to_those_who_want_details() {
        let notices = |level| filter(level).unwrap().to_string().contains("notice=warn");
        assert!(notices("info") && notices("warn,jobbergate_api=info"));
        assert!(!notices("debug") && !notices("info,sqlx=info"));
        assert!(filter("debug").unwrap().to_string().contains("sqlx_postgres::options=error"));
    }
}
