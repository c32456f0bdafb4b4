//! What commands print.

use std::{
    fmt,
    io::{self, Write},
};

use anyhow::Context;

/// Prints to standard output. Whoever has read enough, as `head` has, is no failure: what the
/// command is to do is done.
pub fn print(text: fmt::Arguments<'_>) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_fmt(text).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        printed => printed.context("nothing can be written to standard output"),
    }
}

/// Prints a line to standard output, or fails.
macro_rules! say {
    ($($text:tt)*) => {
        $crate::output::print(format_args!("{}\n", format_args!($($text)*)))?
    };
}
pub(crate) use say;
