//! How a command fails, and what the program's exit code says of it.

use std::{fmt::Display, io, process::ExitCode};

/// The result of what may fail before a user's eyes.
pub type Result<T> = std::result::Result<T, Failure>;

/// Why a command did not do what it was to do.
#[derive(Debug)]
pub enum Failure {
    /// It could not be done; shown under a title.
    Refused {
        /// What kind of trouble it is; may be empty.
        title: String,
        /// The cause and the remedy.
        text: String,
    },
    /// The command line makes no sense.
    Usage(String),
    /// A question with yes or no got neither.
    Aborted,
    /// Ctrl-C.
    Interrupted,
    /// A workflow said that it ends here, with this code.
    Ended(u8),
}

impl Failure {
    /// With a title.
    pub fn new(title: impl Into<String>, text: impl Into<String>) -> Self {
        Self::Refused { title: title.into(), text: text.into() }
    }

    /// What could not be done with a file, and why.
    pub fn file(title: &str, path: impl Display, error: &io::Error) -> Self {
        Self::new(title, format!("{path}: {error}"))
    }

    /// What scripts see of it.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Refused { .. } | Self::Aborted => ExitCode::FAILURE,
            Self::Usage(_) => ExitCode::from(2),
            Self::Interrupted => ExitCode::from(130),
            Self::Ended(code) => ExitCode::from(*code),
        }
    }
}
