//! One value out of many.

use super::attribute::Getter;
use crate::arithmetic::binary;
use crate::error::{Error, Result};
use crate::operator::BinaryOperator;
use crate::run::Run;
use crate::value::{Args, Order, Value, iterate_all, ordering};

/// `max(case_sensitive=false, attribute=none)`
pub(super) fn max(run: &mut Run, value: &Value, args: Args) -> Result<Value> {
    extreme(run, value, &args, Order::Greater)
}

/// `min(case_sensitive=false, attribute=none)`
pub(super) fn min(run: &mut Run, value: &Value, args: Args) -> Result<Value> {
    extreme(run, value, &args, Order::Less)
}

fn extreme(run: &mut Run, value: &Value, args: &Args, order: Order) -> Result<Value> {
    let getter = Getter::new(run, args.some(1))?.folding(!args.flag(0, false));
    let mut iter = iterate_all(run, value)?;
    let Some(mut best) = iter.next(run)? else {
        return Value::hint(run, "no aggregated item, the sequence is empty");
    };
    let mut best_key = getter.get(run, &best)?.into_owned();
    while let Some(item) = iter.next(run)? {
        let key = getter.get(run, &item)?;
        if ordering(run, order, &key, &best_key)? {
            best_key = key.into_owned();
            best = item;
        }
    }
    Ok(best)
}

/// `sum(attribute=none, start=0)`
pub(super) fn sum(run: &mut Run, value: &Value, args: Args) -> Result<Value> {
    let getter = Getter::new(run, args.some(0))?;
    let mut total = args.get(1).cloned().unwrap_or(Value::Int(0));
    if matches!(total, Value::Str(_)) {
        return Err(Error::type_error("sum() can't sum strings"));
    }
    let mut iter = iterate_all(run, value)?;
    while let Some(item) = iter.next(run)? {
        let item = getter.get(run, &item)?;
        total = binary(run, BinaryOperator::Add, &total, &item)?;
    }
    Ok(total)
}
