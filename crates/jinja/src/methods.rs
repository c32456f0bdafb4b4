//! Methods of Python's types.

mod bytes;
mod dict;
mod list;
mod number;
mod object;
mod set;
mod string;

use crate::builtin::Builtin;
use crate::error::Result;
use crate::run::Run;
use crate::value::{Args, Method, Object, Value};

pub(crate) use string::{
    ascii_title, capitalize, center, islower, isupper, lines, lower, replace, replace_all,
    strip_characters, striptags, upper,
};

/// The method `name` of `receiver`'s type.
pub(crate) fn find(receiver: &Value, name: &str) -> Option<&'static Builtin> {
    let tables: &[&'static [Builtin]] = match receiver {
        Value::Str(text) if text.is_markup() => {
            &[string::MARKUP, string::METHODS, string::PREDICATES]
        }
        Value::Str(_) => return of_text(name),
        Value::List(_) => return of_list(name),
        Value::Tuple(_) => &[list::SEQUENCE],
        Value::Dict(_) => return of_dict(name),
        Value::Bool(_) | Value::Int(_) | Value::Big(_) => &[number::INTEGER],
        Value::Float(_) => &[number::FLOAT],
        Value::Bytes(_) if bytes::is_shared(name) => {
            &[bytes::METHODS, string::METHODS, string::PREDICATES]
        }
        Value::Object(object) => match &**object {
            Object::Loop(_) => &[object::LOOP],
            Object::Cycler(_) => &[object::CYCLER],
            Object::Range(_) => &[list::SEQUENCE],
            Object::View(_) => &[set::VIEW],
            Object::Set(_) => &[set::VIEW, set::METHODS],
            Object::Iterator(iterator) if iterator.name == "generator" => &[object::GENERATOR],
            Object::Complex(..) => &[number::COMPLEX],
            Object::Class(class) if class.path == "dict" => &[dict::CLASS],
            _ => &[],
        },
        _ => &[],
    };
    find_in(tables, name)
}

fn find_in(tables: &[&'static [Builtin]], name: &str) -> Option<&'static Builtin> {
    tables.iter().find_map(|table| table.iter().find(|builtin| builtin.name == name))
}

/// The method `name` of a str that is no markup.
pub(crate) fn of_text(name: &str) -> Option<&'static Builtin> {
    find_in(&[string::METHODS, string::PREDICATES], name)
}

pub(crate) fn of_list(name: &str) -> Option<&'static Builtin> {
    find_in(&[list::METHODS, list::SEQUENCE], name)
}

pub(crate) fn of_dict(name: &str) -> Option<&'static Builtin> {
    find_in(&[dict::METHODS], name)
}

/// The method of `receiver`, as a value to call later.
pub(crate) fn bind(run: &mut Run, receiver: &Value, function: &'static Builtin) -> Result<Value> {
    let call = move |run: &mut Run, receiver: &Value, args: Args| match receiver {
        Value::Bytes(bytes) if !bytes::METHODS.iter().any(|own| own.name == function.name) => {
            bytes::call_as_text(run, bytes, function, args)
        }
        receiver => function.call(run, receiver, args),
    };
    let (receiver, name) = (receiver.clone(), function.name);
    Value::object(run, Object::Method(Method { receiver, name, call: Box::new(call) }))
}
