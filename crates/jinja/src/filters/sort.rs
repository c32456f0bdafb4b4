//! Sorting.

use super::attribute::{Getter, fold, getters};
use crate::error::{Error, Result};
use crate::run::Run;
use crate::sorting::{SHORT_KEY, are_alike, sort_alike, sort_values};
use crate::value::{Args, Str, Value, collect};

/// Bytes that a key and its value take as a tuple, while it is sorted.
const PAIR: usize = 192;

/// As [`sort_values`], without regard to case; `prepare` sees keys that are not all short texts.
fn sort_folded<T>(
    run: &mut Run,
    mut keyed: Vec<(Value, T)>,
    reverse: bool,
    prepare: fn(&mut [(Value, T)]),
) -> Result<Vec<T>> {
    if !keyed.iter().all(|(key, _)| key.as_str().is_some_and(is_short_ascii)) {
        for (key, _) in &mut keyed {
            *key = fold(run, key)?.unwrap_or_else(|| key.clone());
        }
        prepare(&mut keyed);
        return sort_values(run, keyed, reverse);
    }
    keyed
        .iter()
        .try_for_each(|(key, _)| run.meter.string(key.as_str().map_or(0, |key| key.len())))?;
    if reverse {
        keyed.reverse();
    }
    let lower = |byte: u8| byte.to_ascii_lowercase();
    sort_alike(run, &mut keyed, |a, b| a.bytes().map(lower).cmp(b.bytes().map(lower)))?;
    if reverse {
        keyed.reverse();
    }
    Ok(keyed.into_iter().map(|(_, value)| value).collect())
}

fn is_short_ascii(text: &Str) -> bool {
    text.len() <= SHORT_KEY && text.is_ascii()
}

/// `sort(reverse=false, case_sensitive=false, attribute=none)`
pub(super) fn sort(run: &mut Run, value: &Value, args: Args) -> Result<Value> {
    let fold_case = !args.flag(1, false);
    let getters = getters(run, args.some(2))?;
    let items = collect(run, value)?;
    let mut keyed = Vec::with_capacity(items.len());
    for item in items {
        let key = match getters.as_slice() {
            [getter] => getter.get(run, &item)?.into_owned(),
            getters => keys(run, getters, &item, fold_case)?,
        };
        keyed.push((key, item));
    }
    let reverse = args.integer(0, 0)? != 0;
    if fold_case && getters.len() == 1 {
        return sort_folded(run, keyed, reverse, wrap_unless_alike).map(Value::list);
    }
    if getters.len() == 1 {
        wrap_unless_alike(&mut keyed);
    }
    sort_values(run, keyed, reverse).map(Value::list)
}

/// What several getters find.
fn keys(run: &mut Run, getters: &[Getter], item: &Value, fold_case: bool) -> Result<Value> {
    run.meter.list(getters.len())?;
    let mut keys = Vec::with_capacity(getters.len());
    for getter in getters {
        let key = getter.get(run, item)?.into_owned();
        let folded = if fold_case { fold(run, &key)? } else { None };
        keys.push(folded.unwrap_or(key));
    }
    Ok(Value::list(keys))
}

/// Makes lists of keys that are not alike, since equal items of lists need no order.
fn wrap_unless_alike<T>(keyed: &mut [(Value, T)]) {
    if !are_alike(keyed) {
        keyed.iter_mut().for_each(|(key, _)| *key = Value::list(vec![key.clone()]));
    }
}

/// `dictsort(case_sensitive=false, by='key', reverse=false)`: pairs of a dict, sorted.
pub(super) fn dictsort(run: &mut Run, value: &Value, args: Args) -> Result<Value> {
    let by_value = match args.get(1) {
        None => false,
        Some(Value::Str(by)) if by.as_str() == "key" => false,
        Some(Value::Str(by)) if by.as_str() == "value" => true,
        Some(_) => return Err(Error::runtime("you can only sort by either 'key' or 'value'")),
    };
    let Value::Dict(dict) = value else { return value.refuse_use("has no attribute 'items'") };
    let entries = dict.entries.borrow();
    run.meter.list(entries.len())?;
    run.meter.charge(entries.len().saturating_mul(PAIR))?;
    let mut keyed = Vec::with_capacity(entries.len());
    for (key, value) in entries.iter() {
        let by = if by_value { value } else { &key.value };
        keyed.push((by.clone(), Value::pair(run, key.value.clone(), value.clone())?));
    }
    let (fold_case, reverse) = (!args.flag(0, false), args.integer(2, 0)? != 0);
    let sorted = match fold_case {
        true => sort_folded(run, keyed, reverse, |_| ())?,
        false => sort_values(run, keyed, reverse)?,
    };
    Ok(Value::list(sorted))
}
