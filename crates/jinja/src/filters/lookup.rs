//! Attributes, defaults and pairs.

use super::group::opened;
use crate::error::Result;
use crate::run::Run;
use crate::sandbox;
use crate::value::{Args, Iter, Object, Value, View, ViewKind};

/// `attr(name)`: the attribute, never the item, of that name.
pub(super) fn attr(run: &mut Run, value: &Value, args: Args) -> Result<Value> {
    sandbox::attribute_filter(run, value, args.text(0)?)
}

/// `default(default_value='', boolean=false)`
pub(super) fn default(_: &mut Run, value: &Value, args: Args) -> Result<Value> {
    if value.is_undefined() || (args.flag(1, false) && !value.is_true()) {
        return Ok(args.get(0).cloned().unwrap_or_else(|| Value::text("")));
    }
    Ok(value.clone())
}

/// `items`: the pairs of a mapping; none for undefined.
pub(super) fn items(run: &mut Run, value: &Value, _: Args) -> Result<Value> {
    let value = value.clone();
    let mut source = Ok(Iter::Empty);
    let mut started = false;
    Value::generator(run, move |run| {
        if !std::mem::replace(&mut started, true) {
            source = match &value {
                Value::Undefined(_) => Ok(Iter::Empty),
                Value::Dict(dict) => {
                    let view = View { dict: dict.clone(), kind: ViewKind::Items };
                    Err(Value::object(run, Object::View(view))?)
                }
                other => return other.refuse("is no mapping, so it has no pairs"),
            };
        }
        opened(run, &mut source)?.next(run)
    })
}
