//! Attribute and item access, and what the sandbox refuses.

mod attribute_name;
mod private_names;
mod public;

use std::sync::Arc;

pub(crate) use attribute_name::{AttributeName, LoopAttribute};

use crate::error::{Exception, Result};
use crate::run::Run;
use crate::value::{Key, Object, Str, Undefined, Value, item_of_sequence, repr, repr_text};

/// What Python's `getattr` finds.
pub(crate) enum Found {
    Value(Value),
    /// The attribute exists, but the sandbox hides it.
    Hidden,
    Nothing,
}

/// `subject.name`
pub(crate) fn attribute(run: &mut Run, subject: &Value, name: &AttributeName) -> Result<Value> {
    match subject {
        Value::Dict(dict) if name.is_dict_item() => match dict.get_text(&name.text) {
            Some(value) => Ok(value),
            None => absent(run, subject, name.text.clone()),
        },
        Value::Object(object)
            if let (Object::Loop(state), Some(attribute)) = (&**object, name.of_loop) =>
        {
            public::loop_attribute(run, state, attribute)
        }
        _ => attribute_named(run, subject, &name.text),
    }
}

/// `subject.name`, for a name that is only known now.
pub(crate) fn attribute_named(run: &mut Run, subject: &Value, name: &str) -> Result<Value> {
    match find(run, subject, name)? {
        Found::Value(value) => return Ok(value),
        Found::Hidden => return hidden(run, subject, name),
        Found::Nothing => {}
    }
    let item = match subject {
        Value::Undefined(undefined) => return Err(undefined.fail()),
        Value::Dict(dict) => dict.get_text(name),
        Value::Object(object) if let Object::TemplateReference(block) = &**object => {
            block(run, name)?
        }
        _ => None,
    };
    item.map_or_else(|| absent(run, subject, name), Ok)
}

/// `subject[key]`
pub(crate) fn item(run: &mut Run, subject: &Value, key: &Value) -> Result<Value> {
    if let Some(value) = own_item(run, subject, key)? {
        return Ok(value);
    }
    let Value::Str(name) = key else {
        let message = format!("{} has no element {}", describe(subject), repr(run, key)?);
        return Value::undefined(run, Undefined::Absent(message));
    };
    match find(run, subject, name)? {
        Found::Value(value) => Ok(value),
        Found::Hidden => hidden(run, subject, name),
        Found::Nothing => absent(run, subject, name.as_str()),
    }
}

/// What `subject[key]` gives in Python, if it does not fail.
fn own_item(run: &mut Run, subject: &Value, key: &Value) -> Result<Option<Value>> {
    if let (Value::Str(_) | Value::List(_) | Value::Tuple(_), Value::Str(_)) = (subject, key) {
        return Ok(None);
    }
    if let Value::Str(text) = subject {
        text.count_walk(run)?;
    }
    if let Some(found) = item_of_sequence(subject, key) {
        return Ok(found.ok());
    }
    match subject {
        Value::Undefined(undefined) => Err(undefined.fail()),
        Value::Dict(dict) => match key {
            Value::Str(name) => Ok(dict.get_text(name)),
            _ => match Key::new(run, key.clone()) {
                Ok(key) => Ok(dict.get(&key)),
                Err(error) if error.exception() == Exception::Type => Ok(None),
                Err(error) => Err(error),
            },
        },
        Value::Object(object) => match (&**object, key) {
            (Object::TemplateReference(block), Value::Str(name)) => block(run, name),
            _ => Ok(None),
        },
        _ => Ok(None),
    }
}

/// Python's `getattr`, without hidden attributes.
pub(crate) fn find(run: &mut Run, subject: &Value, name: &str) -> Result<Found> {
    if let Value::Object(object) = subject
        && let Object::Namespace(dict) = &**object
    {
        let known = dict.get_text(name);
        return Ok(match known {
            Some(_) if name.starts_with('_') => Found::Hidden,
            Some(value) => Found::Value(value),
            None if matches!(name, "_Namespace__attrs" | "__class__") => Found::Hidden,
            None => Found::Nothing,
        });
    }
    if name.starts_with('_') {
        let exists = private_names::has_private(subject.type_name(), name);
        return Ok(if exists { Found::Hidden } else { Found::Nothing });
    }
    public::find(run, subject, name)
}

/// What a hidden attribute evaluates to: it fails once it is used.
fn hidden(run: &mut Run, subject: &Value, name: &str) -> Result<Value> {
    let (name, owner) = (repr_text(name), subject.type_name());
    let message = format!("access to attribute {name} of '{owner}' object is unsafe");
    Value::undefined(run, Undefined::Unsafe(message))
}

fn absent(run: &mut Run, subject: &Value, name: impl Into<Arc<str>>) -> Result<Value> {
    Value::undefined(run, Undefined::attribute(subject, name.into()))
}

fn describe(subject: &Value) -> String {
    match subject {
        Value::None => "None".into(),
        _ => format!("{} object", subject.type_name()),
    }
}

/// The value of a public attribute of a plain object, for filters that look attributes up.
pub(crate) fn attribute_filter(run: &mut Run, subject: &Value, name: &Str) -> Result<Value> {
    match find(run, subject, name)? {
        Found::Value(value) => Ok(value),
        Found::Hidden => hidden(run, subject, name),
        Found::Nothing => match subject {
            Value::Undefined(undefined) if !is_dunder(name) => Err(undefined.fail()),
            _ => absent(run, subject, name.as_str()),
        },
    }
}

fn is_dunder(name: &str) -> bool {
    name.starts_with("__") && name.ends_with("__")
}
