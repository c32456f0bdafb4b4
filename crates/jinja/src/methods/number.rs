//! Methods of `int`, `float` and `complex`.

use num_bigint::{BigInt, BigUint, Sign};
use num_traits::{Signed, ToPrimitive};

use crate::builtin::Builtin;
use crate::error::{Error, Result};
use crate::run::Run;
use crate::value::{Args, Object, Value};

pub(super) const INTEGER: &[Builtin] = &[
    Builtin::plain("as_integer_ratio", integer_ratio),
    Builtin::plain("bit_count", bit_count),
    Builtin::plain("bit_length", bit_length),
    Builtin::plain("conjugate", integer_conjugate),
    Builtin::new("from_bytes", 1, &["bytes", "byteorder", "signed"], from_bytes),
    Builtin::new("to_bytes", 0, &["length", "byteorder", "signed"], to_bytes),
];

pub(super) const FLOAT: &[Builtin] = &[
    Builtin::plain("as_integer_ratio", float_ratio),
    Builtin::plain("conjugate", same),
    Builtin::new("fromhex", 1, &[""], fromhex),
    Builtin::plain("hex", hex),
    Builtin::plain("is_integer", is_integer),
];

pub(super) const COMPLEX: &[Builtin] = &[Builtin::plain("conjugate", complex_conjugate)];

fn integer_of(subject: &Value) -> BigInt {
    subject.as_integer().unwrap_or_default()
}

fn float_of(subject: &Value) -> f64 {
    if let Value::Float(value) = subject { *value } else { f64::NAN }
}

fn same(_: &mut Run, subject: &Value, _: Args) -> Result<Value> {
    Ok(subject.clone())
}

fn integer_conjugate(_: &mut Run, subject: &Value, _: Args) -> Result<Value> {
    Ok(Value::integer(integer_of(subject)))
}

fn complex_conjugate(run: &mut Run, subject: &Value, _: Args) -> Result<Value> {
    if let Value::Object(object) = subject
        && let Object::Complex(real, imaginary) = &**object
    {
        return Value::object(run, Object::Complex(*real, -imaginary));
    }
    Ok(subject.clone())
}

fn integer_ratio(run: &mut Run, subject: &Value, _: Args) -> Result<Value> {
    Value::pair(run, Value::integer(integer_of(subject)), Value::Int(1))
}

fn bit_count(_: &mut Run, subject: &Value, _: Args) -> Result<Value> {
    let ones: u64 = integer_of(subject)
        .magnitude()
        .iter_u64_digits()
        .map(|digit| u64::from(digit.count_ones()))
        .sum();
    Ok(Value::integer(ones.into()))
}

fn bit_length(_: &mut Run, subject: &Value, _: Args) -> Result<Value> {
    Ok(Value::integer(integer_of(subject).bits().into()))
}

/// Whether the argument at `place` names big-endian order.
fn is_big_endian(args: &Args, place: usize) -> Result<bool> {
    match args.get(place) {
        None => Ok(true),
        Some(Value::Str(text)) if text.as_str() == "big" => Ok(true),
        Some(Value::Str(text)) if text.as_str() == "little" => Ok(false),
        Some(Value::Str(_)) => {
            Err(Error::value_error("byteorder must be either 'little' or 'big'"))
        }
        Some(other) => other.refuse("is no byte order"),
    }
}

fn from_bytes(run: &mut Run, _: &Value, args: Args) -> Result<Value> {
    let bytes = match args.value(0) {
        Value::Bytes(bytes) => bytes.to_vec(),
        other => other.refuse("found where bytes are needed")?,
    };
    run.meter.integer(bytes.len() as u64 * 8)?;
    let (big, signed) = (is_big_endian(&args, 1)?, args.flag(2, false));
    Ok(Value::integer(match (big, signed) {
        (true, true) => BigInt::from_signed_bytes_be(&bytes),
        (false, true) => BigInt::from_signed_bytes_le(&bytes),
        (true, false) => BigInt::from_bytes_be(Sign::Plus, &bytes),
        (false, false) => BigInt::from_bytes_le(Sign::Plus, &bytes),
    }))
}

