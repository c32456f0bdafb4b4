//! What a missing name or attribute evaluates to.

use std::sync::Arc;

use crate::error::{Error, Exception};

/// A missing value: prints as nothing, and fails when more is asked of it.
#[derive(Debug)]
pub(crate) enum Undefined {
    /// A variable that has no value.
    Name(Arc<str>),
    /// An attribute or item that an object does not have; the message.
    Absent(String),
    /// Any other reason; the message.
    Hint(String),
    /// A slice of literals that Python could not compute ahead; the message of its `TypeError`.
    Failed(String),
    /// An attribute that the sandbox hides; the message.
    Unsafe(String),
}

impl Undefined {
    /// The error on using the value.
    pub fn fail(&self) -> Error {
        match self {
            Self::Name(name) => Error::new(Exception::Undefined, format!("'{name}' is undefined")),
            Self::Absent(message) | Self::Hint(message) => {
                Error::new(Exception::Undefined, message.clone())
            }
            Self::Failed(message) => Error::type_error(message.clone()),
            Self::Unsafe(message) => Error::new(Exception::Security, message.clone()),
        }
    }
}
