//! How much JSON is kept with a template.

use std::io;

use serde::Serialize;

use crate::error::{Error, Result};

/// The most that one field may take, as JSON, in bytes.
const MAX_SIZE: usize = 1 << 20;

/// 413 for a field that takes more as JSON than is kept.
pub(super) fn check_size(field: &str, value: Option<&impl Serialize>) -> Result<()> {
    match serde_json::to_writer(Room(MAX_SIZE), &value) {
        Ok(()) => Ok(()),
        Err(_) => Err(Error::TooLarge(format!("{field} exceeds {MAX_SIZE} bytes as JSON"))),
    }
}

/// Takes so many bytes, and keeps none.
struct Room(usize);

impl io::Write for Room {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.checked_sub(bytes.len()).ok_or(io::ErrorKind::FileTooLarge)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
