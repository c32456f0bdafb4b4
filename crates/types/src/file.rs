//! The roles of files.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a file is to its template or script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum FileType {
    /// The script that is given to `sbatch`.
    Entrypoint,
    /// A file that the script needs beside it.
    Support,
}

impl FileType {
    /// The name as it is written in URLs, JSON and the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Entrypoint => "ENTRYPOINT",
            Self::Support => "SUPPORT",
        }
    }
}

impl fmt::Display for FileType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
