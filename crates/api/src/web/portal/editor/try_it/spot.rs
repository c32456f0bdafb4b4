//! The lines around the one at which a rehearsal went wrong.

use crate::error::InFile;

#[derive(Debug)]
pub(super) struct Spot {
    pub(super) filename: String,
    pub(super) line: usize,
    pub(super) lines: Vec<(usize, String)>,
}

impl Spot {
    /// None if the line is not known.
    pub(super) fn of(fault: &InFile) -> Option<Self> {
        let (filename, lines) = (fault.filename.clone(), fault.around.clone());
        fault.line.map(|line| Self { filename, line, lines })
    }
}
