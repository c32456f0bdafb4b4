//! The `attribute` argument of filters: `'user.name'`, `0`, `'items.0.id'`.

use num_bigint::BigInt;

use crate::error::Result;
use crate::interpreter::Interpreter;
use crate::sandbox;
use crate::value::{Value, to_text};

/// Looks a path of attributes and items up.
pub(super) struct Getter {
    path: Vec<Value>,
    default: Option<Value>,
    fold_case: bool,
}

impl Getter {
    /// A getter for the `attribute` given; without one, the item itself.
    pub fn new(attribute: Option<&Value>) -> Self {
        let path = match attribute {
            None => Vec::new(),
            Some(Value::Str(text)) => text.split('.').map(part).collect(),
            Some(other) => vec![other.clone()],
        };
        Self { path, default: None, fold_case: false }
    }

    /// Makes strings compare without regard to case.
    pub fn folding(self, fold_case: bool) -> Self {
        Self { fold_case, ..self }
    }

    /// Takes the place of undefined values.
    pub fn or(self, default: Option<&Value>) -> Self {
        Self { default: default.cloned(), ..self }
    }

    pub fn get(&self, run: &mut Interpreter, item: &Value) -> Result<Value> {
        let mut value = item.clone();
        for part in &self.path {
            value = sandbox::item(run, &value, part)?;
            if value.is_undefined()
                && let Some(default) = &self.default
            {
                value = default.clone();
            }
        }
        if self.fold_case { fold(run, value) } else { Ok(value) }
    }
}

fn part(text: &str) -> Value {
    if text.bytes().all(|byte| byte.is_ascii_digit())
        && let Some(index) = BigInt::parse_bytes(text.as_bytes(), 10)
    {
        return Value::integer(index);
    }
    Value::text(text)
}

/// The lower case of a string; other values as they are.
pub(super) fn fold(run: &mut Interpreter, value: Value) -> Result<Value> {
    match &value {
        Value::Str(text) => {
            run.meter.string(text.len())?;
            Ok(Value::Str(text.like(text.to_lowercase())))
        }
        _ => Ok(value),
    }
}

/// Getters for the attributes in `'a,b'`.
pub(super) fn getters(attribute: Option<&Value>, fold_case: bool) -> Vec<Getter> {
    match attribute {
        Some(Value::Str(text)) => text
            .split(',')
            .map(|part| Getter::new(Some(&Value::text(part))).folding(fold_case))
            .collect(),
        other => vec![Getter::new(other).folding(fold_case)],
    }
}

/// Python's `str(value)`, which is never safe text.
pub(super) fn plain_text(run: &mut Interpreter, value: &Value) -> Result<crate::value::Str> {
    let text = to_text(run, value)?;
    Ok(if text.is_markup() { text.as_str().into() } else { text })
}
