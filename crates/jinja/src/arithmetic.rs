//! Python's `+ - * / // % **` and signs.

use std::rc::Rc;

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{Signed, ToPrimitive, Zero};

use crate::error::{Error, Exception, Result};
use crate::format::percent_format;
use crate::operator::BinaryOperator;
use crate::run::Run;
use crate::value::{Key, List, Object, Str, Value, as_set, collect, integer_to_float};

/// A number brought to the common type of both operands.
enum Pair {
    Integers(BigInt, BigInt),
    Floats(f64, f64),
}

/// `a operator b`, for all operators but `and` and `or`.
pub(crate) fn binary(
    run: &mut Run,
    operator: BinaryOperator,
    a: &Value,
    b: &Value,
) -> Result<Value> {
    if let (Value::Int(a), Value::Int(b)) = (a, b)
        && let Some(result) = small(operator, *a, *b)
    {
        return Ok(Value::Int(result));
    }
    if let (BinaryOperator::Divide, Value::Int(a), Value::Int(b @ 1..)) = (operator, a, b)
        && let (Some(a), Some(b)) = (exact(*a), exact(*b))
    {
        return Ok(Value::Float(a / b));
    }
    if let (BinaryOperator::Modulo, Value::Str(format)) = (operator, a) {
        return percent_format(run, format, b);
    }
    if let Some(pair) = pair(a, b)? {
        return match pair {
            Pair::Integers(a, b) => integers(run, operator, &a, &b),
            Pair::Floats(a, b) => floats(run, operator, a, b),
        };
    }
    match operator {
        BinaryOperator::Add => add(run, a, b),
        BinaryOperator::Multiply => repeat(run, a, b),
        BinaryOperator::Subtract => subtract(run, a, b),
        _ => unsupported(operator, a, b),
    }
}

/// The result if it is an `i64` and easily found.
fn small(operator: BinaryOperator, a: i64, b: i64) -> Option<i64> {
    match operator {
        BinaryOperator::Add => a.checked_add(b),
        BinaryOperator::Subtract => a.checked_sub(b),
        BinaryOperator::Multiply => a.checked_mul(b),
        BinaryOperator::FloorDivide if b > 0 => a.checked_div_euclid(b),
        BinaryOperator::Modulo if b > 0 => a.checked_rem_euclid(b),
        BinaryOperator::Power => a.checked_pow(u32::try_from(b).ok()?),
        _ => None,
    }
}

fn pair(a: &Value, b: &Value) -> Result<Option<Pair>> {
    let pair = match (a, b) {
        (Value::Float(a), Value::Float(b)) => Pair::Floats(*a, *b),
        (Value::Float(a), Value::Int(b)) if let Some(b) = exact(*b) => Pair::Floats(*a, b),
        (Value::Int(a), Value::Float(b)) if let Some(a) = exact(*a) => Pair::Floats(a, *b),
        (Value::Float(a), b) => match b.as_integer() {
            Some(b) => Pair::Floats(*a, integer_to_float(&b)?),
            None => return Ok(None),
        },
        (a, Value::Float(b)) => match a.as_integer() {
            Some(a) => Pair::Floats(integer_to_float(&a)?, *b),
            None => return Ok(None),
        },
        (a, b) => match (a.as_integer(), b.as_integer()) {
            (Some(a), Some(b)) => Pair::Integers(a, b),
            _ => return Ok(None),
        },
    };
    Ok(Some(pair))
}

/// A small integer as a float.
fn exact(value: i64) -> Option<f64> {
    i32::try_from(value).ok().map(f64::from)
}

fn zero_division(what: &str) -> Error {
    Error::new(Exception::Arithmetic, format!("{what} by zero"))
}

fn integers(run: &mut Run, operator: BinaryOperator, a: &BigInt, b: &BigInt) -> Result<Value> {
    let divides = matches!(
        operator,
        BinaryOperator::Divide | BinaryOperator::FloorDivide | BinaryOperator::Modulo
    );
    if divides && b.is_zero() {
        return Err(zero_division("division"));
    }
    run.meter.integer(a.bits().max(b.bits()))?;
    Ok(Value::integer(match operator {
        BinaryOperator::Add => a + b,
        BinaryOperator::Subtract => a - b,
        BinaryOperator::Multiply => {
            run.meter.integer(a.bits() + b.bits())?;
            run.meter.tick(work(a, b))?;
            a * b
        }
        BinaryOperator::FloorDivide => {
            run.meter.tick(work(a, b))?;
            a.div_floor(b)
        }
        BinaryOperator::Modulo => {
            run.meter.tick(work(a, b))?;
            a.mod_floor(b)
        }
        BinaryOperator::Divide => return true_divide(a, b),
        BinaryOperator::Power => return power_integer(run, a, b),
        BinaryOperator::And | BinaryOperator::Or => return Ok(Value::None),
    }))
}

