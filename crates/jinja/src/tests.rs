//! The tests, `value is name`.
//!
//! A new test is one function that gives a bool and one line in [`TESTS`].

use crate::arithmetic::binary;
use crate::builtin::Builtin;
use crate::error::Result;
use crate::methods;
use crate::operator::BinaryOperator;
use crate::run::Run;
use crate::value::{
    Args, Object, Order, Value, contains, equal, identical, iterate, ordering, to_text,
};

/// All but those that are given the name of a filter or test.
pub(crate) const TESTS: &[Builtin] = &[
    Builtin::new("!=", 1, &[""], not_equal),
    Builtin::new("<", 1, &[""], less),
    Builtin::new("<=", 1, &[""], less_or_equal),
    Builtin::new("==", 1, &[""], is_equal),
    Builtin::new(">", 1, &[""], greater),
    Builtin::new(">=", 1, &[""], greater_or_equal),
    Builtin::plain("boolean", boolean),
    Builtin::plain("callable", callable),
    Builtin::plain("defined", defined),
    Builtin::new("divisibleby", 1, &["num"], divisibleby),
    Builtin::new("eq", 1, &[""], is_equal),
    Builtin::new("equalto", 1, &[""], is_equal),
    Builtin::plain("escaped", escaped),
    Builtin::plain("even", even),
    Builtin::plain("false", is_false),
    Builtin::plain("float", float),
    Builtin::new("ge", 1, &[""], greater_or_equal),
    Builtin::new("greaterthan", 1, &[""], greater),
    Builtin::new("gt", 1, &[""], greater),
    Builtin::new("in", 1, &["seq"], is_in),
    Builtin::plain("integer", integer),
    Builtin::plain("iterable", iterable),
    Builtin::new("le", 1, &[""], less_or_equal),
    Builtin::new("lessthan", 1, &[""], less),
    Builtin::plain("lower", lower),
    Builtin::new("lt", 1, &[""], less),
    Builtin::plain("mapping", mapping),
    Builtin::new("ne", 1, &[""], not_equal),
    Builtin::plain("none", none),
    Builtin::plain("number", number),
    Builtin::plain("odd", odd),
    Builtin::new("sameas", 1, &["other"], sameas),
    Builtin::plain("sequence", sequence),
    Builtin::plain("string", string),
    Builtin::plain("true", is_true),
    Builtin::plain("undefined", undefined),
    Builtin::plain("upper", upper),
];

fn answer(result: bool) -> Result<Value> {
    Ok(Value::Bool(result))
}

fn is_equal(run: &mut Run, value: &Value, args: Args) -> Result<Value> {
    equal(run, value, args.value(0)).map(Value::Bool)
}

fn not_equal(run: &mut Run, value: &Value, args: Args) -> Result<Value> {
    answer(!equal(run, value, args.value(0))?)
}

fn less(run: &mut Run, value: &Value, args: Args) -> Result<Value> {
    ordering(run, Order::Less, value, args.value(0)).map(Value::Bool)
}

fn less_or_equal(run: &mut Run, value: &Value, args: Args) -> Result<Value> {
    ordering(run, Order::LessEqual, value, args.value(0)).map(Value::Bool)
}

fn greater(run: &mut Run, value: &Value, args: Args) -> Result<Value> {
    ordering(run, Order::Greater, value, args.value(0)).map(Value::Bool)
}

fn greater_or_equal(run: &mut Run, value: &Value, args: Args) -> Result<Value> {
    ordering(run, Order::GreaterEqual, value, args.value(0)).map(Value::Bool)
}

fn boolean(_: &mut Run, value: &Value, _: Args) -> Result<Value> {
    answer(matches!(value, Value::Bool(_)))
}

fn callable(_: &mut Run, value: &Value, _: Args) -> Result<Value> {
    answer(value.is_callable())
}

fn defined(_: &mut Run, value: &Value, _: Args) -> Result<Value> {
    answer(!value.is_undefined())
}

fn undefined(_: &mut Run, value: &Value, _: Args) -> Result<Value> {
    answer(value.is_undefined())
}

/// Whether the rest of the division by `divisor` equals `rest`.
fn leaves(run: &mut Run, value: &Value, divisor: &Value, rest: i64) -> Result<Value> {
    let left = binary(run, BinaryOperator::Modulo, value, divisor)?;
    equal(run, &left, &Value::Int(rest)).map(Value::Bool)
}

fn divisibleby(run: &mut Run, value: &Value, args: Args) -> Result<Value> {
    leaves(run, value, args.value(0), 0)
}

fn even(run: &mut Run, value: &Value, _: Args) -> Result<Value> {
    leaves(run, value, &Value::Int(2), 0)
}

fn odd(run: &mut Run, value: &Value, _: Args) -> Result<Value> {
    leaves(run, value, &Value::Int(2), 1)
}

fn escaped(_: &mut Run, value: &Value, _: Args) -> Result<Value> {
    answer(value.is_markup())
}

fn is_false(_: &mut Run, value: &Value, _: Args) -> Result<Value> {
    answer(matches!(value, Value::Bool(false)))
}

fn is_true(_: &mut Run, value: &Value, _: Args) -> Result<Value> {
    answer(matches!(value, Value::Bool(true)))
}

fn float(_: &mut Run, value: &Value, _: Args) -> Result<Value> {
    answer(matches!(value, Value::Float(_)))
}

fn integer(_: &mut Run, value: &Value, _: Args) -> Result<Value> {
    answer(matches!(value, Value::Int(_) | Value::Big(_)))
}

fn number(_: &mut Run, value: &Value, _: Args) -> Result<Value> {
    answer(match value {
        Value::Bool(_) | Value::Int(_) | Value::Big(_) | Value::Float(_) => true,
        Value::Object(object) => matches!(**object, Object::Complex(..)),
        _ => false,
    })
}

fn is_in(run: &mut Run, value: &Value, args: Args) -> Result<Value> {
    contains(run, args.value(0), value).map(Value::Bool)
}

fn iterable(run: &mut Run, value: &Value, _: Args) -> Result<Value> {
    answer(iterate(run, value).is_ok())
}

fn lower(run: &mut Run, value: &Value, args: Args) -> Result<Value> {
    let text = Value::Str(to_text(run, value)?);
    methods::islower(run, &text, args)
}

fn upper(run: &mut Run, value: &Value, args: Args) -> Result<Value> {
    let text = Value::Str(to_text(run, value)?);
    methods::isupper(run, &text, args)
}

fn mapping(_: &mut Run, value: &Value, _: Args) -> Result<Value> {
    answer(matches!(value, Value::Dict(_)))
}

fn none(_: &mut Run, value: &Value, _: Args) -> Result<Value> {
    answer(value.is_none())
}

fn sameas(_: &mut Run, value: &Value, args: Args) -> Result<Value> {
    answer(identical(value, args.value(0)))
}

/// Whether the value has a length and can be indexed.
fn sequence(_: &mut Run, value: &Value, _: Args) -> Result<Value> {
    answer(match value {
        Value::Undefined(_)
        | Value::Str(_)
        | Value::Bytes(_)
        | Value::List(_)
        | Value::Tuple(_)
        | Value::Dict(_) => true,
        Value::Object(object) => matches!(**object, Object::Range(_)),
        _ => false,
    })
}

fn string(_: &mut Run, value: &Value, _: Args) -> Result<Value> {
    answer(matches!(value, Value::Str(_)))
}
