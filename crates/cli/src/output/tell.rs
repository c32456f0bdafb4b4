//! What is said beside the result, on standard error.

use std::io::{self, IsTerminal, Write};

use super::{panel, print::printable, terminal::width};
use crate::failure::Failure;

/// Tells the person who called of something that goes on or went wrong.
pub fn tell(text: &str) {
    tell_bytes(text.as_bytes());
}

/// The same for bytes.
pub fn tell_bytes(bytes: &[u8]) {
    // Where nobody can be told, nothing is to be done about it.
    let _ = io::stderr().lock().write_all(bytes);
}

/// Tells of a failure: in a panel on a terminal, in plain lines elsewhere, for programs to search.
pub fn tell_of(failure: &Failure) {
    match failure {
        Failure::Refused { title, text } if io::stderr().is_terminal() => {
            tell(&format!("\n{}\n", panel::tight(title, text, None, width(true))));
        }
        Failure::Refused { title, text } if title.is_empty() => {
            tell(&format!("{}\n", printable(text)));
        }
        Failure::Refused { title, text } => {
            tell(&format!("{}\n{}\n", printable(title), printable(text)));
        }
        Failure::Usage(text) => tell(&format!("error: {}\n", printable(text))),
        Failure::Aborted => tell("Aborted.\n"),
        Failure::Interrupted | Failure::Ended(_) => {}
    }
}

/// Tells of a file beside the result.
pub fn tell_file(name: &str, content: &str) {
    tell(&format!("\n{}", panel::tight(name, content, None, width(true))));
}

/// Tells of something beside the result, in a panel on a terminal.
pub fn tell_message(title: &str, text: &str) {
    if io::stderr().is_terminal() {
        tell(&format!("\n{}\n", panel::spacious(title, text, None, width(true))));
    } else {
        tell(&format!("{}\n{}\n", printable(title), printable(text)));
    }
}

/// Tells of a link beside the result.
pub fn tell_link(title: &str, text: &str, link: &str) {
    tell(&with_link(title, text, link, width(io::stderr().is_terminal())));
}

/// A panel with a link in it, or below it if it is too long for it.
pub fn with_link(title: &str, text: &str, link: &str, width: u16) -> String {
    if link.chars().count() + 7 <= usize::from(width) {
        let text = format!("{text}\n\n{link}");
        return format!("\n{}\n", panel::spacious(title, &text, None, width));
    }
    let panel = panel::spacious(title, text, None, width);
    format!("\n{panel}\n{}\n\n", printable(link))
}
