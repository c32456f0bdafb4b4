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
    /// A question got no answer: its input ended.
    Aborted,
    /// Ctrl-C.
    Interrupted,
    /// It ended, as was said, with this exit code: a workflow's own, or that of what was followed.
    Ended(u8),
}

impl Failure {
    /// With a title.
    pub fn new(title: impl Into<String>, text: impl Into<String>) -> Self {
        Self::Refused { title: title.into(), text: text.into() }
    }

    /// With more behind its text.
    #[must_use]
    pub fn adding(self, more: &str) -> Self {
        match self {
            Self::Refused { title, text } => Self::Refused { title, text: text + more },
            other => other,
        }
    }

    /// What could not be done with a file, and why.
    pub fn file(title: &str, path: impl Display, error: &io::Error) -> Self {
        let remedy = remedy(error.kind()).map(|remedy| format!(" -- {remedy}"));
        Self::new(title, format!("{path}: {error}{}", remedy.unwrap_or_default()))
    }

    /// What could not be printed: what was done before stays done.
    pub fn output(error: &io::Error) -> Self {
        let text = format!(
            "standard output: {error} -- Only what was to be printed is lost: what the command had \
             done by then is done, and not undone"
        );
        Self::new("Output failed", text)
    }

    /// In a word or two, without what it is about.
    pub fn title(&self) -> &str {
        match self {
            Self::Refused { title, .. } if title.is_empty() => "failed",
            Self::Refused { title, .. } => title,
            Self::Usage(_) => "wrong usage",
            Self::Aborted => "aborted",
            Self::Interrupted => "interrupted",
            Self::Ended(_) => "ended with a code of its own",
        }
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

/// What may be done about a file that can't be read or written.
fn remedy(kind: io::ErrorKind) -> Option<&'static str> {
    Some(match kind {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "Please make room there, or use another directory, and try again"
        }
        io::ErrorKind::PermissionDenied => "Please check whose it is and its mode",
        io::ErrorKind::ReadOnlyFilesystem => "Please use another directory",
        io::ErrorKind::NotFound => "Please check the path",
        io::ErrorKind::IsADirectory => "It is a directory, and a file is needed there",
        io::ErrorKind::NotADirectory => "Please check the path: a part of it is no directory",
        io::ErrorKind::InvalidData => "Please check that it is UTF-8 text",
        _ => return None,
    })
}
