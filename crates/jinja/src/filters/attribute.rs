//! The `attribute` argument of filters: `'user.name'`, `0`, `'items.0.id'`.

use std::borrow::Cow;

use num_bigint::BigInt;
use smallvec::{SmallVec, smallvec};

use crate::error::{Error, Result};
use crate::methods;
use crate::run::Run;
use crate::sandbox;
use crate::value::{MAX_DIGITS, Str, Value, as_text};

/// Looks a path of attributes and items up.
pub(super) struct Getter {
    path: SmallVec<[Value; 1]>,
    default: Option<Value>,
    fold_case: bool,
}

impl Getter {
    /// A getter for the `attribute` given; without one, the item itself.
    pub fn new(run: &mut Run, attribute: Option<&Value>) -> Result<Self> {
        let mut path = SmallVec::new();
        match attribute {
            None => {}
            Some(Value::Str(text)) => {
                run.meter.string(text.len())?;
                for name in text.split('.') {
                    run.meter.list(1)?;
                    path.push(part(name)?);
                }
            }
            Some(other) => path.push(other.clone()),
        }
        Ok(Self { path, default: None, fold_case: false })
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
    pub fn get<'v>(&self, run: &mut Run, item: &'v Value) -> Result<Cow<'v, Value>> {
        let mut value = Cow::Borrowed(item);
        run.meter.tick(self.path.len())?;
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

    fn part(&self, run: &mut Run, value: &Value, part: &Value) -> Result<Value> {
        let found = sandbox::item(run, value, part)?;
        match &self.default {
            Some(default) if found.is_undefined() => Ok(default.clone()),
            _ => Ok(found),
        }
    }
}

fn part(text: &str) -> Result<Value> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(Value::text(text));
    }
    if text.len() > MAX_DIGITS {
        let message = format!("an integer has more than {MAX_DIGITS} digits");
        return Err(Error::value_error(message));
    }
    let index = BigInt::parse_bytes(text.as_bytes(), 10);
    Ok(index.map_or_else(|| Value::text(text), Value::integer))
}

/// The lower case of a string that has another.
pub(super) fn fold(run: &mut Run, value: &Value) -> Result<Option<Value>> {
    let Value::Str(text) = value else { return Ok(None) };
    run.meter.string(text.len())?;
    if text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()) {
        return Ok(None);
    }
    let lower = |output: &mut String| methods::lower(text, output);
    Ok(Some(Value::Str(Str::built(&mut run.output, text.is_markup(), lower))))
}

/// Getters for the attributes in `'a,b'`.
pub(super) fn getters(run: &mut Run, attribute: Option<&Value>) -> Result<SmallVec<[Getter; 1]>> {
    match attribute {
        Some(Value::Str(text)) if text.contains(',') => {
            run.meter.string(text.len())?;
            let names = text.split(',');
            names.map(|name| Getter::new(run, Some(&Value::text(name)))).collect()
        }
        other => Ok(smallvec![Getter::new(run, other)?]),
    }
}

/// Python's `str(value)`, which is never safe text.
pub(super) fn plain_text<'v>(run: &mut Run, value: &'v Value) -> Result<Cow<'v, Str>> {
    let text = as_text(run, value)?;
    Ok(if text.is_markup() { Cow::Owned(text.as_str().into()) } else { text })
}
