//! Filters and tests by name, and those that are given the name of another.

use std::collections::HashMap;
use std::sync::LazyLock;

use foldhash::fast::RandomState;

use crate::builtin::{Builtin, Find};
use crate::error::Result;
use crate::filters::FILTERS;
use crate::filters::select::{self, Choice};
use crate::run::Run;
use crate::tests::TESTS;
use crate::value::{Args, Key, Value};

const NAMING_FILTERS: &[Builtin] = &[
    Builtin::variadic("map", |run, value, args| select::map(run, value, args, filter)),
    Builtin::variadic("reject", |run, value, args| choose(run, value, args, false, false)),
    Builtin::variadic("rejectattr", |run, value, args| choose(run, value, args, true, false)),
    Builtin::variadic("select", |run, value, args| choose(run, value, args, false, true)),
    Builtin::variadic("selectattr", |run, value, args| choose(run, value, args, true, true)),
];

const NAMING_TESTS: &[Builtin] = &[
    Builtin::plain("filter", |run, value, _| is_known(run, value, filter)),
    Builtin::plain("test", |run, value, _| is_known(run, value, test)),
];

type ByName = LazyLock<HashMap<&'static str, &'static Builtin, RandomState>>;

static FILTERS_BY_NAME: ByName =
    LazyLock::new(|| FILTERS.iter().chain(NAMING_FILTERS).map(|one| (one.name, one)).collect());
static TESTS_BY_NAME: ByName =
    LazyLock::new(|| TESTS.iter().chain(NAMING_TESTS).map(|one| (one.name, one)).collect());

pub(crate) fn filter(name: &str) -> Option<&'static Builtin> {
    FILTERS_BY_NAME.get(name).copied()
}

pub(crate) fn test(name: &str) -> Option<&'static Builtin> {
    TESTS_BY_NAME.get(name).copied()
}

fn choose(
    run: &mut Run,
    value: &Value,
    args: Args,
    by_attribute: bool,
    wanted: bool,
) -> Result<Value> {
    select::choose(run, value, args, Choice { by_attribute, wanted }, test)
}

/// Whether the name is one `find` knows; as in a Python dict, it must be hashable.
fn is_known(run: &mut Run, name: &Value, find: Find) -> Result<Value> {
    Key::new(run, name.clone())?;
    Ok(Value::Bool(name.as_str().is_some_and(|name| find(name).is_some())))
}
