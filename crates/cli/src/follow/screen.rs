//! What a person sees of what goes on: lines, a job's output and, on a terminal, a sign of life. Programs
//! get one JSON object a line.

use std::{
    cell::Cell,
    io::{self, IsTerminal},
    time::Duration,
};

use chrono::{DateTime, Local, Utc};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;

use crate::{
    failure::{Failure, Result},
    output::{self, printable},
};

const TICK: Duration = Duration::from_millis(120);

/// Where lines about a submission go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lines {
    /// They are what was asked for.
    Out,
    /// Beside something else that was asked for.
    Aside,
    /// Nowhere.
    None,
}

/// Where it is shown.
#[derive(Debug)]
pub struct Screen {
    raw: bool,
    lines: Lines,
    sign_of_life: ProgressBar,
    /// Whether what was printed last did not end its line.
    is_in_line: Cell<bool>,
}

impl Screen {
    /// For this process, with JSON if it is to be `raw`.
    pub fn new(raw: bool, lines: Lines) -> Self {
        // It hides itself where standard error is no terminal.
        let sign_of_life = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg} {elapsed}") {
            sign_of_life.set_style(style);
        }
        Self { raw, lines, sign_of_life, is_in_line: Cell::new(false) }
    }

    /// A line about a submission.
    ///
    /// # Errors
    /// When nobody reads it any more, or it can't be written.
    pub fn line(&self, text: &str) -> Result<()> {
        match self.lines {
            Lines::Out if !self.raw => self.show(text),
            Lines::Aside if !self.raw => {
                self.tell(text);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// A line that is a result, for people.
    ///
    /// # Errors
    /// The same.
    pub fn show(&self, text: &str) -> Result<()> {
        self.print(format!("{}\n", printable(text)).as_bytes())
    }

    /// The same for programs.
    ///
    /// # Errors
    /// The same.
    pub fn json(&self, line: &Value) -> Result<()> {
        if self.raw { self.print(format!("{line}\n").as_bytes()) } else { Ok(()) }
    }

    /// Whether it is programs that read it.
    pub fn is_raw(&self) -> bool {
        self.raw
    }

    /// A part of a job's output, as it is.
    ///
    /// # Errors
    /// The same.
    pub fn bytes(&self, bytes: &[u8]) -> Result<()> {
        if let Some(last) = bytes.last() {
            self.print(bytes)?;
            self.is_in_line.set(*last != b'\n');
        }
        Ok(())
    }

    fn print(&self, bytes: &[u8]) -> Result<()> {
        self.sign_of_life.suspend(|| output::print_on(bytes))
    }

    /// A line beside the result.
    pub fn tell(&self, text: &str) {
        let starts_anew = self.is_in_line.replace(false) && io::stdout().is_terminal();
        let before = if starts_anew { "\n" } else { "" };
        let line = format!("{before}{}\n", printable(text));
        self.sign_of_life.suspend(|| output::tell(&line));
    }

    /// Shows that it waits, and for what.
    pub fn wait_for(&self, what: &str) {
        if self.raw {
            return;
        }
        self.sign_of_life.set_message(printable(what).replace('\n', " "));
        self.sign_of_life.enable_steady_tick(TICK);
    }

    /// Stops that, as something else moves.
    pub fn is_busy(&self) {
        self.sign_of_life.disable_steady_tick();
        self.sign_of_life.set_message("");
        self.sign_of_life.finish_and_clear();
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.sign_of_life.finish_and_clear();
    }
}

/// An instant as people read it, on this machine's clock.
pub fn instant(at: DateTime<Utc>) -> String {
    DateTime::<Local>::from(at).format("%Y-%m-%d %H:%M:%S").to_string()
}

/// A span of time as people say it.
pub fn span(time: Duration) -> String {
    let coarse = match time.as_secs() {
        seconds if seconds < 120 => seconds,
        seconds if seconds < 7200 => seconds / 60 * 60,
        seconds => seconds / 3600 * 3600,
    };
    humantime::format_duration(Duration::from_secs(coarse)).to_string()
}

/// Does something that a person may leave with Ctrl-C, who is told `how` to go on.
///
/// # Errors
/// When that fails, or is left.
pub async fn unless_left<T>(
    screen: &Screen,
    how: &str,
    work: impl Future<Output = Result<T>>,
) -> Result<T> {
    tokio::select! {
        biased;
        done = work => done,
        _ = tokio::signal::ctrl_c() => {
            screen.is_busy();
            if !how.is_empty() {
                screen.tell(how);
            }
            Err(Failure::Interrupted)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_said_as_exactly_as_anybody_wants_to_know() {
        for (seconds, expected) in [
            (0, "0s"),
            (61, "1m 1s"),
            (150, "2m"),
            (3700, "1h 1m"),
            (7300, "2h"),
            (90_000, "1day 1h"),
        ] {
            assert_eq!(span(Duration::from_secs(seconds)), expected);
        }
    }
}
