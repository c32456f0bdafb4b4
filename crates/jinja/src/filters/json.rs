//! `tojson`

use std::fmt::Write;
use std::rc::Rc;

use crate::error::{Error, Result};
use crate::markup::write_replacing;
use crate::run::Run;
use crate::sorting::sort_values;
use crate::value::{Args, Entries, Str, Value, format_float, format_integer, write_integer};

/// How deep containers may nest.
const MAX_DEPTH: usize = 200;

/// `tojson(indent=none)`: JSON that is safe inside of HTML.
pub(super) fn tojson(run: &mut Run, value: &Value, args: Args) -> Result<Value> {
    let indent = match args.some(0) {
        None => None,
        Some(Value::Str(indent)) => Some(indent.to_string()),
        Some(width) => {
            let width = usize::try_from(width.expect_index()?).unwrap_or(0);
            run.meter.string(width)?;
            Some(" ".repeat(width))
        }
    };
    let mut writer = JsonWriter { run, out: String::with_capacity(64), indent, open: Vec::new() };
    writer.value(value)?;
    let text = writer.out;
    run.meter.string(text.len())?;
    let safe = Str::built(&mut run.output, true, |output| write_safe(&text, output));
    run.meter.string(safe.len())?;
    Ok(Value::Str(safe))
}

/// Writes JSON without characters that are special in HTML.
fn write_safe(text: &str, output: &mut String) {
    write_replacing(text, output, |byte| match byte {
        b'<' => Some("\\u003c"),
        b'>' => Some("\\u003e"),
        b'&' => Some("\\u0026"),
        b'\'' => Some("\\u0027"),
        _ => None,
    });
}

struct JsonWriter<'w> {
    run: &'w mut Run,
    out: String,
    indent: Option<String>,
    /// Addresses of the containers being written.
    open: Vec<usize>,
}

impl JsonWriter<'_> {
    fn value(&mut self, value: &Value) -> Result<()> {
        self.run.meter.tick(1)?;
        if self.out.len() > self.run.meter.limits.string {
            self.run.meter.string(self.out.len())?;
        }
        match value {
            Value::Str(text) => self.text(text),
            Value::List(list) => {
                let items = list.items.borrow();
                return self.nested(Rc::as_ptr(list).addr(), |writer| writer.list(&items));
            }
            Value::Tuple(tuple) => {
                let address = Rc::as_ptr(tuple).addr();
                return self.nested(address, |writer| writer.list(&tuple.items));
            }
            Value::Dict(dict) => {
                let entries = dict.entries.borrow();
                return self.nested(Rc::as_ptr(dict).addr(), |writer| writer.dict(&entries));
            }
            Value::Int(number) => write_integer(*number, &mut self.out),
            scalar => match scalar_text(scalar)? {
                Some(text) => self.out.push_str(&text),
                None => {
                    let name = scalar.type_name();
                    let message = format!("Object of type {name} is not JSON serializable");
                    return Err(Error::type_error(message));
                }
            },
        }
        Ok(())
    }

    fn nested(
        &mut self,
        address: usize,
        write: impl FnOnce(&mut Self) -> Result<()>,
    ) -> Result<()> {
        if self.open.contains(&address) {
            return Err(Error::value_error("Circular reference detected"));
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(Error::limit(format!("value is nested deeper than {MAX_DEPTH}")));
        }
        self.open.push(address);
        let result = stacker::maybe_grow(64 << 10, 1 << 20, || write(self));
        self.open.pop();
        result
    }

    /// What stands before an item, or before the closing bracket.
    fn new_line(&mut self, first: bool, depth: usize) {
        match &self.indent {
            None if !first => self.out.push_str(", "),
            None => {}
            Some(indent) => {
                if !first {
                    self.out.push(',');
                }
                self.out.push('\n');
                for _ in 0..depth {
                    self.out.push_str(indent);
                }
            }
        }
    }

    fn close(&mut self, bracket: char) {
        let depth = self.open.len() - 1;
        if self.indent.is_some() {
            self.new_line(true, depth);
        }
        self.out.push(bracket);
    }

    fn list(&mut self, items: &[Value]) -> Result<()> {
        self.out.push('[');
        if items.is_empty() {
            self.out.push(']');
            return Ok(());
        }
        for (index, item) in items.iter().enumerate() {
            self.new_line(index == 0, self.open.len());
            self.value(item)?;
        }
        self.close(']');
        Ok(())
    }

    fn dict(&mut self, entries: &Entries) -> Result<()> {
        self.out.push('{');
        if entries.is_empty() {
            self.out.push('}');
            return Ok(());
        }
        let keyed = entries.iter().map(|(key, value)| (key.value.clone(), (&key.value, value)));
        let sorted = sort_values(self.run, keyed.collect(), false)?;
        for (index, (key, value)) in sorted.into_iter().enumerate() {
            self.new_line(index == 0, self.open.len());
            self.key(key)?;
            self.out.push_str(": ");
            self.value(value)?;
        }
        self.close('}');
        Ok(())
    }

    fn key(&mut self, key: &Value) -> Result<()> {
        if let Value::Str(text) = key {
            self.text(text);
            return Ok(());
        }
        match scalar_text(key)? {
            Some(text) => self.text(&text),
            None => {
                let name = key.type_name();
                let message = format!("keys must be str, int, float, bool or None, not {name}");
                return Err(Error::type_error(message));
            }
        }
        Ok(())
    }

    fn text(&mut self, text: &str) {
        self.out.push('"');
        let is_plain = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\';
        if text.bytes().all(is_plain) {
            self.out.push_str(text);
        } else {
            text.chars().for_each(|character| self.character(character));
        }
        self.out.push('"');
    }

    fn character(&mut self, character: char) {
        match character {
            '"' => self.out.push_str("\\\""),
            '\\' => self.out.push_str("\\\\"),
            '\n' => self.out.push_str("\\n"),
            '\r' => self.out.push_str("\\r"),
            '\t' => self.out.push_str("\\t"),
            '\x08' => self.out.push_str("\\b"),
            '\x0c' => self.out.push_str("\\f"),
            ' '..='~' => self.out.push(character),
            _ => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    let _ = write!(self.out, "\\u{unit:04x}");
                }
            }
        }
    }
}

/// JSON of a value without parts; `None` if there is none.
fn scalar_text(value: &Value) -> Result<Option<String>> {
    Ok(Some(match value {
        Value::None => "null".into(),
        Value::Bool(true) => "true".into(),
        Value::Bool(false) => "false".into(),
        Value::Int(value) => value.to_string(),
        Value::Big(value) => format_integer(value)?,
        Value::Float(value) if value.is_nan() => "NaN".into(),
        Value::Float(value) if value.is_infinite() => {
            if *value > 0.0 {
                "Infinity".into()
            } else {
                "-Infinity".into()
            }
        }
        Value::Float(value) => format_float(*value),
        _ => return Ok(None),
    }))
}
