//! One value of a sample, cast as Python's `int()`, `float()` and `str()` do, into what both
//! databases can store.

use rmpv::ValueRef;

use crate::http::validation::parse_integer;

/// The first and the last second of the years that both databases can store.
const SECONDS: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;
/// Where means and sums still have room.
const LARGEST_FLOAT: f64 = 1e100;
/// The longest name of a node, in characters.
const LONGEST_NAME: usize = 255;

pub(super) fn integer(value: &ValueRef<'_>) -> Result<i64, String> {
    let too_large = |number: &dyn std::fmt::Display| format!("{number} needs more than 64 bits");
    match value {
        ValueRef::Boolean(flag) => Ok((*flag).into()),
        ValueRef::Integer(number) => number.as_i64().ok_or_else(|| too_large(number)),
        ValueRef::F32(number) => truncated((*number).into()),
        ValueRef::F64(number) => truncated(*number),
        other => {
            let text = text(other).ok_or_else(|| no_number(other))?;
            match parse_integer(text) {
                Ok(number) if !text.contains('.') => Ok(number),
                Err(("int_parsing_size", _)) => Err(too_large(&text)),
                _ => Err(format!("{text:?} is no integer")),
            }
        }
    }
}

pub(super) fn small_integer(value: &ValueRef<'_>) -> Result<i32, String> {
    let number = integer(value)?;
    number.try_into().map_err(|_| format!("{number} needs more than 32 bits"))
}

pub(super) fn time(value: &ValueRef<'_>) -> Result<i64, String> {
    let second = integer(value)?;
    let words = || format!("{second} is not a second of the years from 1 to 9999");
    SECONDS.contains(&second).then_some(second).ok_or_else(words)
}

pub(super) fn float(value: &ValueRef<'_>) -> Result<f64, String> {
    let number = match value {
        ValueRef::Boolean(flag) => (*flag).into(),
        ValueRef::Integer(number) => number.as_f64().unwrap_or(f64::NAN),
        ValueRef::F32(number) => (*number).into(),
        ValueRef::F64(number) => *number,
        other => {
            let text = text(other).ok_or_else(|| no_number(other))?;
            parse_float(text).ok_or_else(|| format!("{text:?} is no number"))?
        }
    };
    let words = || format!("{number} is not between -{LARGEST_FLOAT:e} and {LARGEST_FLOAT:e}");
    (number.abs() <= LARGEST_FLOAT).then_some(number).ok_or_else(words)
}

pub(super) fn name(value: &ValueRef<'_>) -> Result<String, String> {
    let name = match value {
        ValueRef::Nil => "None".to_owned(),
        ValueRef::Boolean(flag) => if *flag { "True" } else { "False" }.to_owned(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::F32(number) => float_as_text((*number).into()),
        ValueRef::F64(number) => float_as_text(*number),
        other => text(other).ok_or("it is no text in UTF-8")?.to_owned(),
    };
    if name.contains('\0') {
        return Err("it contains a NUL character".to_owned());
    }
    match name.chars().count() {
        0..=LONGEST_NAME => Ok(name),
        length => Err(format!("{length} characters are too many, there may be {LONGEST_NAME}")),
    }
}

fn no_number(value: &ValueRef<'_>) -> String {
    let kind = match value {
        ValueRef::Nil => "nil",
        ValueRef::String(_) | ValueRef::Binary(_) => "text that is not UTF-8",
        _ => "an extension type",
    };
    format!("{kind} is no number")
}

/// Text, also where an older library has sent it as bytes.
fn text<'a>(value: &ValueRef<'a>) -> Option<&'a str> {
    match value {
        ValueRef::String(text) => text.into_str(),
        ValueRef::Binary(bytes) => std::str::from_utf8(bytes).ok(),
        _ => None,
    }
}

fn truncated(number: f64) -> Result<i64, String> {
    const BEYOND: f64 = 9_223_372_036_854_775_808.0;
    if !(-BEYOND..BEYOND).contains(&number) {
        return Err(format!("{number} is no integer of 64 bits"));
    }
    #[expect(clippy::cast_possible_truncation, reason = "within the range, cut off as in Python")]
    Ok(number as i64)
}

/// Python's `float()`: white space around it, and single underscores between digits.
fn parse_float(text: &str) -> Option<f64> {
    let text = text.trim();
    let parts: Vec<_> = text.split('_').collect();
    let joined = parts.windows(2).all(|pair| {
        pair[0].ends_with(|c: char| c.is_ascii_digit())
            && pair[1].starts_with(|c: char| c.is_ascii_digit())
    });
    joined.then(|| parts.concat().parse().ok())?
}

