//! Numbers.

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{Signed, ToPrimitive, Zero};

use crate::arithmetic::{binary, power_integer};
use crate::error::{Error, Result};
use crate::operator::BinaryOperator;
use crate::run::Run;
use crate::value::{Args, Object, Value, float_to_integer, integer_from_text, parse_float};

pub(super) fn abs(_: &mut Run, value: &Value, _: Args) -> Result<Value> {
    match value {
        Value::Float(number) => Ok(Value::Float(number.abs())),
        Value::Int(number) if let Some(magnitude) = number.checked_abs() => {
            Ok(Value::Int(magnitude))
        }
        Value::Object(object) if let Object::Complex(real, imaginary) = &**object => {
            Ok(Value::Float(real.hypot(*imaginary)))
        }
        _ => match value.as_integer() {
            Some(integer) => Ok(Value::integer(integer.abs())),
            None => {
                let name = value.type_name();
                Err(Error::type_error(format!("bad operand type for abs(): '{name}'")))
            }
        },
    }
}

/// Floats below are integers of 64 bits when cut off.
const SMALL: f64 = 9e18;

/// `int(default=0, base=10)`
pub(super) fn int(run: &mut Run, value: &Value, args: Args) -> Result<Value> {
    count_characters(run, value)?;
    let default = || args.get(0).cloned().unwrap_or(Value::Int(0));
    match value {
        Value::Undefined(undefined) => Err(undefined.fail()),
        Value::Str(text) => {
            if args.get(1).is_none()
                && let Ok(number) = text.parse()
            {
                return Ok(Value::Int(number));
            }
            let base = match args.get(1) {
                None => Some(10),
                Some(base) => base.as_clamped().and_then(|base| u32::try_from(base).ok()),
            };
            if let Some(integer) = base.and_then(|base| integer_from_text(text, base)) {
                run.meter.integer(integer.bits())?;
                return Ok(Value::integer(integer));
            }
            let float = parse_float(text).and_then(|float| float_to_integer(float).ok());
            Ok(float.map_or_else(default, Value::integer))
        }
        Value::Int(_) => Ok(value.clone()),
        Value::Float(number) if number.is_nan() => Ok(default()),
        Value::Float(number) => whole(*number),
        Value::Bytes(bytes) => {
            let integer = str::from_utf8(bytes).ok().and_then(|text| integer_from_text(text, 10));
            Ok(integer.map_or_else(default, Value::integer))
        }
        other => Ok(other.as_integer().map_or_else(default, Value::integer)),
    }
}

/// Counts the characters that are looked at to read a number.
fn count_characters(run: &mut Run, value: &Value) -> Result<()> {
    match value {
        Value::Str(text) => run.meter.tick(text.len() / 16),
        Value::Bytes(bytes) => run.meter.tick(bytes.len() / 16),
        _ => Ok(()),
    }
}

/// Python's `int(number)`.
fn whole(number: f64) -> Result<Value> {
    if number.abs() < SMALL {
        return Ok(Value::Int(number as i64));
    }
    float_to_integer(number).map(Value::integer)
}

/// `float(default=0.0)`
pub(super) fn float(run: &mut Run, value: &Value, args: Args) -> Result<Value> {
    let default = || args.get(0).cloned().unwrap_or(Value::Float(0.0));
    Ok(as_float(run, value)?.map_or_else(default, Value::Float))
}

/// Python's `float(value)`; `None` where it fails for type or value.
pub(super) fn as_float(run: &mut Run, value: &Value) -> Result<Option<f64>> {
    count_characters(run, value)?;
    match value {
        Value::Undefined(undefined) => Err(undefined.fail()),
        Value::Float(number) => Ok(Some(*number)),
        Value::Int(number) => Ok(Some(*number as f64)),
        Value::Str(text) => Ok(parse_float(text)),
        Value::Bytes(bytes) => Ok(str::from_utf8(bytes).ok().and_then(parse_float)),
        other => match other.as_integer() {
            None => Ok(None),
            Some(integer) => {
                let float = integer.to_f64().filter(|float| float.is_finite());
                float.map(Some).ok_or_else(|| Error::overflow("int too large to convert to float"))
            }
        },
    }
}

