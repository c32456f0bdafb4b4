//! Sorting of values.

use std::cmp::Ordering;

use crate::error::Result;
use crate::run::Run;
use crate::value::{Order, Str, Value, ordering};

/// Sorts the second values by the first, keeping equal ones in order.
pub(crate) fn sort_values<T>(
    run: &mut Run,
    keyed: Vec<(Value, T)>,
    reverse: bool,
) -> Result<Vec<T>> {
    let sorted = sort_pairs(run, keyed, reverse)?;
    Ok(sorted.into_iter().map(|(_, value)| value).collect())
}

/// As [`sort_values`], with the keys.
pub(crate) fn sort_pairs<T>(
    run: &mut Run,
    mut keyed: Vec<(Value, T)>,
    reverse: bool,
) -> Result<Vec<(Value, T)>> {
    if reverse {
        keyed.reverse();
    }
    let mut width = 1;
    if are_alike(&keyed) {
        sort_alike(run, &mut keyed, |a, b| a.as_str().cmp(b.as_str()))?;
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
    Ok(keyed)
}

/// The longest text, in bytes, that is compared without counting steps.
pub(crate) const SHORT_KEY: usize = 256;

/// Whether the keys are all integers or all short texts.
pub(crate) fn are_alike<T>(keyed: &[(Value, T)]) -> bool {
    let is_short = |key: &Value| key.as_str().is_some_and(|text| text.len() <= SHORT_KEY);
    keyed.iter().all(|(key, _)| matches!(key, Value::Int(_)))
        || keyed.iter().all(|(key, _)| is_short(key))
}

/// Sorts by keys that [`are_alike`].
pub(crate) fn sort_alike<T>(
    run: &mut Run,
    keyed: &mut [(Value, T)],
    compare: impl Fn(&Str, &Str) -> Ordering,
) -> Result<()> {
    run.meter.tick(keyed.len().saturating_mul(keyed.len().max(1).ilog2() as usize))?;
    keyed.sort_by(|(a, _), (b, _)| match (a, b) {
        (Value::Int(a), Value::Int(b)) => a.cmp(b),
        (Value::Str(a), Value::Str(b)) => compare(a, b),
        _ => Ordering::Equal,
    });
    Ok(())
}

fn merge<T>(
    run: &mut Run,
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
