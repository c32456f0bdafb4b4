//! Text, indexed by code point, possibly marked as safe HTML.

use std::ops::Deref;
use std::sync::Arc;

use crate::error::Result;
use crate::interpreter::Interpreter;

/// An immutable string. Dereferences to `str`.
#[derive(Clone)]
pub(crate) struct Str(Arc<Data>);

struct Data {
    text: Box<str>,
    chars: usize,
    markup: bool,
}

impl Str {
    pub fn new(text: impl Into<Box<str>>, markup: bool) -> Self {
        let text = text.into();
        let chars = if text.is_ascii() { text.len() } else { text.chars().count() };
        Self(Arc::new(Data { text, chars, markup }))
    }

    /// Text that needs no escaping in HTML.
    pub fn markup(text: impl Into<Box<str>>) -> Self {
        Self::new(text, true)
    }

    /// Number of code points.
    pub fn chars(&self) -> usize {
        self.0.chars
    }

    pub fn is_markup(&self) -> bool {
        self.0.markup
    }

    pub fn as_str(&self) -> &str {
        &self.0.text
    }

    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    fn has_one_byte_each(&self) -> bool {
        self.0.chars == self.0.text.len()
    }

    /// Byte offset of the code point at `index`, or the end.
    pub fn offset(&self, index: usize) -> usize {
        if self.has_one_byte_each() {
            return index.min(self.0.text.len());
        }
        self.0.text.char_indices().nth(index).map_or(self.0.text.len(), |(offset, _)| offset)
    }

    /// Index of the code point at byte `offset`.
    pub fn index_at(&self, offset: usize) -> usize {
        if self.has_one_byte_each() {
            return offset;
        }
        self.0.text.get(..offset).map_or(self.0.chars, |text| text.chars().count())
    }

    /// The code points from `start` up to `end`.
    pub fn substring(&self, start: usize, end: usize) -> &str {
        if start >= end {
            return "";
        }
        self.0.text.get(self.offset(start)..self.offset(end)).unwrap_or("")
    }

    /// All code points.
    pub fn chars_vector(&self, run: &mut Interpreter) -> Result<Vec<char>> {
        run.meter.charge(self.0.chars.saturating_mul(4))?;
        run.meter.tick(self.0.chars / 16)?;
        Ok(self.0.text.chars().collect())
    }

    /// The same kind of string, plain or markup, with another text.
    pub fn like(&self, text: impl Into<Box<str>>) -> Self {
        Self::new(text, self.0.markup)
    }
}

impl Deref for Str {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0.text
    }
}

impl From<String> for Str {
    fn from(text: String) -> Self {
        Self::new(text, false)
    }
}

impl From<&str> for Str {
    fn from(text: &str) -> Self {
        Self::new(text, false)
    }
}

impl std::fmt::Debug for Str {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}
