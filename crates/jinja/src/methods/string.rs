//! Methods of `str`.

mod case;
mod encode;
mod pad;
mod predicates;
mod search;
mod split;
mod strip;
mod tags;

use crate::builtin::Builtin;
use crate::error::{Error, Result};
use crate::format::{format_map, format_method};
use crate::run::Run;
use crate::value::{Args, Str, Value};

pub(crate) use case::{ascii_title, capitalize, lower, upper};
pub(crate) use pad::center;
pub(super) use predicates::PREDICATES;
pub(crate) use predicates::{islower, isupper};
pub(crate) use search::{replace, replace_all};
pub(crate) use split::lines;
pub(crate) use strip::strip_characters;
pub(crate) use tags::striptags;
use tags::unescape;

pub(super) const METHODS: &[Builtin] = &[
    Builtin::text("capitalize", capitalize),
    Builtin::text("casefold", case::casefold),
    Builtin::new("center", 1, &["", ""], center),
    Builtin::new("count", 1, &["", "", ""], search::count),
    Builtin::new("encode", 0, &["encoding", "errors"], encode::encode),
    Builtin::new("endswith", 1, &["", "", ""], search::endswith),
    Builtin::new("expandtabs", 0, &["tabsize"], pad::expandtabs),
    Builtin::new("find", 1, &["", "", ""], search::find),
    Builtin::variadic("format", format),
    Builtin::variadic("format_map", format_with_map),
    Builtin::new("index", 1, &["", "", ""], search::index),
    Builtin::new("join", 1, &[""], split::join),
    Builtin::new("ljust", 1, &["", ""], pad::ljust),
    Builtin::text("lower", lower),
    Builtin::new("lstrip", 0, &[""], strip::lstrip),
    Builtin::new("maketrans", 1, &["", "", ""], encode::maketrans),
    Builtin::new("partition", 1, &[""], split::partition),
    Builtin::new("removeprefix", 1, &[""], strip::removeprefix),
    Builtin::new("removesuffix", 1, &[""], strip::removesuffix),
    Builtin::new("replace", 2, &["", "", "count"], replace),
    Builtin::new("rfind", 1, &["", "", ""], search::rfind),
    Builtin::new("rindex", 1, &["", "", ""], search::rindex),
    Builtin::new("rjust", 1, &["", ""], pad::rjust),
    Builtin::new("rpartition", 1, &[""], split::rpartition),
    Builtin::new("rsplit", 0, &["sep", "maxsplit"], split::rsplit),
    Builtin::new("rstrip", 0, &[""], strip::rstrip),
    Builtin::new("split", 0, &["sep", "maxsplit"], split::split),
    Builtin::new("splitlines", 0, &["keepends"], split::splitlines),
    Builtin::new("startswith", 1, &["", "", ""], search::startswith),
    Builtin::new("strip", 0, &[""], strip::strip),
    Builtin::text("swapcase", case::swapcase),
    Builtin::text("title", case::title),
    Builtin::new("translate", 1, &[""], encode::translate),
    Builtin::text("upper", upper),
    Builtin::new("zfill", 1, &[""], pad::zfill),
];

/// What safe text has besides.
pub(super) const MARKUP: &[Builtin] = &[
    Builtin::new("escape", 1, &["s"], escape),
    Builtin::plain("striptags", strip_tags),
    Builtin::plain("unescape", unescape_method),
];

/// The string a method is called on.
fn text_of(subject: &Value) -> Result<&Str> {
    match subject {
        Value::Str(text) => Ok(text),
        other => other.refuse("is no str"),
    }
}

fn format(run: &mut Run, subject: &Value, args: Args) -> Result<Value> {
    format_method(run, text_of(subject)?, args)
}

fn format_with_map(run: &mut Run, subject: &Value, args: Args) -> Result<Value> {
    match (args.positional, args.keywords) {
        ([mapping], []) => format_map(run, text_of(subject)?, mapping),
        _ => Err(Error::type_error("format_map() takes exactly one argument")),
    }
}

fn escape(run: &mut Run, _: &Value, args: Args) -> Result<Value> {
    Ok(Value::Str(crate::markup::escape(run, args.value(0))?))
}

fn strip_tags(run: &mut Run, subject: &Value, _: Args) -> Result<Value> {
    let text = text_of(subject)?;
    run.meter.string(text.len())?;
    Ok(Value::text(striptags(text)))
}

fn unescape_method(run: &mut Run, subject: &Value, _: Args) -> Result<Value> {
    let text = text_of(subject)?;
    run.meter.string(text.len())?;
    Ok(Value::text(unescape(text)))
}
