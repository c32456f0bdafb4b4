//! Text, indexed by code point, possibly marked as safe HTML.

use std::cell::Cell;
use std::ops::Deref;

use ecow::EcoString;

use crate::error::Result;
use crate::run::Run;

/// An immutable string, short ones without an allocation. Dereferences to `str`.
#[derive(Clone)]
pub(crate) struct Str {
    text: EcoString,
    about: About,
}

/// What is known of a text, copied as one word.
#[derive(Clone, Copy)]
struct About {
    /// Number of code points, or [`UNCOUNTED`]; a string is never as large as 4 GiB.
    chars: u32,
    /// The same in all copies of one Python object, and rarely in others of the same text.
    identity: u16,
    markup: bool,
}

/// Stands for the number of code points of a short string, which is counted when asked for.
const UNCOUNTED: u32 = u32::MAX;

thread_local! {
    static NEXT_IDENTITY: Cell<u16> = const { Cell::new(0) };
}

impl Str {
    #[inline]
    pub fn new(text: impl AsRef<str>, markup: bool) -> Self {
        let identity = NEXT_IDENTITY.replace(NEXT_IDENTITY.get().wrapping_add(1));
        let text = text.as_ref();
        let about = About { chars: UNCOUNTED, identity, markup };
        let mut string = Self { text: EcoString::new(), about };
        if text.len() > EcoString::INLINE_LIMIT {
            string.text = text.into();
            string.about.chars = count(text);
        } else {
            string.text.push_str(text);
        }
        string
    }

    /// The text that `write` appends to a draft, which is left as it was.
    pub fn built(draft: &mut String, markup: bool, write: impl FnOnce(&mut String)) -> Self {
        let start = draft.len();
        write(draft);
        let text = Self::new(draft.get(start..).unwrap_or(""), markup);
        draft.truncate(start);
        text
    }

    /// Text that needs no escaping in HTML.
    pub fn markup(text: impl AsRef<str>) -> Self {
        Self::new(text, true)
    }

    /// Number of code points.
    pub fn chars(&self) -> usize {
        match self.about.chars {
            UNCOUNTED => self.text.chars().count(),
            chars => chars as usize,
        }
    }

    pub fn is_markup(&self) -> bool {
        self.about.markup
    }

    #[inline]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub fn is_same(&self, other: &Self) -> bool {
        self.about.identity == other.about.identity
            && (std::ptr::eq(self.as_str(), other.as_str()) || self.text == other.text)
    }

    fn has_one_byte_each(&self) -> bool {
        match self.about.chars {
            UNCOUNTED => self.text.is_ascii(),
            chars => chars as usize == self.text.len(),
        }
    }

    /// Byte offset of the code point at `index`, or the end.
    pub fn offset(&self, index: usize) -> usize {
        if self.has_one_byte_each() {
            return index.min(self.text.len());
        }
        self.text.char_indices().nth(index).map_or(self.text.len(), |(offset, _)| offset)
    }

    /// Index of the code point at byte `offset`.
    pub fn index_at(&self, offset: usize) -> usize {
        if self.has_one_byte_each() {
            return offset;
        }
        self.text.get(..offset).map_or(self.chars(), |text| text.chars().count())
    }

    /// The code points from `start` up to `end`.
    pub fn substring(&self, start: usize, end: usize) -> &str {
        if start >= end {
            return "";
        }
        self.text.get(self.offset(start)..self.offset(end)).unwrap_or("")
    }

    /// Counts the search for a code point, which is a walk unless all take one byte.
    #[inline]
    pub fn count_walk(&self, run: &mut Run) -> Result<()> {
        run.meter.tick(self.steps_to_walk())
    }

    /// The steps that the search for a code point counts.
    pub fn steps_to_walk(&self) -> usize {
        if self.about.chars == UNCOUNTED || self.has_one_byte_each() { 0 } else { self.len() / 64 }
    }

    /// Allows a look at all code points.
    pub fn charge_for_chars(&self, run: &mut Run) -> Result<()> {
        let chars = self.chars();
        run.meter.charge(chars.saturating_mul(4))?;
        run.meter.tick(chars / 16)
    }

    /// All code points.
    pub fn chars_vector(&self, run: &mut Run) -> Result<Vec<char>> {
        self.charge_for_chars(run)?;
        Ok(self.text.chars().collect())
    }

    /// A part of the string, which is the string itself if it is all of it.
    pub fn part(&self, part: &str) -> Self {
        if part.len() == self.len() { self.clone() } else { self.like(part) }
    }

    /// The same kind of string, plain or markup, with another text.
    pub fn like(&self, text: impl AsRef<str>) -> Self {
        Self::new(text, self.about.markup)
    }
}

fn count(text: &str) -> u32 {
    let chars = if text.is_ascii() { text.len() } else { text.chars().count() };
    u32::try_from(chars).unwrap_or(UNCOUNTED)
}

impl Deref for Str {
    type Target = str;

    #[inline]
    fn deref(&self) -> &str {
        &self.text
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
