//! `jobbergate job-submissions logs`.

use clap::{Args, ValueEnum};
use jobbergate_types::output::{LARGEST_LIMIT, OutputQuery, OutputStream};

use super::{Session, watch::how_to_go_on};
use crate::{
    failure::{Failure, Result},
    follow::{
        output::{Found, Output, TITLE},
        screen::{Lines, Screen, unless_left},
    },
    output::READ_ENOUGH,
    select::One,
};

/// What of a job's output to show.
#[derive(Debug, Args)]
pub struct Logs {
    #[command(flatten)]
    one: One,
    /// Which of the job's streams
    #[arg(long, value_enum, default_value = "stdout")]
    stream: Stream,
    /// Only the last so many lines
    #[arg(long, value_name = "LINES")]
    tail: Option<usize>,
    /// Of a job array, which task
    #[arg(long, value_name = "INTEGER", value_parser = clap::value_parser!(i64).range(0..))]
    task: Option<i64>,
    /// Show what comes, too, until the job has ended
    #[arg(long, short)]
    follow: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Stream {
    Stdout,
    Stderr,
}

/// Shows it.
///
/// # Errors
/// When it can't be had.
pub async fn show(session: &Session, arguments: &Logs) -> Result<()> {
    let id = arguments.one.selected()?;
    let stream = match arguments.stream {
        Stream::Stdout => OutputStream::Stdout,
        Stream::Stderr => OutputStream::Stderr,
    };
    let query = OutputQuery { stream, task: arguments.task, from: Some(0), ..Default::default() };
    let screen = Screen::new(session.output.follows_as_json()?, Lines::None);
    let output = Output::new(session, id, query);
    let how = if arguments.follow { how_to_go_on("logs --follow", &[id]) } else { String::new() };
    match unless_left(&screen, &how, print(output, arguments, &screen)).await {
        // Whoever has read enough, as `head` has, is content.
        Err(Failure::Ended(READ_ENOUGH)) => Ok(()),
        shown => shown,
    }
}

async fn print(mut output: Output<'_>, arguments: &Logs, screen: &Screen) -> Result<()> {
    if let Some(lines) = arguments.tail {
        match output.tail(lines).await? {
            Ok(begin) => output.seek(begin),
            // It begins then.
            Err(Found::NotYet(_) | Found::NotNow(_)) if arguments.follow => output.seek(0),
            Err(nothing) => return Err(there_is_nothing(nothing)),
        }
    }
    output.set_limit(LARGEST_LIMIT);
    if arguments.follow {
        return output.follow(screen).await;
    }
    let mut end = None;
    loop {
        match output.read().await? {
            Found::Part(part) => {
                output.show(&part, screen)?;
                // Up to where it was when it began: it may be written faster than it is read.
                let end = *end.get_or_insert(part.size);
                if part.ended || part.bytes.is_empty() || part.next() >= end {
                    return Ok(());
                }
            }
            nothing => return Err(there_is_nothing(nothing)),
        }
    }
}

fn there_is_nothing(found: Found) -> Failure {
    match found {
        Found::NotYet(why) => Failure::new(TITLE, format!("{why} -- To wait for it, add --follow")),
        Found::NotNow(why) | Found::Never(why) => Failure::new(TITLE, why),
        Found::Part(part) => Failure::new(TITLE, format!("{} can't be read", part.path)),
    }
}
