//! Printing: Python's `str` and `repr`.

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt::Write;
use std::rc::Rc;

use unicode_general_category::{GeneralCategory, get_general_category};

use super::{
    Dict, Entries, Object, Range, Str, Value, ViewKind, format_float, format_integer, repr_bytes,
};
use crate::error::{Error, Result};
use crate::run::Run;

/// How deep containers are printed.
const MAX_DEPTH: usize = 200;

/// Python's `str(value)`; a string stays what it is.
pub(crate) fn to_text(run: &mut Run, value: &Value) -> Result<Str> {
    if let Value::Str(text) = value {
        return Ok(text.clone());
    }
    if let Value::Int(number) = value {
        let mut digits = itoa::Buffer::new();
        let digits = digits.format(*number);
        run.meter.string(digits.len())?;
        return Ok(digits.into());
    }
    let mut text = String::new();
    write_text(run, value, &mut text)?;
    run.meter.string(text.len())?;
    Ok(text.into())
}

/// As [`to_text`], for a look only.
pub(crate) fn as_text<'v>(run: &mut Run, value: &'v Value) -> Result<Cow<'v, Str>> {
    match value {
        Value::Str(text) => Ok(Cow::Borrowed(text)),
        _ => to_text(run, value).map(Cow::Owned),
    }
}

/// Python's `repr(value)`.
pub(crate) fn repr(run: &mut Run, value: &Value) -> Result<String> {
    let mut text = String::new();
    write_repr(run, value, &mut text)?;
    run.meter.string(text.len())?;
    Ok(text)
}

/// Appends `str(value)`.
#[inline]
pub(crate) fn write_text(run: &mut Run, value: &Value, out: &mut String) -> Result<()> {
    if write_plain(value, out) { Ok(()) } else { write_other(run, value, out) }
}

fn write_other(run: &mut Run, value: &Value, out: &mut String) -> Result<()> {
    match value {
        Value::Undefined(_) | Value::Missing => {}
        Value::Float(value) => out.push_str(&format_float(*value)),
        _ => write_repr(run, value, out)?,
    }
    Ok(())
}

/// Appends the text of a str or int; whether it is one.
#[inline]
pub(crate) fn write_plain(value: &Value, out: &mut String) -> bool {
    match value {
        Value::Str(text) => out.push_str(text),
        Value::Int(value) => write_integer(*value, out),
        _ => return false,
    }
    true
}

/// Appends the digits of an integer.
#[inline(never)]
pub(crate) fn write_integer(value: i64, out: &mut String) {
    match u8::try_from(value) {
        Ok(digit @ 0..10) => out.push(char::from(b'0' + digit)),
        Ok(number @ 10..100) => {
            out.push(char::from(b'0' + number / 10));
            out.push(char::from(b'0' + number % 10));
        }
        _ => out.push_str(itoa::Buffer::new().format(value)),
    }
}

/// Appends `repr(value)`.
pub(crate) fn write_repr(run: &mut Run, value: &Value, out: &mut String) -> Result<()> {
    ReprWriter { run, out, open: Vec::new() }.value(value)
}

struct ReprWriter<'w> {
    run: &'w mut Run,
    out: &'w mut String,
    /// Addresses of the containers being printed.
    open: Vec<usize>,
}

