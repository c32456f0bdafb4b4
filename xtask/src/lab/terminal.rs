//! What a person sees: one short line for each step.

use std::{
    cell::Cell,
    io::{self, IsTerminal, Write},
};

const GREEN: &str = "\x1b[32m";
const DIM: &str = "\x1b[2m";
const BOLD: &str = "\x1b[1m";
const RESET: &str = "\x1b[0m";
const ERASE_LINE: &str = "\r\x1b[K";

/// The standard output, with colours and a changing last line when a person looks at it.
#[derive(Debug)]
pub(crate) struct Terminal {
    silent: bool,
    interactive: bool,
    /// Whether the last line is one that the next line replaces.
    passing: Cell<bool>,
}

impl Terminal {
    pub(crate) fn new() -> Self {
        let interactive = io::stdout().is_terminal();
        Self { silent: false, interactive, passing: Cell::new(false) }
    }

    /// One that leaves the standard output to others.
    pub(crate) fn silent() -> Self {
        Self { silent: true, interactive: false, passing: Cell::new(false) }
    }

    /// Says what goes on until the next line; only where lines can be replaced.
    pub(crate) fn passing(&self, text: &str) {
        if self.interactive {
            self.write(&format!("{ERASE_LINE}{DIM}… {text}{RESET}"));
            self.passing.replace(true);
        }
    }

    pub(crate) fn done(&self, text: &str) {
        self.say(&format!("{} {text}", self.coloured(GREEN, "✓")));
    }

    pub(crate) fn say(&self, text: &str) {
        let erase = if self.passing.replace(false) { ERASE_LINE } else { "" };
        self.write(&format!("{erase}{text}\n"));
    }

    /// A heading, after an empty line.
    pub(crate) fn heading(&self, text: &str) {
        self.say(&format!("\n{}", self.coloured(BOLD, text)));
    }

    fn coloured(&self, colour: &str, text: &str) -> String {
        match self.interactive {
            true => format!("{colour}{text}{RESET}"),
            false => text.to_owned(),
        }
    }

    fn write(&self, text: &str) {
        if self.silent {
            return;
        }
        // When nobody reads any more, the demo still ends as it should.
        let mut stdout = io::stdout().lock();
        let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    }
}
