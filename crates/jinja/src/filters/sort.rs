//! Sorting.

use std::cmp::Ordering;

use super::attribute::{fold, getters};
use crate::builtin::Args;
use crate::error::{Error, Result};
use crate::interpreter::Interpreter;
use crate::value::{Order, Value, collect, ordering};

/// Sorts the second values by the first, keeping equal ones in order.
pub(crate) fn sort_values<T>(
    run: &mut Interpreter,
    mut keyed: Vec<(Value, T)>,
    reverse: bool,
) -> Result<Vec<T>> {
    if reverse {
        keyed.reverse();
    }
    let mut width = 1;
    if are_alike(&keyed) {
        sort_alike(run, &mut keyed)?;
        width = keyed.len();
    }
    while width < keyed.len() {
        let mut merged = Vec::with_capacity(keyed.len());
        let mut rest = keyed.into_iter();
        loop {
            let left: Vec<_> = rest.by_ref().take(width).collect();
            if left.is_empty() {
                break;
            }
            let right: Vec<_> = rest.by_ref().take(width).collect();
            merge(run, left, right, &mut merged)?;
        }
        keyed = merged;
        width *= 2;
    }
    if reverse {
        keyed.reverse();
    }
    Ok(keyed.into_iter().map(|(_, value)| value).collect())
}

/// The longest text, in bytes, that is compared without counting steps.
const SHORT: usize = 256;

/// Whether the keys are all integers or all short texts.
fn are_alike<T>(keyed: &[(Value, T)]) -> bool {
    let is_short = |key: &Value| key.as_str().is_some_and(|text| text.len() <= SHORT);
    keyed.iter().all(|(key, _)| matches!(key, Value::Int(_)))
        || keyed.iter().all(|(key, _)| is_short(key))
}

/// Sorts by keys that are alike.
fn sort_alike<T>(run: &mut Interpreter, keyed: &mut [(Value, T)]) -> Result<()> {
    run.meter.tick(keyed.len().saturating_mul(keyed.len().max(1).ilog2() as usize))?;
    keyed.sort_by(|(a, _), (b, _)| match (a, b) {
        (Value::Int(a), Value::Int(b)) => a.cmp(b),
        (Value::Str(a), Value::Str(b)) => a.as_str().cmp(b.as_str()),
        _ => Ordering::Equal,
    });
    Ok(())
}

fn merge<T>(
    run: &mut Interpreter,
    left: Vec<(Value, T)>,
    right: Vec<(Value, T)>,
    out: &mut Vec<(Value, T)>,
) -> Result<()> {
    let mut left = left.into_iter().peekable();
    let mut right = right.into_iter().peekable();
    while let (Some(first), Some(second)) = (left.peek(), right.peek()) {
        let takes_right = ordering(run, Order::Less, &second.0, &first.0)?;
        out.extend(if takes_right { right.next() } else { left.next() });
    }
    out.extend(left);
    out.extend(right);
    Ok(())
}

/// `sort(reverse=false, case_sensitive=false, attribute=none)`
pub(super) fn sort(run: &mut Interpreter, value: &Value, args: Args) -> Result<Value> {
    let getters = getters(args.some(2), !args.flag(1, false));
    let items = collect(run, value)?;
    let mut keyed = Vec::with_capacity(items.len());
    for item in items {
        if let [getter] = getters.as_slice() {
            keyed.push((getter.get(run, &item)?.into_owned(), item));
            continue;
        }
        let mut key = Vec::with_capacity(getters.len());
        for getter in &getters {
            key.push(getter.get(run, &item)?.into_owned());
        }
        keyed.push((Value::list(key), item));
    }
    if getters.len() == 1 && !are_alike(&keyed) {
        keyed.iter_mut().for_each(|(key, _)| *key = Value::list(vec![key.clone()]));
    }
    Ok(Value::list(sort_values(run, keyed, args.integer(0, 0)? != 0)?))
}

/// `dictsort(case_sensitive=false, by='key', reverse=false)`: pairs of a dict, sorted.
pub(super) fn dictsort(run: &mut Interpreter, value: &Value, args: Args) -> Result<Value> {
    let by_value = match args.get(1) {
        None => false,
        Some(Value::Str(by)) if by.as_str() == "key" => false,
        Some(Value::Str(by)) if by.as_str() == "value" => true,
        Some(_) => return Err(Error::runtime("you can only sort by either 'key' or 'value'")),
    };
    let Value::Dict(dict) = value else { return value.refuse_use("has no attribute 'items'") };
    let entries = dict.entries.borrow();
    run.meter.list(entries.len())?;
    let mut keyed = Vec::with_capacity(entries.len());
    for (key, value) in entries.iter() {
        let by = if by_value { value } else { &key.value };
        let folded = if args.flag(0, false) { None } else { fold(run, by)? };
        let by = folded.unwrap_or_else(|| by.clone());
        keyed.push((by, Value::tuple(vec![key.value.clone(), value.clone()])));
    }
    drop(entries);
    Ok(Value::list(sort_values(run, keyed, args.integer(2, 0)? != 0)?))
}