impl ReprWriter<'_> {
    fn value(&mut self, value: &Value) -> Result<()> {
        self.run.meter.tick(1)?;
        match value {
            Value::Missing | Value::Undefined(_) => self.out.push_str("Undefined"),
            Value::None => self.out.push_str("None"),
            Value::Bool(true) => self.out.push_str("True"),
            Value::Bool(false) => self.out.push_str("False"),
            Value::Int(value) => write_integer(*value, self.out),
            Value::Big(value) => self.out.push_str(&format_integer(value)?),
            Value::Float(value) => self.out.push_str(&format_float(*value)),
            Value::Str(text) if text.is_markup() => {
                let _ = write!(self.out, "Markup({})", repr_text(text));
            }
            Value::Str(text) => self.out.push_str(&repr_text(text)),
            Value::Bytes(bytes) => self.out.push_str(&repr_bytes(bytes)),
            Value::List(list) => {
                let address = Rc::as_ptr(list).addr();
                self.guarded(address, "[...]", |writer| {
                    let item = |_: &mut Run, at| Ok(list.items.borrow().get(at).cloned());
                    writer.sequence("[", "]", item)
                })?;
            }
            Value::Tuple(tuple) => {
                let end = if tuple.items.len() == 1 { ",)" } else { ")" };
                let address = Rc::as_ptr(tuple).addr();
                self.guarded(address, "(...)", |writer| {
                    writer.sequence("(", end, |_, at| Ok(tuple.items.get(at).cloned()))
                })?;
            }
            Value::Dict(dict) => {
                let address = Rc::as_ptr(dict).addr();
                self.guarded(address, "{...}", |writer| writer.dict(dict))?;
            }
            Value::Object(object) => self.object(object)?,
        }
        self.check_size()
    }

    fn check_size(&self) -> Result<()> {
        let limit = self.run.meter.limits.string.max(self.run.meter.limits.output);
        if self.out.len() <= limit {
            return Ok(());
        }
        Err(Error::limit(format!("text would be larger than {limit} bytes")))
    }

    /// Prints a container, or `again` if it is inside of itself.
    fn guarded(
        &mut self,
        address: usize,
        again: &str,
        print: impl FnOnce(&mut Self) -> Result<()>,
    ) -> Result<()> {
        if self.open.contains(&address) {
            self.out.push_str(again);
            return Ok(());
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(Error::limit(format!("value is nested deeper than {MAX_DEPTH}")));
        }
        self.open.push(address);
        let result = stacker::maybe_grow(64 << 10, 1 << 20, || print(self));
        self.open.pop();
        result
    }

    /// Prints what `item` gives for each place, as long as there is something.
    fn sequence(
        &mut self,
        start: &str,
        end: &str,
        item: impl Fn(&mut Run, usize) -> Result<Option<Value>>,
    ) -> Result<()> {
        self.out.push_str(start);
        let mut at = 0;
        while let Some(item) = item(self.run, at)? {
            if at > 0 {
                self.out.push_str(", ");
            }
            self.value(&item)?;
            at += 1;
        }
        self.out.push_str(end);
        Ok(())
    }

    fn dict(&mut self, dict: &Dict) -> Result<()> {
        self.out.push('{');
        let mut at = 0;
        while let Some((key, value)) = dict.entry(at) {
            if at > 0 {
                self.out.push_str(", ");
            }
            self.value(&key)?;
            self.out.push_str(": ");
            self.value(&value)?;
            at += 1;
        }
        self.out.push('}');
        Ok(())
    }

    fn object(&mut self, object: &Rc<Object>) -> Result<()> {
        let text = match &**object {
            Object::Range(range) => repr_range(range),
            Object::View(view) => return self.view(object, &view.dict, view.kind),
            Object::Set(items) => {
                return self.set(items);
            }
            Object::Complex(real, imaginary) => repr_complex(*real, *imaginary),
            Object::Loop(state) => state.describe(self.run)?,
            Object::Macro(function) => match function.signature.name.as_str() {
                "" => "<Macro anonymous>".into(),
                name => format!("<Macro {}>", repr_text(name)),
            },
            Object::Namespace(dict) => {
                self.out.push_str("<Namespace ");
                self.value(&Value::Dict(dict.clone()))?;
                ">".into()
            }
            Object::Class(class) => format!("<class '{}'>", class.path),
            Object::Function(function) => format!("<function {} at 0x7f0000000000>", function.name),
            Object::Method(method) => {
                let (name, owner) = (method.name, method.receiver.type_name());
                format!("<built-in method {name} of {owner} object at 0x7f0000000000>")
            }
            Object::TemplateReference(_) => "<TemplateReference None>".into(),
            Object::Iterator(_)
            | Object::Cycler(_)
            | Object::Joiner(_)
            | Object::BlockReference(_) => {
                format!("<{} object at 0x7f0000000000>", qualified(object.type_name()))
            }
        };
        self.out.push_str(&text);
        Ok(())
    }

    fn view(&mut self, object: &Rc<Object>, dict: &Dict, kind: ViewKind) -> Result<()> {
        self.out.push_str(object.type_name());
        self.guarded(Rc::as_ptr(object).addr(), "(...)", |writer| {
            writer.sequence("([", "])", |run, at| {
                let Some((key, value)) = dict.entry(at) else { return Ok(None) };
                Ok(Some(match kind {
                    ViewKind::Keys => key,
                    ViewKind::Values => value,
                    ViewKind::Items => Value::pair(run, key, value)?,
                }))
            })
        })
    }

    fn set(&mut self, members: &RefCell<Entries>) -> Result<()> {
        if members.borrow().is_empty() {
            self.out.push_str("set()");
            return Ok(());
        }
        let member = |at| members.borrow().get_index(at).map(|(key, _)| key.value.clone());
        self.sequence("{", "}", |_, at| Ok(member(at)))
    }
}

fn qualified(name: &'static str) -> String {
    match name {
        "Cycler" | "Joiner" => format!("jinja2.utils.{name}"),
        "BlockReference" => format!("jinja2.runtime.{name}"),
        "generator" => "generator object".into(),
        _ => name.into(),
    }
}

fn repr_range(range: &Range) -> String {
    let Range { start, stop, step } = range;
    if *step == 1 {
        return format!("range({start}, {stop})");
    }
    format!("range({start}, {stop}, {step})")
}

fn repr_complex(real: f64, imaginary: f64) -> String {
    let part = |value: f64| {
        let text = format_float(value);
        text.strip_suffix(".0").map(String::from).unwrap_or(text)
    };
    if real == 0.0 && real.is_sign_positive() {
        return format!("{}j", part(imaginary));
    }
    let sign = if imaginary.is_sign_negative() { "" } else { "+" };
    format!("({}{sign}{}j)", part(real), part(imaginary))
}

/// Python's `repr(str)`.
pub(crate) fn repr_text(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'\\' | b'\'');
    if text.bytes().all(is_plain) {
        out.push_str(text);
        out.push(quote);
        return out;
    }
    for character in text.chars() {
        match character {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\\' => out.push_str("\\\\"),
            _ if character == quote => {
                out.push('\\');
                out.push(quote);
            }
            ' '..='~' => out.push(character),
            _ if is_printable(character) => out.push(character),
            _ => escape(character, &mut out),
        }
    }
    out.push(quote);
    out
}

fn escape(character: char, out: &mut String) {
    let code = u32::from(character);
    let _ = match code {
        0..=0xff => write!(out, "\\x{code:02x}"),
        0x100..=0xffff => write!(out, "\\u{code:04x}"),
        _ => write!(out, "\\U{code:08x}"),
    };
}

/// Python's `str.isprintable` for one character.
pub(crate) fn is_printable(character: char) -> bool {
    use GeneralCategory as G;
    character == ' '
        || !matches!(
            get_general_category(character),
            G::Control
                | G::Format
                | G::Surrogate
                | G::PrivateUse
                | G::Unassigned
                | G::LineSeparator
                | G::ParagraphSeparator
                | G::SpaceSeparator
        )
}
