//! Arguments of calls.

use std::sync::Arc;

use smallvec::SmallVec;

use super::{Str, Value};
use crate::error::{Error, Result};

/// Evaluated arguments. Absent optional ones are [`Value::Missing`], or not there.
#[derive(Clone, Copy, Default)]
pub(crate) struct Args<'a> {
    pub positional: &'a [Value],
    pub keywords: &'a [(Arc<str>, Value)],
}

impl<'a> Args<'a> {
    pub fn of(positional: &'a [Value]) -> Self {
        Self { positional, keywords: &[] }
    }

    /// The argument at `place`, if given.
    #[inline]
    pub fn get(&self, place: usize) -> Option<&'a Value> {
        self.positional.get(place).filter(|value| !matches!(value, Value::Missing))
    }

    /// The argument at `place`, or Python's `None`.
    pub fn value(&self, place: usize) -> &'a Value {
        self.get(place).unwrap_or(&Value::None)
    }

    /// A given argument that is not `None`.
    pub fn some(&self, place: usize) -> Option<&'a Value> {
        self.get(place).filter(|value| !value.is_none())
    }

    pub fn flag(&self, place: usize, default: bool) -> bool {
        self.get(place).map_or(default, Value::is_true)
    }

    /// An integer, clamped to `i64`.
    pub fn integer(&self, place: usize, default: i64) -> Result<i64> {
        self.get(place).map_or(Ok(default), Value::expect_index)
    }

    /// A count or width, where negative means none.
    pub fn size(&self, place: usize, default: usize) -> Result<usize> {
        let default = i64::try_from(default).unwrap_or(i64::MAX);
        Ok(usize::try_from(self.integer(place, default)?).unwrap_or(0))
    }

    /// A string that must be given.
    pub fn text(&self, place: usize) -> Result<&'a Str> {
        match self.get(place) {
            Some(Value::Str(text)) => Ok(text),
            Some(other) => other.refuse("found where a str is needed"),
            None => Err(Error::type_error("a str argument is missing")),
        }
    }

    /// The keyword argument `name`, if given.
    pub fn keyword(&self, name: &str) -> Option<&'a Value> {
        self.keywords.iter().find(|(keyword, _)| &**keyword == name).map(|(_, value)| value)
    }
}

/// Arguments being gathered, or kept for later.
#[derive(Default)]
pub(crate) struct ArgumentList {
    pub positional: SmallVec<[Value; 3]>,
    pub keywords: Vec<(Arc<str>, Value)>,
}

impl ArgumentList {
    pub fn view(&self) -> Args<'_> {
        Args { positional: &self.positional, keywords: &self.keywords }
    }

    /// Takes the keyword argument `name` out.
    pub fn take_keyword(&mut self, name: &str) -> Option<Value> {
        let place = self.keywords.iter().position(|(keyword, _)| &**keyword == name)?;
        Some(self.keywords.remove(place).1)
    }
}

impl From<Args<'_>> for ArgumentList {
    fn from(args: Args) -> Self {
        Self { positional: args.positional.into(), keywords: args.keywords.into() }
    }
}
