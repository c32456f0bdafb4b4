//! HTML.

use super::attribute::plain_text;
use crate::error::{Error, Result};
use crate::markup;
use crate::methods;
use crate::run::Run;
use crate::value::{Args, Str, Value};

pub(super) fn escape(run: &mut Run, value: &Value, _: Args) -> Result<Value> {
    markup::escape(run, value).map(Value::Str)
}

/// `forceescape`: escapes safe text as well.
pub(super) fn forceescape(run: &mut Run, value: &Value, _: Args) -> Result<Value> {
    let text = plain_text(run, value)?;
    markup::escape(run, &Value::Str(text.into_owned())).map(Value::Str)
}

pub(super) fn safe(run: &mut Run, value: &Value, _: Args) -> Result<Value> {
    let text = plain_text(run, value)?;
    run.meter.string(text.len())?;
    Ok(Value::Str(Str::markup(text.as_str())))
}

pub(super) fn striptags_filter(run: &mut Run, value: &Value, _: Args) -> Result<Value> {
    let text = plain_text(run, value)?;
    run.meter.string(text.len())?;
    Ok(Value::text(methods::striptags(&text)))
}

/// `xmlattr(autospace=true)`: a dict as attributes of a tag.
pub(super) fn xmlattr(run: &mut Run, value: &Value, args: Args) -> Result<Value> {
    let Value::Dict(dict) = value else { return value.refuse_use("has no attribute 'items'") };
    run.meter.dict(dict.entries.borrow().len())?;
    let entries = dict.entries.borrow().clone();
    let mut attributes = Vec::new();
    for (key, value) in entries {
        run.meter.tick(1)?;
        if value.is_none() || value.is_undefined() {
            continue;
        }
        let Value::Str(name) = &key.value else {
            return key.value.refuse("is no attribute name; a str is needed");
        };
        let is_invalid = |c: char| matches!(c, '/' | '>' | '=' | ' ' | '\t'..='\r');
        if name.contains(is_invalid) {
            return Err(Error::value_error("invalid character in attribute name"));
        }
        let name = markup::escape(run, &key.value)?;
        let value = markup::escape(run, &value)?;
        attributes.push(format!("{}=\"{}\"", name.as_str(), value.as_str()));
    }
    let mut text = attributes.join(" ");
    if args.flag(0, true) && !text.is_empty() {
        text.insert(0, ' ');
    }
    run.meter.string(text.len())?;
    Ok(Value::Str(Str::new(text, run.autoescape)))
}
