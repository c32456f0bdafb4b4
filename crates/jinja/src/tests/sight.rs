//! Tests answered from what is seen of a value.

use crate::interpreter::{Data, Seen};
use crate::value::Value;

fn answer(result: bool) -> Option<Value> {
    Some(Value::Bool(result))
}

pub(super) fn defined(seen: Seen, _: &Data) -> Option<Value> {
    answer(match seen {
        Seen::Missing => false,
        Seen::Other(value) => !value.is_undefined(),
        _ => true,
    })
}

pub(super) fn undefined(seen: Seen, data: &Data) -> Option<Value> {
    defined(seen, data).map(|defined| Value::Bool(!defined.is_true()))
}

pub(super) fn none(seen: Seen, _: &Data) -> Option<Value> {
    answer(matches!(seen, Seen::Other(Value::None)))
}

pub(super) fn string(seen: Seen, _: &Data) -> Option<Value> {
    answer(matches!(seen, Seen::Text(_) | Seen::Other(Value::Str(_))))
}

pub(super) fn integer(seen: Seen, _: &Data) -> Option<Value> {
    answer(matches!(seen, Seen::Integer(_) | Seen::Other(Value::Big(_))))
}

pub(super) fn mapping(seen: Seen, _: &Data) -> Option<Value> {
    answer(match seen {
        Seen::Container(json) => json.is_object(),
        Seen::Other(value) => matches!(value, Value::Dict(_)),
        _ => false,
    })
}

/// `iterable` and `sequence`, which are the same for what is most often passed in.
pub(super) fn iterable(seen: Seen, _: &Data) -> Option<Value> {
    match seen {
        Seen::Text(_) | Seen::Container(_) => answer(true),
        Seen::Integer(_) | Seen::Other(Value::None | Value::Bool(_) | Value::Float(_)) => {
            answer(false)
        }
        _ => None,
    }
}
