//! How far something is that takes its time, for a person at a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

const TICK: Duration = Duration::from_millis(120);

/// A line on standard error that goes away at the end; nothing where nobody sees it.
#[derive(Debug)]
pub struct Progress(ProgressBar);

impl Progress {
    /// Of so many bytes.
    pub fn of_bytes(total: u64) -> Self {
        Self::new(Some(total), "{msg} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec}")
    }

    /// Of waiting for so many seconds at most.
    pub fn of_seconds(total: u64) -> Self {
        Self::new(Some(total), "{spinner} {msg} {wide_bar} {elapsed}")
    }

    /// Of waiting for nobody knows how long.
    pub fn of_waiting() -> Self {
        Self::new(None, "{spinner} {msg} ({elapsed})")
    }

    fn new(total: Option<u64>, template: &str) -> Self {
        // It goes to standard error, and is hidden where that is no terminal.
        let bar = total.map_or_else(ProgressBar::no_length, ProgressBar::new);
        // One that is no template would be a fault of ours that harms nobody.
        let style = ProgressStyle::with_template(template);
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.enable_steady_tick(TICK);
        Self(bar)
    }

    /// What it is at.
    pub fn says(&self, text: impl Into<String>) {
        self.0.set_message(super::printable(&text.into()).replace('\n', " "));
    }

    /// So much more is done.
    pub fn advance(&self, by: u64) {
        self.0.inc(by);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
