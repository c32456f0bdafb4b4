//! What the terminal can show.

use std::env;

/// How wide output is when nothing says it.
const USUAL_WIDTH: u16 = 80;

/// How wide output is.
pub fn width(is_terminal: bool) -> u16 {
    let said = env::var("COLUMNS").ok().and_then(|columns| columns.trim().parse().ok());
    let found = || is_terminal.then(terminal_width).flatten();
    said.filter(|width| *width > 0).or_else(found).unwrap_or(USUAL_WIDTH).max(20)
}

fn terminal_width() -> Option<u16> {
    // A terminal of no columns is one that does not say.
    comfy_table::Table::new().width().filter(|width| *width > 0)
}

/// How many lines the terminal shows.
pub fn height() -> Option<usize> {
    let (_, height) = terminal_size::terminal_size()?;
    Some(usize::from(height.0)).filter(|height| *height > 0)
}

/// Whether there are colours.
pub fn has_colours(is_terminal: bool) -> bool {
    is_terminal
        && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        && env::var_os("TERM").is_none_or(|kind| kind != "dumb")
}