/// Steps that a product or quotient is worth.
fn work(a: &BigInt, b: &BigInt) -> usize {
    usize::try_from((a.bits() / 64) * (b.bits() / 64) / 64).unwrap_or(usize::MAX)
}

/// The correctly rounded quotient.
fn true_divide(a: &BigInt, b: &BigInt) -> Result<Value> {
    let exact = |value: &BigInt| value.bits() <= 53;
    if exact(a) && exact(b) {
        return Ok(Value::Float(a.to_f64().unwrap_or(0.0) / b.to_f64().unwrap_or(1.0)));
    }
    let shift = 66 + i64::try_from(b.bits()).unwrap_or(0) - i64::try_from(a.bits()).unwrap_or(0);
    let amount = shift.unsigned_abs();
    let (numerator, denominator) =
        if shift > 0 { (a.abs() << amount, b.abs()) } else { (a.abs(), b.abs() << amount) };
    let (quotient, rest) = numerator.div_rem(&denominator);
    let quotient = if rest.is_zero() { quotient } else { quotient | BigInt::from(1) };
    let magnitude = scale(quotient.to_f64().unwrap_or(f64::INFINITY), -shift);
    if magnitude.is_infinite() {
        return Err(Error::overflow("integer division result too large for a float"));
    }
    Ok(Value::Float(if a.is_negative() == b.is_negative() { magnitude } else { -magnitude }))
}

/// `value * 2 ** exponent`, in steps that do not overflow on the way.
fn scale(mut value: f64, mut exponent: i64) -> f64 {
    while exponent != 0 && value != 0.0 && value.is_finite() {
        let step = exponent.clamp(-1000, 1000);
        value *= 2f64.powi(i32::try_from(step).unwrap_or(0));
        exponent -= step;
    }
    value
}

/// `a ** b` on integers.
pub(crate) fn power_integer(run: &mut Run, a: &BigInt, b: &BigInt) -> Result<Value> {
    if b.is_negative() {
        if a.is_zero() {
            return Err(Error::new(Exception::Arithmetic, "0 to a negative power"));
        }
        return float_power(run, integer_to_float(a)?, integer_to_float(b)?);
    }
    if a.bits() <= 1 {
        let odd = b.is_odd();
        return Ok(Value::integer(if odd || b.is_zero() { power_of_unit(a, b) } else { a.abs() }));
    }
    let exponent = b.to_u32().ok_or_else(|| Error::limit("exponent is too large"))?;
    run.meter.integer(
        a.bits().saturating_mul(u64::from(exponent)).saturating_sub(u64::from(exponent)),
    )?;
    run.meter.tick(usize::try_from(a.bits() * u64::from(exponent) / 64).unwrap_or(usize::MAX))?;
    Ok(Value::integer(a.pow(exponent)))
}

fn power_of_unit(a: &BigInt, b: &BigInt) -> BigInt {
    if b.is_zero() { BigInt::from(1) } else { a.clone() }
}

fn floats(run: &mut Run, operator: BinaryOperator, a: f64, b: f64) -> Result<Value> {
    let result = match operator {
        BinaryOperator::Add => a + b,
        BinaryOperator::Subtract => a - b,
        BinaryOperator::Multiply => a * b,
        BinaryOperator::Power => return float_power(run, a, b),
        _ if b == 0.0 => return Err(zero_division("float division or modulo")),
        BinaryOperator::Divide => a / b,
        BinaryOperator::FloorDivide => floor_divide(a, b).0,
        _ => floor_divide(a, b).1,
    };
    Ok(Value::Float(result))
}

/// Python's `divmod` of floats.
fn floor_divide(a: f64, b: f64) -> (f64, f64) {
    let mut modulo = a % b;
    let mut quotient = (a - modulo) / b;
    if modulo == 0.0 {
        modulo = 0f64.copysign(b);
    } else if (b < 0.0) != (modulo < 0.0) {
        modulo += b;
        quotient -= 1.0;
    }
    if quotient == 0.0 {
        return (0f64.copysign(a / b), modulo);
    }
    let floor = quotient.floor();
    (if quotient - floor > 0.5 { floor + 1.0 } else { floor }, modulo)
}

fn float_power(run: &mut Run, a: f64, b: f64) -> Result<Value> {
    if a == 0.0 && b < 0.0 {
        return Err(Error::new(Exception::Arithmetic, "0.0 to a negative power"));
    }
    if a < 0.0 && a.is_finite() && b.is_finite() && b.fract() != 0.0 {
        let (size, angle) = ((-a).powf(b), std::f64::consts::PI * b);
        return Value::object(run, Object::Complex(size * angle.cos(), size * angle.sin()));
    }
    let result = a.powf(b);
    if result.is_infinite() && a.is_finite() && b.is_finite() {
        return Err(Error::overflow("result of the power is too large for a float"));
    }
    Ok(Value::Float(result))
}

