//! `'%s %03d' % (name, number)`

mod convert;

pub(super) use convert::ascii;
use convert::{character, integer, real, sign, truncated};

use super::float::format_magnitude;
use crate::error::{Error, Result};
use crate::markup;
use crate::run::Run;
use crate::sandbox;
use crate::value::{Key, Object, Str, Value, repr, to_text};

/// One conversion such as `%-08.3f`.
#[derive(Default)]
struct Conversion {
    left: bool,
    plus: bool,
    space: bool,
    alternate: bool,
    zero: bool,
    width: usize,
    precision: Option<usize>,
}

/// What is left of a format.
struct Rest<'f>(&'f str);

impl<'f> Rest<'f> {
    fn next(&mut self) -> Option<char> {
        let mut characters = self.0.chars();
        let next = characters.next();
        self.0 = characters.as_str();
        next
    }

    /// Takes an ASCII character if it `is_wanted`.
    fn next_if(&mut self, is_wanted: impl FnOnce(u8) -> bool) -> Option<u8> {
        let next = *self.0.as_bytes().first()?;
        if !is_wanted(next) {
            return None;
        }
        self.0 = self.0.get(1..)?;
        Some(next)
    }

    fn next_is(&mut self, wanted: u8) -> bool {
        self.next_if(|character| character == wanted).is_some()
    }

    /// Takes the text up to the next conversion.
    fn text(&mut self) -> &'f str {
        let end = self.0.bytes().position(|byte| byte == b'%').unwrap_or(self.0.len());
        let (text, rest) = self.0.split_at(end);
        self.0 = rest;
        text
    }
}

struct PercentFormatter<'f> {
    rest: Rest<'f>,
    values: &'f Value,
    /// Next item of the values, if they are a tuple; otherwise 1 once the value is used.
    next: usize,
    used_mapping: bool,
    markup: bool,
    out: String,
}

/// Python's `format % values`.
pub(crate) fn percent_format(run: &mut Run, format: &Str, values: &Value) -> Result<Value> {
    let mut formatter = PercentFormatter {
        rest: Rest(format),
        values,
        next: 0,
        used_mapping: false,
        markup: format.is_markup(),
        out: String::with_capacity(format.len() + 16),
    };
    loop {
        formatter.out.push_str(formatter.rest.text());
        if formatter.out.len() > run.meter.limits.string {
            run.meter.string(formatter.out.len())?;
        }
        if !formatter.rest.next_is(b'%') {
            break;
        }
        formatter.conversion(run)?;
        run.meter.tick(1)?;
    }
    formatter.check_all_used()?;
    run.meter.string(formatter.out.len())?;
    Ok(Value::Str(format.like(formatter.out)))
}

fn is_mapping(value: &Value) -> bool {
    match value {
        Value::Dict(_) | Value::List(_) | Value::Undefined(_) | Value::Bytes(_) => true,
        Value::Object(object) => {
            matches!(**object, Object::Range(_) | Object::TemplateReference(_))
        }
        _ => false,
    }
}

