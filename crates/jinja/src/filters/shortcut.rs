//! Filters whose result is written straight to the output.
//!
//! A shortcut does what its filter does, for the most frequent types only.

use crate::ast::{Arguments, Constant, Expression, ExpressionKind};
use crate::builtin::{Builtin, TextChange};
use crate::interpreter::Seen;
use crate::limits::Meter;
use crate::methods::write_replaced;
use crate::value::Str;

/// What a filter with its arguments writes, found while binding.
#[derive(Debug)]
pub(crate) enum Shortcut {
    /// `default`: what is defined, or a literal.
    Default(Constant),
    /// A text made of a text.
    Change(TextChange),
    /// `replace` with literals.
    Replace { old: String, new: String },
    /// `first` or `last` of a split at a literal.
    End { separator: String, is_last: bool },
    /// `join` with a literal.
    Join(String),
}

/// The longest text that is replaced in, and the longest that it may become, in bytes.
const SHORT: usize = 4096;

impl Shortcut {
    pub fn new(filter: &Builtin, subject: &Expression, arguments: &Arguments) -> Option<Self> {
        if !arguments.is_plain() {
            return None;
        }
        match (filter.name, arguments.positional.as_slice()) {
            ("first" | "last", []) => {
                let (_, separator) = split(subject)?;
                let is_last = filter.name == "last";
                Some(Self::End { separator: separator.to_string(), is_last })
            }
            ("default" | "d", []) => Some(Self::Default(Constant::Text("".into()))),
            ("default" | "d", [default]) => match &default.kind {
                ExpressionKind::Constant(default) => Some(Self::Default(default.clone())),
                _ => None,
            },
            ("replace", [old, new]) => match (&old.kind, &new.kind) {
                (
                    ExpressionKind::Constant(Constant::Text(old)),
                    ExpressionKind::Constant(Constant::Text(new)),
                ) if !old.is_empty() => {
                    Some(Self::Replace { old: old.to_string(), new: new.to_string() })
                }
                _ => None,
            },
            ("join", []) => Some(Self::Join(String::new())),
            ("join", [separator]) => match &separator.kind {
                ExpressionKind::Constant(Constant::Text(separator)) if !separator.is_markup() => {
                    Some(Self::Join(separator.to_string()))
                }
                _ => None,
            },
            (_, []) => filter.on_text.map(Self::Change),
            _ => None,
        }
    }

    /// The part of the filter's subject that [`Shortcut::write`] wants the value of.
    #[inline]
    pub fn place<'e>(&self, subject: &'e Expression) -> &'e Expression {
        match self {
            Self::End { .. } => split(subject).map_or(subject, |(text, _)| text),
            _ => subject,
        }
    }

    /// Writes the result for what is seen; false if only the filter itself can tell it.
    pub fn write(&self, seen: Seen, meter: &mut Meter, output: &mut String) -> bool {
        match (self, seen) {
            (Self::Default(default), Seen::Missing) => {
                return Seen::of_constant(default).is_some_and(|seen| seen.write(output));
            }
            (Self::Default(_), seen) => return seen.write(output),
            (Self::Replace { old, new }, Seen::Text(text))
                if text.len().saturating_mul(new.len() + 1) <= SHORT =>
            {
                write_replaced(text, old, new, usize::MAX, output);
            }
            (Self::End { separator, is_last }, Seen::Text(text))
                if meter.change(text.len()).is_ok() =>
            {
                output.push_str(end_of(text, separator, *is_last));
            }
            _ => return false,
        }
        true
    }
}

/// The text and the separator of `text.split('separator')`.
fn split(call: &Expression) -> Option<(&Expression, &Str)> {
    let ExpressionKind::Call(call) = &call.kind else { return None };
    let ExpressionKind::Attribute(text, method) = &call.0.kind else { return None };
    let [separator] = call.1.positional.as_slice() else { return None };
    match &separator.kind {
        ExpressionKind::Constant(Constant::Text(separator))
            if &*method.text == "split" && call.1.is_plain() && !separator.is_empty() =>
        {
            Some((text, separator))
        }
        _ => None,
    }
}

#[inline(never)]
fn end_of<'t>(text: &'t str, separator: &str, is_last: bool) -> &'t str {
    let (first, last) = match *separator.as_bytes() {
        [byte] if is_last => (None, text.bytes().rposition(|known| known == byte)),
        [byte] => (text.bytes().position(|known| known == byte), None),
        // A separator such as `aa` is looked for from the start.
        _ if is_last => return text.split(separator).last().unwrap_or(text),
        _ => (text.find(separator), None),
    };
    let start = last.map_or(0, |last| last + separator.len());
    text.get(start..first.unwrap_or(text.len())).unwrap_or(text)
}
