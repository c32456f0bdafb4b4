//! What people who upload files are told about their syntax.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod hostile;
mod jinja;
mod python;
mod random;
mod recorded;
mod registry;
mod yaml;

use jobbergate_file_checks::check;

/// Whether a file of that name and content is accepted.
fn accepts(filename: &str, content: impl AsRef<[u8]>) -> bool {
    check(filename, content.as_ref()).is_ok()
}

/// The message for a file that must be refused.
fn refusal(filename: &str, content: impl AsRef<[u8]>) -> String {
    check(filename, content.as_ref()).unwrap_err().to_string()
}