impl PercentFormatter<'_> {
    fn check_all_used(&self) -> Result<()> {
        let given = match self.values {
            Value::Tuple(tuple) => tuple.items.len(),
            other if is_mapping(other) => 0,
            _ => 1,
        };
        if self.next < given && !self.used_mapping {
            return Err(Error::type_error("not all arguments converted during string formatting"));
        }
        Ok(())
    }

    fn next_value(&mut self) -> Result<Value> {
        let value = match self.values {
            Value::Tuple(tuple) => tuple.items.get(self.next).cloned(),
            other => (self.next == 0).then(|| other.clone()),
        };
        self.next += 1;
        value.ok_or_else(|| Error::type_error("not enough arguments for format string"))
    }

    fn conversion(&mut self, run: &mut Run) -> Result<()> {
        if self.rest.next_is(b'%') {
            self.out.push('%');
            return Ok(());
        }
        let mut keyed = None;
        if self.rest.next_is(b'(') {
            keyed = Some(self.key(run)?);
        }
        let mut conversion = self.flags();
        if let Some(width) = self.amount()? {
            conversion.left |= width < 0;
            conversion.width = usize::try_from(width.unsigned_abs()).unwrap_or(usize::MAX);
        }
        if self.rest.next_is(b'.') {
            let precision = self.amount()?.unwrap_or(0);
            conversion.precision = Some(usize::try_from(precision).unwrap_or(0));
        }
        while self.rest.next_if(|character| matches!(character, b'h' | b'l' | b'L')).is_some() {}
        let Some(kind) = self.rest.next() else {
            return Err(Error::value_error("incomplete format"));
        };
        let value = match keyed {
            Some(value) => value,
            None => self.next_value()?,
        };
        let size =
            conversion.width.saturating_mul(4).saturating_add(conversion.precision.unwrap_or(0));
        run.meter.string(size)?;
        self.convert(run, &conversion, kind, &value)
    }

    /// The value under `(key)`, whose parenthesis is consumed.
    fn key(&mut self, run: &mut Run) -> Result<Value> {
        if !is_mapping(self.values) {
            return Err(Error::type_error("format requires a mapping"));
        }
        let mut key = String::new();
        let mut depth = 1;
        loop {
            let Some(character) = self.rest.next() else {
                return Err(Error::value_error("incomplete format key"));
            };
            match character {
                '(' => depth += 1,
                ')' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                break;
            }
            key.push(character);
        }
        self.used_mapping = true;
        self.next = 1;
        match self.values {
            Value::Dict(dict) => {
                let found = dict.get(&Key::text(key.as_str()));
                found.ok_or_else(|| Error::lookup(format!("'{key}'")))
            }
            Value::Undefined(undefined) => Err(undefined.fail()),
            Value::Object(_) => sandbox::item(run, self.values, &Value::text(key)),
            other => other.refuse("takes no string as index"),
        }
    }

    fn flags(&mut self) -> Conversion {
        let mut conversion = Conversion::default();
        while let Some(flag) =
            self.rest.next_if(|flag| matches!(flag, b'-' | b'+' | b' ' | b'#' | b'0'))
        {
            match flag {
                b'-' => conversion.left = true,
                b'+' => conversion.plus = true,
                b' ' => conversion.space = true,
                b'#' => conversion.alternate = true,
                _ => conversion.zero = true,
            }
        }
        conversion
    }

    /// A width or precision: digits, or `*` for a value.
    fn amount(&mut self) -> Result<Option<i64>> {
        if self.rest.next_is(b'*') {
            let value = self.next_value()?;
            let amount = value.as_clamped();
            return amount.map(Some).ok_or_else(|| Error::type_error("* wants int"));
        }
        let mut amount: Option<i64> = None;
        while let Some(digit) = self.rest.next_if(|digit| digit.is_ascii_digit()) {
            let digit = i64::from(digit - b'0');
            let next =
                amount.unwrap_or(0).checked_mul(10).and_then(|amount| amount.checked_add(digit));
            amount = Some(next.ok_or_else(|| Error::value_error("width too big"))?);
        }
        Ok(amount)
    }

    fn convert(
        &mut self,
        run: &mut Run,
        conversion: &Conversion,
        kind: char,
        value: &Value,
    ) -> Result<()> {
        if let ('d' | 'i' | 'u', Value::Int(number), None) = (kind, value, conversion.precision) {
            let mut digits = itoa::Buffer::new();
            let digits = digits.format(number.unsigned_abs());
            self.pad(conversion, sign(conversion, *number < 0), digits, true);
            return Ok(());
        }
        let (sign, body) = match kind {
            's' | 'r' | 'a' => (String::new(), self.text(run, conversion, kind, value)?),
            'd' | 'i' | 'u' => integer(conversion, 'd', &truncated(value)?)?,
            'o' | 'x' | 'X' => {
                let Some(number) = value.as_integer() else {
                    let name = value.type_name();
                    let message = format!("%{kind} format: an integer is required, not {name}");
                    return Err(Error::type_error(message));
                };
                run.meter.tick(usize::try_from(number.bits() / 64).unwrap_or(usize::MAX))?;
                integer(conversion, kind, &number)?
            }
            'e' | 'E' | 'f' | 'F' | 'g' | 'G' => {
                let number = real(value)?;
                let precision = conversion.precision.unwrap_or(6);
                let body = format_magnitude(number, kind, precision, conversion.alternate);
                (sign(conversion, number.is_sign_negative() && !number.is_nan()).into(), body)
            }
            'c' => (String::new(), character(value)?),
            _ => {
                let code = u32::from(kind);
                let message = format!("unsupported format character '{kind}' ({code:#x})");
                return Err(Error::value_error(message));
            }
        };
        let numeric = !matches!(kind, 's' | 'r' | 'a' | 'c');
        self.pad(conversion, &sign, &body, numeric);
        Ok(())
    }

    fn text(
        &self,
        run: &mut Run,
        conversion: &Conversion,
        kind: char,
        value: &Value,
    ) -> Result<String> {
        let mut text = match kind {
            's' if self.markup => markup::escape(run, value)?.to_string(),
            's' => to_text(run, value)?.to_string(),
            _ => repr(run, value)?,
        };
        if kind == 'a' {
            text = ascii(&text);
        }
        if self.markup && kind != 's' {
            text = markup::escape_text(&text);
        }
        if let Some(precision) = conversion.precision
            && let Some((end, _)) = text.char_indices().nth(precision)
        {
            text.truncate(end);
        }
        Ok(text)
    }

    fn pad(&mut self, conversion: &Conversion, sign: &str, body: &str, numeric: bool) {
        let length = if body.is_ascii() {
            sign.len() + body.len()
        } else {
            sign.len() + body.chars().count()
        };
        let missing = conversion.width.saturating_sub(length);
        let zero = numeric && conversion.zero && !conversion.left;
        if !conversion.left && !zero {
            self.out.extend(std::iter::repeat_n(' ', missing));
        }
        self.out.push_str(sign);
        if zero {
            self.out.extend(std::iter::repeat_n('0', missing));
        }
        self.out.push_str(body);
        if conversion.left {
            self.out.extend(std::iter::repeat_n(' ', missing));
        }
    }
}
