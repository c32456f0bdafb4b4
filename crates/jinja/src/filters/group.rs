//! Grouping and removing duplicates.

use std::rc::Rc;

use super::attribute::Getter;
use crate::error::Result;
use crate::run::Run;
use crate::sorting::sort_pairs;
use crate::value::{Args, Entries, Iter, Key, Tuple, Value, collect, equal, iterate_all};

/// `groupby(attribute, default=none, case_sensitive=false)`: pairs of `grouper` and `list`.
pub(super) fn groupby(run: &mut Run, value: &Value, args: Args) -> Result<Value> {
    let attribute = args.value(0);
    let shown = Getter::new(run, Some(attribute))?.or(args.some(1));
    let key = Getter::new(run, Some(attribute))?.or(args.some(1)).folding(!args.flag(2, false));
    let mut keyed = Vec::new();
    for item in collect(run, value)? {
        keyed.push((key.get(run, &item)?.into_owned(), item));
    }
    let mut groups: Vec<(Value, Vec<Value>)> = Vec::new();
    for (group, item) in sort_pairs(run, keyed, false)? {
        match groups.last_mut() {
            Some((last, items)) if equal(run, last, &group)? => items.push(item),
            _ => groups.push((group, vec![item])),
        }
    }
    let mut pairs = Vec::with_capacity(groups.len());
    for (_, items) in groups {
        let grouper = match items.first() {
            Some(first) => shown.get(run, first)?.into_owned(),
            None => Value::None,
        };
        run.meter.list(items.len())?;
        run.meter.list(2)?;
        let pair = Tuple { items: [grouper, Value::list(items)].into(), is_group: true };
        pairs.push(Value::Tuple(Rc::new(pair)));
    }
    Ok(Value::list(pairs))
}

/// `unique(case_sensitive=false, attribute=none)`, lazily.
pub(super) fn unique(run: &mut Run, value: &Value, args: Args) -> Result<Value> {
    let getter = Getter::new(run, args.some(1))?.folding(!args.flag(0, false));
    let mut source = Err(value.clone());
    let mut seen = Entries::default();
    Value::generator(run, move |run| {
        let iter = opened(run, &mut source)?;
        while let Some(item) = iter.next(run)? {
            let key = getter.get(run, &item)?.into_owned();
            if seen.insert(Key::new(run, key)?, Value::None).is_none() {
                run.meter.entries(1)?;
                return Ok(Some(item));
            }
        }
        Ok(None)
    })
}

/// The iteration over a value, begun when it is first asked for.
pub(super) fn opened<'s>(
    run: &mut Run,
    source: &'s mut std::result::Result<Iter, Value>,
) -> Result<&'s mut Iter> {
    if let Err(value) = source {
        *source = Ok(iterate_all(run, value)?);
    }
    match source {
        Ok(iter) => Ok(iter),
        Err(value) => value.refuse("is not iterable"),
    }
}
