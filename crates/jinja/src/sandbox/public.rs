//! The attributes each Python type offers.

use super::{Found, LoopAttribute};
use crate::error::Result;
use crate::methods;
use crate::run::Run;
use crate::value::{BoundMacro, Cycler, Loop, Object, Range, Value};

pub(super) fn find(run: &mut Run, subject: &Value, name: &str) -> Result<Found> {
    let data = match subject {
        Value::Bool(_) | Value::Int(_) | Value::Big(_) => integer(subject, name),
        Value::Float(value) => match name {
            "real" => Some(Value::Float(*value)),
            "imag" => Some(Value::Float(0.0)),
            _ => None,
        },
        Value::Tuple(tuple) if tuple.is_group => match name {
            "grouper" => tuple.items.first().cloned(),
            "list" => tuple.items.get(1).cloned(),
            _ => None,
        },
        Value::Object(object) => match &**object {
            Object::Loop(state) => match LoopAttribute::of_name(name) {
                Some(attribute) => Some(loop_attribute(run, state, attribute)?),
                None => None,
            },
            other => of_object(run, other, name)?,
        },
        _ => None,
    };
    if let Some(value) = data {
        return Ok(Found::Value(value));
    }
    if is_internal(subject, name) {
        return Ok(Found::Hidden);
    }
    let Some(method) = methods::find(subject, name) else { return Ok(Found::Nothing) };
    methods::bind(run, subject, method).map(Found::Value)
}

/// Attributes without an underscore that the sandbox hides all the same.
fn is_internal(subject: &Value, name: &str) -> bool {
    match subject.type_name() {
        "type" => name == "mro",
        "generator" => matches!(name, "gi_frame" | "gi_code"),
        _ => false,
    }
}

fn integer(value: &Value, name: &str) -> Option<Value> {
    match name {
        "real" | "numerator" => value.as_integer().map(Value::integer),
        "imag" => Some(Value::Int(0)),
        "denominator" => Some(Value::Int(1)),
        _ => None,
    }
}

fn of_object(run: &mut Run, object: &Object, name: &str) -> Result<Option<Value>> {
    Ok(match object {
        Object::Range(range) => range_attribute(range, name),
        Object::Macro(value) => return macro_attribute(run, value, name),
        Object::Cycler(cycler) => cycler_attribute(cycler, name),
        Object::Joiner(joiner) => match name {
            "sep" => Some(joiner.separator.clone()),
            "used" => Some(Value::Bool(joiner.used.get())),
            _ => None,
        },
        Object::Complex(real, imaginary) => match name {
            "real" => Some(Value::Float(*real)),
            "imag" => Some(Value::Float(*imaginary)),
            _ => None,
        },
        Object::BlockReference(block) => match name {
            "name" => Some(Value::Str(block.name.clone())),
            "super" => {
                let message = format!("there is no parent block called '{}'", block.name.as_str());
                return Value::hint(run, message).map(Some);
            }
            _ => None,
        },
        Object::View(view) if name == "mapping" => Some(Value::Dict(view.dict.clone())),
        Object::Iterator(iterator) if iterator.name == "generator" => match name {
            "gi_running" => Some(Value::Bool(false)),
            "gi_suspended" => Some(Value::Bool(false)),
            "gi_yieldfrom" => Some(Value::None),
            _ => None,
        },
        _ => None,
    })
}

fn range_attribute(range: &Range, name: &str) -> Option<Value> {
    match name {
        "start" => Some(Value::Int(range.start)),
        "stop" => Some(Value::Int(range.stop)),
        "step" => Some(Value::Int(range.step)),
        _ => None,
    }
}

fn macro_attribute(run: &mut Run, function: &BoundMacro, name: &str) -> Result<Option<Value>> {
    let signature = &function.signature;
    Ok(Some(match name {
        "name" if signature.name.is_empty() => Value::None,
        "name" => Value::Str(signature.name.clone()),
        "arguments" => {
            run.meter.list(signature.parameters.len())?;
            Value::tuple(signature.parameters.iter().cloned().map(Value::Str).collect())
        }
        "caller" => Value::Bool(signature.takes_caller),
        "catch_kwargs" => Value::Bool(signature.takes_keywords),
        "catch_varargs" => Value::Bool(signature.takes_positional),
        "explicit_caller" => {
            Value::Bool(signature.parameters.iter().any(|name| **name == *"caller"))
        }
        _ => return Ok(None),
    }))
}

fn cycler_attribute(cycler: &Cycler, name: &str) -> Option<Value> {
    match name {
        "items" => Some(Value::Tuple(cycler.items.clone())),
        "pos" => Some(Value::from_usize(cycler.position.get())),
        "current" => cycler.items.items.get(cycler.position.get()).cloned(),
        _ => None,
    }
}

pub(super) fn loop_attribute(
    run: &mut Run,
    state: &Loop,
    attribute: LoopAttribute,
) -> Result<Value> {
    Ok(match attribute {
        LoopAttribute::Index0 => Value::from_usize(state.index()),
        LoopAttribute::Index => Value::from_usize(state.index() + 1),
        LoopAttribute::Depth0 => Value::from_usize(state.depth),
        LoopAttribute::Depth => Value::from_usize(state.depth + 1),
        LoopAttribute::First => Value::Bool(state.index() == 0),
        LoopAttribute::Last => Value::Bool(state.is_last(run)?),
        LoopAttribute::Length => Value::from_usize(state.length(run)?),
        LoopAttribute::ReverseIndex => difference(state.length(run)?, state.index()),
        LoopAttribute::ReverseIndex0 => difference(state.length(run)?, state.index() + 1),
        LoopAttribute::Previous => state.previous(run)?,
        LoopAttribute::Next => state.following(run)?,
    })
}

fn difference(a: usize, b: usize) -> Value {
    if a >= b { Value::from_usize(a - b) } else { Value::Int(-i64::try_from(b - a).unwrap_or(0)) }
}
