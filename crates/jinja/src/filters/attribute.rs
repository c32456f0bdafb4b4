//! The `attribute` argument of filters: `'user.name'`, `0`, `'items.0.id'`.

use std::borrow::Cow;

use num_bigint::BigInt;
use smallvec::{SmallVec, smallvec};

use crate::error::Result;
use crate::interpreter::Interpreter;
use crate::methods;
use crate::sandbox;
use crate::value::{Str, Value, as_text};

/// Looks a path of attributes and items up.
pub(super) struct Getter {
    path: SmallVec<[Value; 1]>,
    default: Option<Value>,
    fold_case: bool,
}

impl Getter {
    /// A getter for the `attribute` given; without one, the item itself.
    pub fn new(attribute: Option<&Value>) -> Self {
        let path = match attribute {
            None => SmallVec::new(),
            Some(Value::Str(text)) if text.contains('.') => text.split('.').map(part).collect(),
            Some(Value::Str(text)) => smallvec![part(text)],
            Some(other) => smallvec![other.clone()],
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

    #[inline]
    pub fn get<'v>(&self, run: &mut Interpreter, item: &'v Value) -> Result<Cow<'v, Value>> {
        let mut value = Cow::Borrowed(item);
        for part in &self.path {
            value = Cow::Owned(self.part(run, &value, part)?);
        }
        if self.fold_case
            && let Some(folded) = fold(run, &value)?
        {
            return Ok(Cow::Owned(folded));
        }
        Ok(value)
    }

    fn part(&self, run: &mut Interpreter, value: &Value, part: &Value) -> Result<Value> {
        let found = sandbox::item(run, value, part)?;
        match &self.default {
            Some(default) if found.is_undefined() => Ok(default.clone()),
            _ => Ok(found),
        }
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

/// The lower case of a string that has another.
pub(super) fn fold(run: &mut Interpreter, value: &Value) -> Result<Option<Value>> {
    let Value::Str(text) = value else { return Ok(None) };
    run.meter.string(text.len())?;
    if text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()) {
        return Ok(None);
    }
    let lower = |output: &mut String| methods::lower(text, output);
    Ok(Some(Value::Str(Str::built(&mut run.output, text.is_markup(), lower))))
}

/// Getters for the attributes in `'a,b'`.
pub(super) fn getters(attribute: Option<&Value>) -> SmallVec<[Getter; 1]> {
    match attribute {
        Some(Value::Str(text)) if text.contains(',') => {
            text.split(',').map(|part| Getter::new(Some(&Value::text(part)))).collect()
        }
        other => smallvec![Getter::new(other)],
    }
}

/// Python's `str(value)`, which is never safe text.
pub(super) fn plain_text<'v>(run: &mut Interpreter, value: &'v Value) -> Result<Cow<'v, Str>> {
    let text = as_text(run, value)?;
    Ok(if text.is_markup() { Cow::Owned(text.as_str().into()) } else { text })
}
