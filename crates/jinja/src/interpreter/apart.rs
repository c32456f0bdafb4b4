//! Literals that Python computes ahead and writes into its code, where each list is a new one.

use super::state::Interpreter;
use crate::error::Result;
use crate::value::{Entries, Value};

/// Whether Python writes a value into its code, so that it consists of literals only.
pub(super) fn is_written_as_literal(value: &Value) -> bool {
    match value {
        Value::None
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Big(_)
        | Value::Float(_)
        | Value::Str(_) => true,
        Value::List(list) => list.items.borrow().iter().all(is_written_as_literal),
        Value::Tuple(tuple) => !tuple.is_group && tuple.items.iter().all(is_written_as_literal),
        Value::Dict(dict) => {
            let entries = dict.entries.borrow();
            let mut pairs = entries.iter();
            pairs.all(|(key, value)| {
                is_written_as_literal(&key.value) && is_written_as_literal(value)
            })
        }
        _ => false,
    }
}

impl Interpreter<'_> {
    /// The value with all its lists and dicts anew; literals nest no deeper than their source.
    pub(super) fn apart(&mut self, value: &Value) -> Result<Value> {
        match value {
            Value::List(list) => {
                let items = list.items.borrow();
                Ok(Value::list(self.all_apart(&items)?))
            }
            Value::Tuple(tuple) => Ok(Value::tuple(self.all_apart(&tuple.items)?)),
            Value::Dict(dict) => {
                let entries = dict.entries.borrow();
                self.run.meter.list(entries.len())?;
                let mut copies = Entries::default();
                for (key, value) in entries.iter() {
                    copies.insert(key.clone(), self.apart(value)?);
                }
                Ok(Value::dict(copies))
            }
            other => Ok(other.clone()),
        }
    }

    fn all_apart(&mut self, items: &[Value]) -> Result<Vec<Value>> {
        self.run.meter.list(items.len())?;
        self.run.meter.tick(items.len())?;
        items.iter().map(|item| self.apart(item)).collect()
    }
}