fn unsupported(operator: BinaryOperator, a: &Value, b: &Value) -> Result<Value> {
    for operand in [a, b] {
        if let Value::Undefined(undefined) = operand {
            return Err(undefined.fail());
        }
    }
    let symbol = match operator {
        BinaryOperator::Add => "+",
        BinaryOperator::Subtract => "-",
        BinaryOperator::Multiply => "*",
        BinaryOperator::Divide => "/",
        BinaryOperator::FloorDivide => "//",
        BinaryOperator::Modulo => "%",
        BinaryOperator::Power => "** or pow()",
        BinaryOperator::And | BinaryOperator::Or => "and",
    };
    let (a, b) = (a.type_name(), b.type_name());
    Err(Error::type_error(format!("unsupported operand type(s) for {symbol}: '{a}' and '{b}'")))
}

fn add(run: &mut Run, a: &Value, b: &Value) -> Result<Value> {
    match (a, b) {
        (Value::Str(left), Value::Str(right)) => {
            let (left, right, markup) = crate::markup::unify(run, left, right)?;
            run.meter.string(left.len() + right.len())?;
            let mut text = String::with_capacity(left.len() + right.len());
            text.push_str(&left);
            text.push_str(&right);
            Ok(Value::Str(Str::new(text, markup)))
        }
        (Value::List(left), Value::List(right)) => {
            let length = left.items.borrow().len() + right.items.borrow().len();
            run.meter.list(length)?;
            let mut items = left.items.borrow().clone();
            items.extend(right.items.borrow().iter().cloned());
            Ok(Value::list(items))
        }
        (Value::Tuple(left), Value::Tuple(right)) => {
            run.meter.list(left.items.len() + right.items.len())?;
            Ok(Value::tuple(left.items.iter().chain(&right.items).cloned().collect()))
        }
        (Value::Bytes(left), Value::Bytes(right)) => {
            run.meter.string(left.len() + right.len())?;
            Ok(Value::Bytes(Rc::new([left.as_slice(), right.as_slice()].concat())))
        }
        _ => unsupported(BinaryOperator::Add, a, b),
    }
}

fn repeat(run: &mut Run, a: &Value, b: &Value) -> Result<Value> {
    let (sequence, count) = match (a, b) {
        (Value::Str(_) | Value::List(_) | Value::Tuple(_) | Value::Bytes(_), count) => (a, count),
        (count, Value::Str(_) | Value::List(_) | Value::Tuple(_) | Value::Bytes(_)) => (b, count),
        _ => return unsupported(BinaryOperator::Multiply, a, b),
    };
    let Some(count) = count.as_clamped() else {
        return unsupported(BinaryOperator::Multiply, a, b);
    };
    let count = usize::try_from(count).unwrap_or(0);
    let items = |items: &[Value], run: &mut Run| -> Result<Vec<Value>> {
        let length = items.len().saturating_mul(count);
        run.meter.list(length)?;
        Ok(items.iter().cycle().take(length).cloned().collect())
    };
    Ok(match sequence {
        Value::Str(text) => {
            run.meter.string(text.len().saturating_mul(count))?;
            Value::Str(text.like(text.repeat(count)))
        }
        Value::List(list) => {
            let repeated = items(&list.items.borrow(), run)?;
            Value::List(Rc::new(List::new(repeated)))
        }
        Value::Tuple(tuple) => Value::tuple(items(&tuple.items, run)?),
        Value::Bytes(bytes) => {
            run.meter.string(bytes.len().saturating_mul(count))?;
            Value::Bytes(Rc::new(bytes.repeat(count)))
        }
        _ => Value::None,
    })
}

/// The difference of a dict view or set and any iterable.
fn subtract(run: &mut Run, a: &Value, b: &Value) -> Result<Value> {
    if let Value::Object(object) = a
        && let Some(mut members) = as_set(run, object)?
    {
        for item in collect(run, b)? {
            let key = Key::new(run, item)?;
            members.remove(&key);
        }
        return Value::object(run, Object::Set(members.into()));
    }
    unsupported(BinaryOperator::Subtract, a, b)
}

/// Python's `-value`.
pub(crate) fn negative(value: &Value) -> Result<Value> {
    match value {
        Value::Int(value) if let Some(negated) = value.checked_neg() => Ok(Value::Int(negated)),
        Value::Float(value) => Ok(Value::Float(-value)),
        _ => match value.as_integer() {
            Some(integer) => Ok(Value::integer(-integer)),
            None => bad_operand("-", value),
        },
    }
}

/// Python's `+value`.
pub(crate) fn positive(value: &Value) -> Result<Value> {
    match value {
        Value::Float(_) => Ok(value.clone()),
        _ => match value.as_integer() {
            Some(integer) => Ok(Value::integer(integer)),
            None => bad_operand("+", value),
        },
    }
}

fn bad_operand(operator: &str, value: &Value) -> Result<Value> {
    if let Value::Undefined(undefined) = value {
        return Err(undefined.fail());
    }
    let name = value.type_name();
    Err(Error::type_error(format!("bad operand type for unary {operator}: '{name}'")))
}
