//! `map`, and choosing items by a test.

use super::attribute::Getter;
use super::group::opened;
use crate::builtin::{Builtin, Find};
use crate::error::{Error, Result};
use crate::run::Run;
use crate::value::{Args, ArgumentList, Iter, Key, Value, repr};

/// What becomes of an item.
enum Step {
    Get(Getter),
    Call {
        function: &'static Builtin,
        args: ArgumentList,
    },
    /// Fails for each item.
    Unknown {
        what: &'static str,
        name: Value,
    },
    Truth,
}

impl Step {
    fn apply(&self, run: &mut Run, item: &Value) -> Result<Value> {
        match self {
            Self::Get(getter) => Ok(getter.get(run, item)?.into_owned()),
            Self::Truth => Ok(Value::Bool(item.is_true())),
            Self::Call { function, args } => function.call(run, item, args.view()),
            Self::Unknown { what, name } => Err(unknown(run, what, name)?),
        }
    }
}

/// What becomes of a sequence.
enum Transform {
    Map(Step),
    /// Keeps the items for which the test of what the getter finds gives `wanted`.
    Choose {
        getter: Getter,
        test: Step,
        wanted: bool,
    },
}

impl Transform {
    /// What is given on of an item, if anything.
    fn apply(&self, run: &mut Run, item: Value) -> Result<Option<Value>> {
        match self {
            Self::Map(step) => step.apply(run, &item).map(Some),
            Self::Choose { getter, test, wanted } => {
                let tested = getter.get(run, &item)?;
                let chosen = test.apply(run, &tested)?.is_true() == *wanted;
                drop(tested);
                Ok(chosen.then_some(item))
            }
        }
    }
}

/// What applies the filter or test that the first argument names; items need it, not none of them.
fn named(mut args: ArgumentList, what: &'static str, find: Find) -> Step {
    let name = args.positional.remove(0);
    match name.as_str().and_then(|name| find(name)) {
        Some(function) => Step::Call { function, args },
        None => Step::Unknown { what, name },
    }
}

fn unknown(run: &mut Run, what: &str, name: &Value) -> Result<Error> {
    if !matches!(name, Value::Undefined(_)) {
        Key::new(run, name.clone())?;
    }
    Ok(Error::runtime(format!("no {what} named {}", repr(run, name)?)))
}

/// A lazy sequence over `value` whose transform is prepared when it is first asked for.
fn lazily(
    run: &mut Run,
    value: &Value,
    args: Args,
    prepare: impl Fn(&mut Run, ArgumentList) -> Result<Transform> + 'static,
) -> Result<Value> {
    let mut source = Err(value.clone());
    let mut args = Some(ArgumentList::from(args));
    let mut transform = None;
    Value::generator(run, move |run| {
        if let Some(args) = args.take() {
            if matches!(&source, Err(value) if !value.is_true()) {
                source = Ok(Iter::Empty);
            } else {
                transform = Some(prepare(run, args)?);
            }
        }
        let iter = opened(run, &mut source)?;
        let Some(transform) = &transform else { return Ok(None) };
        while let Some(item) = iter.next(run)? {
            if let Some(result) = transform.apply(run, item)? {
                return Ok(Some(result));
            }
        }
        Ok(None)
    })
}

/// `map(filter, …)` or `map(attribute=…, default=…)`, lazily.
pub(crate) fn map(run: &mut Run, value: &Value, args: Args, filters: Find) -> Result<Value> {
    lazily(run, value, args, move |run, args| map_step(run, args, filters).map(Transform::Map))
}

fn map_step(run: &mut Run, mut args: ArgumentList, filters: Find) -> Result<Step> {
    if args.positional.is_empty()
        && let Some(attribute) = args.take_keyword("attribute")
    {
        let default = args.take_keyword("default");
        if let Some((name, _)) = args.keywords.first() {
            return Err(Error::runtime(format!("unexpected keyword argument '{name}'")));
        }
        let attribute = Some(&attribute).filter(|attribute| !attribute.is_none());
        let getter = Getter::new(run, attribute)?;
        return Ok(Step::Get(getter.or(default.as_ref().filter(|default| !default.is_none()))));
    }
    if args.positional.is_empty() {
        return Err(Error::runtime("map requires a filter argument"));
    }
    Ok(named(args, "filter", filters))
}

/// Which items are given on.
#[derive(Clone, Copy)]
pub(crate) struct Choice {
    /// Whether it is an attribute of the item that is tested, which the first argument names.
    pub by_attribute: bool,
    pub wanted: bool,
}

/// `select`, `reject`, `selectattr` and `rejectattr`, lazily; without a test, by truth.
pub(crate) fn choose(
    run: &mut Run,
    value: &Value,
    args: Args,
    choice: Choice,
    tests: Find,
) -> Result<Value> {
    lazily(run, value, args, move |run, mut args| {
        let getter = match (choice.by_attribute, args.positional.is_empty()) {
            (false, _) => Getter::new(run, None)?,
            (true, true) => return Err(Error::runtime("missing parameter for attribute name")),
            (true, false) => {
                let attribute = args.positional.remove(0);
                Getter::new(run, Some(&attribute).filter(|attribute| !attribute.is_none()))?
            }
        };
        let test =
            if args.positional.is_empty() { Step::Truth } else { named(args, "test", tests) };
        Ok(Transform::Choose { getter, test, wanted: choice.wanted })
    })
}
