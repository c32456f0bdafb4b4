//! Format specifications such as `>8.3f`.

use num_bigint::BigInt;
use num_traits::{Signed, ToPrimitive};

use super::float::{format_magnitude, format_significant, with_point};
use crate::error::{Error, Result};
use crate::run::Run;
use crate::value::{Str, Value, format_float, format_integer, repr_text, to_text};

/// A parsed specification.
#[derive(Debug, Default)]
struct Spec {
    fill: Option<char>,
    align: Option<char>,
    sign: Option<char>,
    /// `z`: negative zero counts as positive.
    no_negative_zero: bool,
    alternate: bool,
    zero: bool,
    width: usize,
    grouping: Option<char>,
    precision: Option<usize>,
    kind: Option<char>,
}

/// Python's `format(value, spec)`.
pub(crate) fn format_value(run: &mut Run, value: &Value, spec: &str) -> Result<Str> {
    if spec.is_empty() {
        return to_text(run, value);
    }
    let formatted = match value {
        Value::Str(text) => {
            let spec = parse(spec, value)?;
            reserve(run, &spec, text.len())?;
            format_text(text, &spec)?
        }
        Value::Bool(_) | Value::Int(_) | Value::Big(_) => {
            let spec = parse(spec, value)?;
            reserve(run, &spec, 0)?;
            format_int(run, value, &spec)?
        }
        Value::Float(number) => {
            let spec = parse(spec, value)?;
            reserve(run, &spec, 400)?;
            format_real(*number, &spec, value)?
        }
        _ => {
            let name = value.type_name();
            let message = format!("unsupported format string passed to {name}.__format__");
            return Err(Error::type_error(message));
        }
    };
    Ok(formatted.into())
}

/// Asks for the memory that width and precision will need.
fn reserve(run: &mut Run, spec: &Spec, plus: usize) -> Result<()> {
    let size = spec.width.saturating_mul(4).saturating_add(spec.precision.unwrap_or(0));
    run.meter.string(size.saturating_add(plus))
}

fn parse(text: &str, value: &Value) -> Result<Spec> {
    let mut spec = Spec::default();
    let mut rest: Vec<char> = text.chars().collect();
    rest.reverse();
    let is_align = |character: Option<&char>| matches!(character, Some('<' | '>' | '=' | '^'));
    if is_align(rest.len().checked_sub(2).and_then(|index| rest.get(index))) {
        spec.fill = rest.pop();
        spec.align = rest.pop();
    } else if is_align(rest.last()) {
        spec.align = rest.pop();
    }
    let mut take = |choices: &str| rest.pop_if(|character| choices.contains(*character));
    spec.sign = take("+- ");
    spec.no_negative_zero = take("z").is_some();
    spec.alternate = take("#").is_some();
    if take("0").is_some() {
        spec.zero = true;
    }
    spec.width = number(&mut rest)?.unwrap_or(0);
    spec.grouping = rest.pop_if(|character| matches!(*character, ',' | '_'));
    if rest.pop_if(|character| *character == '.').is_some() {
        let precision = number(&mut rest)?;
        spec.precision = Some(
            precision.ok_or_else(|| Error::value_error("Format specifier missing precision"))?,
        );
    }
    spec.kind = rest.pop();
    if rest.is_empty() {
        return Ok(spec);
    }
    let (text, name) = (repr_text(text), value.type_name());
    Err(Error::value_error(format!("Invalid format specifier {text} for object of type '{name}'")))
}

fn number(rest: &mut Vec<char>) -> Result<Option<usize>> {
    let mut digits = String::new();
    while let Some(digit) = rest.pop_if(|character| character.is_ascii_digit()) {
        digits.push(digit);
    }
    if digits.is_empty() {
        return Ok(None);
    }
    let number = digits.parse().ok().filter(|number| *number <= i64::MAX as usize);
    number.map(Some).ok_or_else(|| Error::value_error("Too many decimal digits in format string"))
}

fn unknown_kind(kind: char, value: &Value) -> Error {
    let name = value.type_name();
    Error::value_error(format!("Unknown format code '{kind}' for object of type '{name}'"))
}

fn format_text(text: &Str, spec: &Spec) -> Result<String> {
    if let Some(kind) = spec.kind.filter(|kind| *kind != 's') {
        return Err(unknown_kind(kind, &Value::Str(text.clone())));
    }
    let refused = spec.sign.is_some()
        || spec.no_negative_zero
        || spec.alternate
        || spec.grouping.is_some()
        || spec.align == Some('=');
    if refused {
        return Err(Error::value_error("option not allowed in string format specifier"));
    }
    let shown = text.substring(0, spec.precision.unwrap_or(usize::MAX).min(text.chars()));
    Ok(pad("", shown, spec, '<'))
}

/// Fills up to the width; the sign stays in front of zeros.
fn pad(sign: &str, body: &str, spec: &Spec, default: char) -> String {
    let fill = spec.fill.unwrap_or(if spec.zero { '0' } else { ' ' });
    let align = spec.align.unwrap_or(if spec.zero && default == '>' { '=' } else { default });
    let missing = spec.width.saturating_sub(sign.chars().count() + body.chars().count());
    let (before, after) = match align {
        '<' => (0, missing),
        '^' => (missing / 2, missing - missing / 2),
        _ => (missing, 0),
    };
    let fill_by = |count: usize| std::iter::repeat_n(fill, count);
    let mut text = String::new();
    if align == '=' {
        text.push_str(sign);
        text.extend(fill_by(before));
    } else {
        text.extend(fill_by(before));
        text.push_str(sign);
    }
    text.push_str(body);
    text.extend(fill_by(after));
    text
}