/// Python's `repr` of a float.
fn float_as_text(number: f64) -> String {
    if number.is_infinite() || number.is_nan() {
        return number.to_string().to_lowercase();
    }
    let text = format!("{number:?}");
    let Some((digits, exponent)) = text.split_once('e') else { return text };
    let (sign, exponent) = match exponent.strip_prefix('-') {
        Some(exponent) => ('-', exponent),
        None => ('+', exponent),
    };
    format!("{}e{sign}{exponent:0>2}", digits.trim_end_matches(".0"))
}

#[cfg(test)]
mod tests {
    use rmpv::Value;

    use super::*;

    fn cast<T>(
        cast: fn(&ValueRef<'_>) -> Result<T, String>,
        value: impl Into<Value>,
    ) -> Result<T, String> {
        cast(&value.into().as_ref())
    }

    #[test]
    fn integers_are_what_python_makes_of_them() {
        for value in [
            Value::from(2),
            2.9.into(),
            2.9_f32.into(),
            "2".into(),
            " 2 ".into(),
            "+2".into(),
            "0_2".into(),
            Value::Binary(b"2".to_vec()),
        ] {
            assert_eq!(cast(integer, value.clone()), Ok(2), "{value}");
        }
        assert_eq!(cast(integer, true), Ok(1));
        assert_eq!(cast(integer, -2.9), Ok(-2));
        assert_eq!(cast(integer, i64::MIN), Ok(i64::MIN));
        for value in [
            Value::Nil,
            "x".into(),
            "".into(),
            "2.0".into(),
            "1e3".into(),
            f64::NAN.into(),
            f64::INFINITY.into(),
            1e19.into(),
            9_223_372_036_854_775_808.0.into(),
            u64::MAX.into(),
            "99999999999999999999".into(),
            Value::Binary(vec![0xff]),
            Value::Ext(-1, vec![0; 4]),
        ] {
            assert!(cast(integer, value.clone()).is_err(), "{value}");
        }
        assert_eq!(cast(small_integer, i32::MIN), Ok(i32::MIN));
        assert_eq!(
            cast(small_integer, 1_i64 << 31),
            Err("2147483648 needs more than 32 bits".into())
        );
        assert_eq!(cast(time, "1700000000"), Ok(1_700_000_000));
        for second in [i64::MAX, i64::MIN, 253_402_300_800, -62_135_596_801] {
            assert!(cast(time, second).unwrap_err().contains("years from 1 to 9999"));
        }
    }

    #[test]
    fn floats_are_what_python_makes_of_them() {
        for value in [
            Value::from(1.5),
            1.5_f32.into(),
            "1.5".into(),
            " 15e-1 ".into(),
            "+1.5".into(),
            "0_1.5".into(),
            "1.5_0".into(),
        ] {
            assert_eq!(cast(float, value.clone()), Ok(1.5), "{value}");
        }
        assert_eq!(cast(float, u64::MAX), Ok(18_446_744_073_709_551_615.0));
        for value in [
            Value::Nil,
            "x".into(),
            "".into(),
            "1__5".into(),
            "_1".into(),
            "1_".into(),
            "1_.5".into(),
            "nan".into(),
            "-inf".into(),
            f64::NAN.into(),
            1e101.into(),
            "1e999".into(),
        ] {
            assert!(cast(float, value.clone()).is_err(), "{value}");
        }
    }

    #[test]
    fn names_are_what_python_makes_of_them() {
        for (value, text) in [
            (Value::from("n1"), "n1"),
            (5.into(), "5"),
            (true.into(), "True"),
            (Value::Nil, "None"),
            (2.0.into(), "2.0"),
            (1e22.into(), "1e+22"),
            (1.5e-7.into(), "1.5e-07"),
            (f64::NAN.into(), "nan"),
            ("".into(), ""),
            (Value::Binary(b"n1".to_vec()), "n1"),
        ] {
            assert_eq!(cast(name, value).unwrap(), text);
        }
        assert!(cast(name, "a\0b").is_err());
        assert!(cast(name, Value::Ext(1, vec![])).is_err());
        assert_eq!(cast(name, "é".repeat(255)).unwrap().len(), 510);
        assert!(cast(name, "x".repeat(256)).unwrap_err().starts_with("256 characters"));
    }
}
