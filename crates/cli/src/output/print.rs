//! Text on standard output.

use std::io::{self, Write};

use crate::failure::{Failure, Result};

/// Prints to standard output. Whoever has read enough, as `head` has, is no failure.
///
/// # Errors
/// When nothing can be written.
pub fn print(text: &str) -> Result<()> {
    write(text.as_bytes())
}

/// The same for bytes.
///
/// # Errors
/// The same.
pub fn write(bytes: &[u8]) -> Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::output(&error)),
        _ => Ok(()),
    }
}

/// The exit code when nobody reads on: that of programs that `SIGPIPE` ends.
pub const READ_ENOUGH: u8 = 141;

/// Prints a part of something that goes on until nobody reads it any more.
///
/// # Errors
/// When that is so, or nothing can be written.
pub fn print_on(bytes: &[u8]) -> Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes).and_then(|()| out.flush()).map_err(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => Failure::Ended(READ_ENOUGH),
        _ => Failure::output(&error),
    })
}

/// A text without what would move the cursor or change colours: it may come from anybody.
pub fn printable(text: &str) -> String {
    let mut printable = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => printable.push(c),
            '\t' => printable.push_str("    "),
            '\r' => {}
            c if c.is_control() => printable.extend(c.escape_default()),
            c => printable.push(c),
        }
    }
    printable
}