fn sign_of(negative: bool, spec: &Spec) -> &'static str {
    match spec.sign {
        _ if negative => "-",
        Some('+') => "+",
        Some(' ') => " ",
        _ => "",
    }
}

/// Puts a separator between groups of `size` digits of the whole part, and fills with grouped
/// zeros where the width asks for it.
fn group(body: &str, size: usize, sign: &str, spec: &Spec) -> String {
    let Some(separator) = spec.grouping else { return body.into() };
    let whole =
        body.find(|character: char| !character.is_ascii_alphanumeric()).unwrap_or(body.len());
    let whole = match body.find(['e', 'E']).filter(|_| size == 3) {
        Some(exponent) => whole.min(exponent),
        None => whole,
    };
    let (digits, rest) = body.split_at(whole);
    if digits.contains(|character: char| !character.is_ascii_hexdigit()) {
        return body.into();
    }
    let zero_fill = spec.fill.map_or(spec.zero, |fill| fill == '0')
        && spec.align.map_or(spec.zero, |align| align == '=');
    let target = spec.width.saturating_sub(sign.len() + rest.len());
    let mut reversed = String::new();
    let mut length = 0;
    let mut count = 0;
    let mut digits = digits.chars().rev().peekable();
    while digits.peek().is_some() || (zero_fill && length < target) {
        if count > 0 && count % size == 0 {
            reversed.push(separator);
            length += 1;
        }
        reversed.push(digits.next().unwrap_or('0'));
        count += 1;
        length += 1;
    }
    reversed.chars().rev().chain(rest.chars()).collect()
}

fn format_int(run: &mut Run, value: &Value, spec: &Spec) -> Result<String> {
    let integer = value.as_integer().unwrap_or_default();
    let kind = spec.kind.unwrap_or('d');
    if matches!(kind, 'e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%') {
        let float = integer.to_f64().filter(|float| float.is_finite());
        let float = float.ok_or_else(|| Error::overflow("int too large to convert to float"))?;
        return format_real(float, spec, value);
    }
    if spec.precision.is_some() {
        return Err(Error::value_error("Precision not allowed in integer format specifier"));
    }
    if spec.no_negative_zero {
        return Err(Error::value_error("Negative zero coercion (z) not allowed in integer format"));
    }
    if kind == 'c' {
        return format_character(&integer, spec);
    }
    let radix = match kind {
        'b' => 2,
        'o' => 8,
        'x' | 'X' => 16,
        'd' | 'n' => 10,
        _ => return Err(unknown_kind(kind, value)),
    };
    let refused =
        (kind == 'n' && spec.grouping.is_some()) || (radix != 10 && spec.grouping == Some(','));
    if refused {
        return Err(Error::value_error(format!("Cannot specify this grouping with '{kind}'.")));
    }
    run.meter.tick(usize::try_from(integer.bits() / 64).unwrap_or(usize::MAX))?;
    let magnitude = integer.abs();
    let mut digits =
        if radix == 10 { format_integer(&magnitude)? } else { magnitude.to_str_radix(radix) };
    let mut sign = sign_of(integer.is_negative(), spec).to_owned();
    if kind == 'X' {
        digits = digits.to_ascii_uppercase();
    }
    if spec.alternate && radix != 10 {
        sign.push('0');
        sign.push(kind);
    }
    let digits = group(&digits, if radix == 10 { 3 } else { 4 }, &sign, spec);
    Ok(pad(&sign, &digits, spec, '>'))
}

fn format_character(integer: &BigInt, spec: &Spec) -> Result<String> {
    if spec.sign.is_some() || spec.alternate || spec.grouping.is_some() {
        return Err(Error::value_error("option not allowed with integer format specifier 'c'"));
    }
    let character = integer.to_u32().and_then(char::from_u32);
    let character =
        character.ok_or_else(|| Error::overflow("%c arg not in range(0x110000)"))?.to_string();
    Ok(pad("", &character, spec, '>'))
}

fn format_real(number: f64, spec: &Spec, value: &Value) -> Result<String> {
    let precision = spec.precision.unwrap_or(6);
    let mut number = number;
    let mut body = match spec.kind {
        None if spec.precision.is_none() => {
            let text = format_float(number.abs());
            if spec.alternate { with_point(text, true) } else { text }
        }
        None => format_significant(number.abs(), precision, spec.alternate),
        Some('%') => {
            number *= 100.0;
            format_magnitude(number, 'f', precision, spec.alternate) + "%"
        }
        Some('n') if spec.grouping.is_some() => {
            return Err(Error::value_error("Cannot specify grouping with 'n'."));
        }
        Some('n') => format_magnitude(number, 'g', precision, spec.alternate),
        Some(kind @ ('e' | 'E' | 'f' | 'F' | 'g' | 'G')) => {
            format_magnitude(number, kind, precision, spec.alternate)
        }
        Some(kind) => return Err(unknown_kind(kind, value)),
    };
    let is_zero =
        !body.contains(|character| matches!(character, '1'..='9' | 'i' | 'n' | 'I' | 'N'));
    let negative =
        number.is_sign_negative() && !number.is_nan() && !(spec.no_negative_zero && is_zero);
    let sign = sign_of(negative, spec);
    if number.is_finite() {
        body = group(&body, 3, sign, spec);
    }
    Ok(pad(sign, &body, spec, '>'))
}
