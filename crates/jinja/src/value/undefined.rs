//! What a missing name or attribute evaluates to.

use std::sync::Arc;

use super::{Value, repr_text};
use crate::error::{Error, Exception};

/// A missing value: prints as nothing, and fails when more is asked of it.
#[derive(Debug)]
pub(crate) enum Undefined {
    /// A variable that has no value.
    Name(Arc<str>),
    /// An attribute that an object does not have.
    Attribute { owner: &'static str, name: Arc<str> },
    /// An item that an object does not have; the message.
    Absent(String),
    /// Any other reason; the message.
    Hint(String),
    /// A slice of literals that Python could not compute ahead; the message of its `TypeError`.
    Failed(String),
    /// An attribute that the sandbox hides; the message.
    Unsafe(String),
}

/// How messages call `None`, where they call other values objects of their type.
const NONE: &str = "None";

impl Undefined {
    /// An attribute that `owner` does not have.
    pub fn attribute(owner: &Value, name: Arc<str>) -> Self {
        let owner = if owner.is_none() { NONE } else { owner.type_name() };
        Self::Attribute { owner, name }
    }

    /// The memory it takes, in bytes.
    pub fn size(&self) -> usize {
        let text = match self {
            Self::Name(_) => 0,
            Self::Attribute { name, .. } => name.len(),
            Self::Absent(message)
            | Self::Hint(message)
            | Self::Failed(message)
            | Self::Unsafe(message) => message.len(),
        };
        size_of::<Self>() + text
    }

    /// The error on using the value.
    pub fn fail(&self) -> Error {
        match self {
            Self::Name(name) => Error::new(Exception::Undefined, format!("'{name}' is undefined")),
            Self::Attribute { owner, name } => {
                let (kind, name) = (if *owner == NONE { "" } else { " object" }, repr_text(name));
                let message = format!("'{owner}{kind}' has no attribute {name}");
                Error::new(Exception::Undefined, message)
            }
            Self::Absent(message) | Self::Hint(message) => {
                Error::new(Exception::Undefined, message.clone())
            }
            Self::Failed(message) => Error::type_error(message.clone()),
            Self::Unsafe(message) => Error::new(Exception::Security, message.clone()),
        }
    }
}