/// `round(precision=0, method='common')`
pub(super) fn round(run: &mut Run, value: &Value, args: Args) -> Result<Value> {
    let method = match args.get(1) {
        None => "common",
        Some(Value::Str(method)) => method.as_str(),
        Some(_) => "",
    };
    match method {
        "common" => common(run, value, &args),
        "ceil" => toward(run, value, &args, f64::ceil),
        "floor" => toward(run, value, &args, f64::floor),
        _ => Err(Error::runtime("method must be common, ceil or floor")),
    }
}

fn common(run: &mut Run, value: &Value, args: &Args) -> Result<Value> {
    if let Value::Float(number) = value {
        if args.get(0).is_some_and(Value::is_none) {
            return whole(number.round_ties_even());
        }
        return round_float(*number, args.integer(0, 0)?).map(Value::Float);
    }
    if let (Value::Int(_), None) = (value, args.get(0)) {
        return Ok(value.clone());
    }
    let Some(integer) = value.as_integer() else {
        let name = value.type_name();
        return Err(Error::type_error(format!("type {name} doesn't define __round__ method")));
    };
    let digits = if args.get(0).is_some_and(Value::is_none) { 0 } else { args.integer(0, 0)? };
    if digits >= 0 {
        return Ok(Value::integer(integer));
    }
    let exponent = digits.unsigned_abs();
    if exponent > integer.bits() {
        return Ok(Value::Int(0));
    }
    let Value::Big(unit) = as_big(power_integer(run, &BigInt::from(10), &BigInt::from(exponent))?)
    else {
        return Ok(Value::Int(0));
    };
    Ok(Value::integer(round_to_multiple(&integer, &unit, false)))
}

fn as_big(value: Value) -> Value {
    match value.as_integer() {
        Some(integer) => Value::Big(integer.into()),
        None => value,
    }
}

/// The multiple of `unit` nearest to `value`, the even one if two are; `more` says that the true
/// value is a fraction further from zero.
fn round_to_multiple(value: &BigInt, unit: &BigInt, more: bool) -> BigInt {
    let (quotient, rest) = value.abs().div_rem(unit);
    let twice: BigInt = rest * 2u8;
    let up = match twice.cmp(unit) {
        std::cmp::Ordering::Greater => true,
        std::cmp::Ordering::Equal => more || quotient.is_odd(),
        std::cmp::Ordering::Less => false,
    };
    let rounded = (quotient + u8::from(up)) * unit;
    if value.is_negative() { -rounded } else { rounded }
}

fn round_float(number: f64, digits: i64) -> Result<f64> {
    if !number.is_finite() || digits > 400 {
        return Ok(number);
    }
    if digits == 0 {
        return Ok(number.round_ties_even());
    }
    if let Ok(digits) = usize::try_from(digits) {
        return Ok(format!("{number:.digits$}").parse().unwrap_or(number));
    }
    let exponent = u32::try_from(digits.unsigned_abs()).unwrap_or(u32::MAX);
    if exponent > 309 {
        return Ok(0f64.copysign(number));
    }
    let whole = float_to_integer(number)?;
    let rounded = round_to_multiple(&whole, &BigInt::from(10).pow(exponent), number.fract() != 0.0);
    if rounded.is_zero() {
        return Ok(0f64.copysign(number));
    }
    let float = rounded.to_f64().filter(|float| float.is_finite());
    float.ok_or_else(|| Error::overflow("rounded value too large to represent"))
}

/// Rounds by scaling, always in one direction.
fn toward(run: &mut Run, value: &Value, args: &Args, round: fn(f64) -> f64) -> Result<Value> {
    let precision = args.get(0).cloned().unwrap_or(Value::Int(0));
    let unit = binary(run, BinaryOperator::Power, &Value::Int(10), &precision)?;
    let scaled = binary(run, BinaryOperator::Multiply, value, &unit)?;
    let rounded = match &scaled {
        Value::Float(number) => whole(round(*number))?,
        other => match other.as_integer() {
            Some(integer) => Value::integer(integer),
            None => return other.refuse("found where a number is needed"),
        },
    };
    binary(run, BinaryOperator::Divide, &rounded, &unit)
}
