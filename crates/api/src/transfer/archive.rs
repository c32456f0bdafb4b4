//! The archive: a tar, compressed with gzip, of entries in this order.
//!
//! | entry | content |
//! |---|---|
//! | `manifest.json` | [`Manifest`] |
//! | `tables/NAME/PART.jsonl` | rows, one JSON object a line |
//! | `files/TABLE/PARENT/NAME` | a file, its name percent-encoded |
//! | `missing/TABLE/PARENT/NAME` | nothing: the row is there, the file was not |
//! | `end.json` | [`End`] |

mod name;
mod read;
mod write;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub(super) use name::{FileName, Name};
pub use read::Fault;
pub(super) use read::{Item, Limits, read};
pub(super) use write::Writer;

pub(super) const FORMAT: &str = "jobbergate-export";
pub(super) const VERSION: u32 = 1;

/// What an archive is, its first entry.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    pub(super) format: String,
    pub(super) version: u32,
    /// The version of the program that made it.
    pub(super) program: String,
    /// The number of the last migration.
    pub(super) revision: i64,
    pub(super) organization: Option<String>,
    /// The last number of each table that was given to anybody.
    pub(super) numbers: BTreeMap<String, i64>,
}

/// What was in an archive, its last entry.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct End {
    /// How many rows of each table.
    pub rows: BTreeMap<String, u64>,
    pub files: u64,
    /// How large all files are together, in bytes.
    pub bytes: u64,
    /// How many files were not there.
    pub missing: u64,
    /// The SHA-256 of all entries before: of each its name, its size as 8 bytes, the largest first,
    /// and its content.
    pub(super) sha256: String,
}

/// The digest of all entries.
#[derive(Debug, Default)]
struct Entries(Sha256);

impl Entries {
    fn begin(&mut self, name: &str, size: u64) {
        self.0.update(name.as_bytes());
        self.0.update(size.to_be_bytes());
    }

    fn content(&mut self, piece: &[u8]) {
        self.0.update(piece);
    }

    fn end(self) -> String {
        hex::encode(self.0.finalize())
    }
}
