//! Methods of dict views and of the sets that come from them.

use crate::builtin::Builtin;
use crate::error::Result;
use crate::run::Run;
use crate::value::{Args, Value, contains, iterate};

pub(super) const VIEW: &[Builtin] = &[Builtin::new("isdisjoint", 1, &[""], isdisjoint)];

pub(super) const METHODS: &[Builtin] = &[Builtin::new("issuperset", 1, &[""], issuperset)];

fn isdisjoint(run: &mut Run, subject: &Value, args: Args) -> Result<Value> {
    let mut others = iterate(run, args.value(0))?;
    while let Some(item) = others.next(run)? {
        if contains(run, subject, &item)? {
            return Ok(Value::Bool(false));
        }
    }
    Ok(Value::Bool(true))
}

fn issuperset(run: &mut Run, subject: &Value, args: Args) -> Result<Value> {
    let mut others = iterate(run, args.value(0))?;
    while let Some(item) = others.next(run)? {
        if !contains(run, subject, &item)? {
            return Ok(Value::Bool(false));
        }
    }
    Ok(Value::Bool(true))
}
