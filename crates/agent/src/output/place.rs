//! Where a job writes.

/// Where a job writes, or a task of an array.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) path: String,
    /// Whether the script has not begun; the file may be another one then.
    pub(super) waits: bool,
    pub(super) ended: bool,
}
