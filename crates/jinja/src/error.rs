//! What can go wrong, and the class the caller decides by.

use std::fmt;

/// Shorthand used across the crate.
pub type Result<T> = std::result::Result<T, Error>;

/// The class of an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The template is not valid Jinja, or names a filter or test that does not exist.
    Syntax,
    /// A name or attribute without a value was used in a way that needs one.
    Undefined,
    /// The sandbox refused an access.
    Security,
    /// A [`Limits`](crate::Limits) value was reached.
    Limit,
    /// Anything else a Python program would raise: `TypeError`, `ValueError`, …
    Other,
}

/// The Python exception an error corresponds to; Jinja's own behaviour branches on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exception {
    Syntax,
    Undefined,
    Security,
    Limit,
    Type,
    Value,
    Lookup,
    Overflow,
    Arithmetic,
    Runtime,
}

/// A failed parse or render: class, cause and, where known, the line in the template.
///
/// ```
/// use jobbergate_jinja::{Environment, ErrorKind, Limits};
///
/// let error = Environment::new(Limits::default()).parse("a\n{% if %}").unwrap_err();
/// assert_eq!((error.kind(), error.line()), (ErrorKind::Syntax, Some(2)));
/// ```
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    exception: Exception,
    message: String,
    line: Option<usize>,
}

impl Error {
    pub(crate) fn new(exception: Exception, message: impl Into<String>) -> Self {
        Self(Box::new(Inner { exception, message: message.into(), line: None }))
    }

    pub(crate) fn syntax(line: usize, message: impl Into<String>) -> Self {
        Self::new(Exception::Syntax, message).at(line)
    }

    pub(crate) fn type_error(message: impl Into<String>) -> Self {
        Self::new(Exception::Type, message)
    }

    pub(crate) fn value_error(message: impl Into<String>) -> Self {
        Self::new(Exception::Value, message)
    }

    pub(crate) fn lookup(message: impl Into<String>) -> Self {
        Self::new(Exception::Lookup, message)
    }

    pub(crate) fn overflow(message: impl Into<String>) -> Self {
        Self::new(Exception::Overflow, message)
    }

    pub(crate) fn runtime(message: impl Into<String>) -> Self {
        Self::new(Exception::Runtime, message)
    }

    pub(crate) fn limit(message: impl Into<String>) -> Self {
        Self::new(Exception::Limit, message)
    }

    /// Sets the line unless an inner place has set it already.
    pub(crate) fn at(mut self, line: usize) -> Self {
        self.0.line.get_or_insert(line);
        self
    }

    pub(crate) fn exception(&self) -> Exception {
        self.0.exception
    }

    /// What the error is to the caller, whatever its text.
    pub fn kind(&self) -> ErrorKind {
        match self.0.exception {
            Exception::Syntax => ErrorKind::Syntax,
            Exception::Undefined => ErrorKind::Undefined,
            Exception::Security => ErrorKind::Security,
            Exception::Limit => ErrorKind::Limit,
            _ => ErrorKind::Other,
        }
    }

    /// The line of the template, counted from 1; `None` if the whole template is at fault.
    pub fn line(&self) -> Option<usize> {
        self.0.line
    }

    /// The cause in Python's words, without its line.
    pub fn message(&self) -> &str {
        &self.0.message
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.line {
            Some(line) => write!(f, "line {line}: {}", self.0.message),
            None => f.write_str(&self.0.message),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}({self})", self.kind())
    }
}

impl std::error::Error for Error {}
