//! What variables hold, and how it is looked at without making a value of it.

use serde_json::Value as Json;

use super::data::Data;
use crate::ast::Constant;
use crate::value::{Value, from_number, write_integer};

/// What a variable holds.
#[derive(Clone)]
pub(crate) enum Variable<'r> {
    Value(Value),
    /// A text passed in.
    Text(&'r String),
    /// A list or dict passed in, which may have become a value meanwhile.
    Container(&'r Json),
}

impl<'r> Variable<'r> {
    pub const MISSING: Self = Self::Value(Value::Missing);

    #[inline]
    pub fn of(json: &'r Json) -> Self {
        match json {
            Json::String(text) => Self::Text(text),
            Json::Number(number) => Self::Value(from_number(number)),
            Json::Bool(value) => Self::Value(Value::Bool(*value)),
            Json::Null => Self::Value(Value::None),
            Json::Array(_) | Json::Object(_) => Self::Container(json),
        }
    }

    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Value(Value::Missing))
    }

    /// Takes another value; dropping the one before most often takes nothing.
    #[inline]
    pub fn set(&mut self, value: Self) {
        if let Self::Value(before) = std::mem::replace(self, value) {
            before.discard();
        }
    }

    #[inline]
    pub fn seen(&self) -> Seen<'_> {
        match self {
            Self::Value(value) => Seen::of(value),
            Self::Text(text) => Seen::Text(text),
            Self::Container(json) => Seen::Container(json),
        }
    }
}

/// What a variable, or an item of a dict, holds, where it lies.
#[derive(Clone, Copy)]
pub(crate) enum Seen<'v> {
    Missing,
    /// A str that is not marked as safe.
    Text(&'v str),
    Integer(i64),
    Other(&'v Value),
    /// As in [`Variable::Container`].
    Container(&'v Json),
}

impl<'v> Seen<'v> {
    #[inline]
    pub fn of(value: &'v Value) -> Self {
        match value {
            Value::Str(text) if !text.is_markup() => Self::Text(text),
            Value::Int(value) => Self::Integer(*value),
            Value::Missing => Self::Missing,
            other => Self::Other(other),
        }
    }

    pub fn of_constant(constant: &'v Constant) -> Option<Self> {
        match constant {
            Constant::Text(text) => Some(Self::Text(text)),
            Constant::Integer(value) => Some(Self::Integer(*value)),
            _ => None,
        }
    }

    /// Whether it is true; `None` if only its value can tell.
    #[inline]
    pub fn is_true(self, data: &Data) -> Option<bool> {
        match self {
            Self::Missing => Some(false),
            Self::Text(text) => Some(!text.is_empty()),
            Self::Integer(value) => Some(value != 0),
            Self::Other(value) => Some(value.is_true()),
            Self::Container(json) => data.length(json).map(|length| length > 0),
        }
    }

    /// Writes it if it is a text or an integer; whether it is.
    #[inline]
    pub fn write(self, output: &mut String) -> bool {
        match self {
            Self::Text(text) => output.push_str(text),
            Self::Integer(value) => write_integer(value, output),
            Self::Other(Value::Str(text)) => output.push_str(text),
            _ => return false,
        }
        true
    }
}