fn to_bytes(run: &mut Run, subject: &Value, args: Args) -> Result<Value> {
    let length = args.integer(0, 1)?;
    let Ok(length) = usize::try_from(length) else {
        return Err(Error::value_error("length argument must be non-negative"));
    };
    run.meter.string(length)?;
    let (big, signed) = (is_big_endian(&args, 1)?, args.flag(2, false));
    let value = integer_of(subject);
    if value.is_negative() && !signed {
        return Err(Error::overflow("can't convert negative int to unsigned"));
    }
    let mut bytes =
        if signed { value.to_signed_bytes_le() } else { value.magnitude().to_bytes_le() };
    let fill = if value.is_negative() { 0xff } else { 0 };
    while bytes.len() > length && bytes.last() == Some(&fill) && (!signed || length == 0) {
        bytes.pop();
    }
    if bytes.len() > length {
        return Err(Error::overflow("int too big to convert"));
    }
    bytes.resize(length, fill);
    if big {
        bytes.reverse();
    }
    Ok(Value::Bytes(bytes.into()))
}

fn is_integer(_: &mut Run, subject: &Value, _: Args) -> Result<Value> {
    let value = float_of(subject);
    Ok(Value::Bool(value.is_finite() && value.fract() == 0.0))
}

/// Mantissa and exponent: `value == mantissa * 2 ** exponent`.
fn parts(value: f64) -> (u64, i32) {
    let bits = value.to_bits();
    let exponent = i32::try_from((bits >> 52) & 0x7ff).unwrap_or(0);
    let fraction = bits & 0x000f_ffff_ffff_ffff;
    if exponent == 0 { (fraction, -1074) } else { (fraction | (1 << 52), exponent - 1075) }
}

fn float_ratio(run: &mut Run, subject: &Value, _: Args) -> Result<Value> {
    let value = float_of(subject);
    if value.is_nan() {
        return Err(Error::value_error("cannot convert NaN to integer ratio"));
    }
    if value.is_infinite() {
        return Err(Error::overflow("cannot convert Infinity to integer ratio"));
    }
    let (mut mantissa, mut exponent) = parts(value);
    if mantissa == 0 {
        return Value::pair(run, Value::Int(0), Value::Int(1));
    }
    let zeros = mantissa.trailing_zeros();
    mantissa >>= zeros;
    exponent += i32::try_from(zeros).unwrap_or(0);
    let shift = exponent.unsigned_abs();
    let (mut numerator, mut denominator) = (BigInt::from(mantissa), BigInt::from(1));
    if exponent > 0 {
        numerator <<= shift;
    } else {
        denominator <<= shift;
    }
    if value < 0.0 {
        numerator = -numerator;
    }
    Value::pair(run, Value::integer(numerator), Value::integer(denominator))
}

fn hex(_: &mut Run, subject: &Value, _: Args) -> Result<Value> {
    let value = float_of(subject);
    if !value.is_finite() {
        return Ok(Value::text(crate::value::format_float(value)));
    }
    let sign = if value.is_sign_negative() { "-" } else { "" };
    if value == 0.0 {
        return Ok(Value::text(format!("{sign}0x0.0p+0")));
    }
    let (mantissa, exponent) = parts(value);
    let (lead, fraction) = (mantissa >> 52, mantissa & 0x000f_ffff_ffff_ffff);
    Ok(Value::text(format!("{sign}0x{lead}.{fraction:013x}p{:+}", exponent + 52)))
}

fn fromhex(_: &mut Run, _: &Value, args: Args) -> Result<Value> {
    let text = args.text(0)?.trim_matches(crate::lexer::is_space).to_ascii_lowercase();
    let invalid = || Error::value_error("invalid hexadecimal floating-point string");
    if let Some(value) = matches!(text.trim_start_matches(['+', '-']), "inf" | "infinity" | "nan")
        .then(|| text.parse().ok())
        .flatten()
    {
        return Ok(Value::Float(value));
    }
    let negative = text.starts_with('-');
    let digits = text.trim_start_matches(['+', '-']);
    let digits = digits.strip_prefix("0x").unwrap_or(digits);
    let (digits, exponent) = digits.split_once('p').unwrap_or((digits, "0"));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all = format!("{whole}{fraction}");
    if all.len() > 1000 {
        return Err(invalid());
    }
    let mantissa = BigUint::parse_bytes(all.as_bytes(), 16).ok_or_else(invalid)?;
    let exponent: i32 = exponent.parse().map_err(|_| invalid())?;
    let exponent = exponent.saturating_sub(i32::try_from(fraction.len() * 4).unwrap_or(0));
    let mantissa = mantissa.to_f64().unwrap_or(f64::INFINITY);
    let value = mantissa * 2f64.powi(exponent);
    if value.is_infinite() {
        return Err(Error::overflow("hexadecimal value too large to represent as a float"));
    }
    Ok(Value::Float(if negative { -value } else { value }))
}
