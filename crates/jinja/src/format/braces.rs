//! `'{} {name:>8}'.format(value, name=…)`, with attributes looked up through the sandbox.

use std::borrow::Cow;
use std::sync::Arc;

use super::percent::ascii;
use super::spec::format_value;
use crate::error::{Error, Result};
use crate::markup;
use crate::run::Run;
use crate::sandbox;
use crate::value::{Args, Key, Str, Value, repr, to_text};

/// `str.format`
pub(crate) fn format_method(run: &mut Run, format: &Str, args: Args) -> Result<Value> {
    let lookup = Lookup::Arguments(args.keywords);
    let mut formatter = BracesFormatter {
        positional: args.positional,
        lookup,
        auto: Auto::Unused,
        markup: format.is_markup(),
    };
    let text = formatter.format(run, format, 3)?;
    Ok(Value::Str(format.like(text)))
}

/// `str.format_map`
pub(crate) fn format_map(run: &mut Run, format: &Str, mapping: &Value) -> Result<Value> {
    let lookup = Lookup::Mapping(mapping);
    let mut formatter =
        BracesFormatter { positional: &[], lookup, auto: Auto::Unused, markup: format.is_markup() };
    let text = formatter.format(run, format, 3)?;
    Ok(Value::Str(format.like(text)))
}

enum Lookup<'f> {
    Arguments(&'f [(Arc<str>, Value)]),
    Mapping(&'f Value),
}

/// Whether fields are numbered by the format or by their order.
#[derive(Clone, Copy, PartialEq)]
enum Auto {
    Unused,
    Next(usize),
    Manual,
}

struct BracesFormatter<'f> {
    positional: &'f [Value],
    lookup: Lookup<'f>,
    auto: Auto,
    markup: bool,
}

impl BracesFormatter<'_> {
    fn format(&mut self, run: &mut Run, format: &str, depth: usize) -> Result<String> {
        let Some(depth) = depth.checked_sub(1) else {
            return Err(Error::value_error("Max string recursion exceeded"));
        };
        let mut out = String::with_capacity(format.len());
        let mut rest = format;
        while let Some(offset) = rest.bytes().position(is_brace) {
            let (text, brace) = rest.split_at(offset);
            out.push_str(text);
            let mut characters = brace.chars();
            let (first, second) = (characters.next(), characters.next());
            if first == second {
                out.extend(first);
                rest = brace.get(2..).unwrap_or("");
                continue;
            }
            if first == Some('}') {
                return Err(Error::value_error("Single '}' encountered in format string"));
            }
            let (field, after) = split_field(brace.get(1..).unwrap_or(""))?;
            out.push_str(&self.field(run, field, depth)?);
            run.meter.tick(1)?;
            if out.len() > run.meter.limits.string {
                run.meter.string(out.len())?;
            }
            rest = after;
        }
        out.push_str(rest);
        run.meter.string(out.len())?;
        Ok(out)
    }

    fn field(&mut self, run: &mut Run, field: &str, depth: usize) -> Result<String> {
        let end = name_end(field);
        let (name, rest) = field.split_at(end);
        let (conversion, spec) = split_conversion(rest)?;
        let value = self.value(run, name)?;
        let value = convert(run, value, conversion)?;
        // `{}` in the specification continues the numbering.
        let spec = if depth > 0 && !spec.bytes().any(is_brace) {
            run.meter.string(spec.len())?;
            Cow::Borrowed(spec)
        } else {
            Cow::Owned(self.format(run, spec, depth)?)
        };
        if !self.markup {
            return Ok(format_value(run, &value, &spec)?.to_string());
        }
        if value.is_markup() {
            if !spec.is_empty() {
                return Err(Error::value_error("unsupported format specification for markup"));
            }
            return Ok(to_text(run, &value)?.to_string());
        }
        let text = format_value(run, &value, &spec)?;
        Ok(markup::escape(run, &Value::Str(text))?.to_string())
    }

    fn value(&mut self, run: &mut Run, name: &str) -> Result<Value> {
        let end = name.find(['.', '[']).unwrap_or(name.len());
        let (first, mut rest) = name.split_at(end);
        let mut value = self.first(run, first, name)?;
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix('.') {
                let end = after.find(['.', '[']).unwrap_or(after.len());
                let (name, after) = after.split_at(end);
                non_empty(name)?;
                value = sandbox::attribute_named(run, &value, name)?;
                rest = after;
            } else {
                let after = rest.get(1..).unwrap_or("");
                let Some((key, after)) = after.split_once(']') else {
                    return Err(Error::value_error("Missing ']' in format string"));
                };
                non_empty(key)?;
                value = sandbox::item(run, &value, &key_value(key))?;
                if !after.is_empty() && !after.starts_with(['.', '[']) {
                    let message = "Only '.' or '[' may follow ']' in format field specifier";
                    return Err(Error::value_error(message));
                }
                rest = after;
            }
        }
        Ok(value)
    }

    fn first(&mut self, run: &mut Run, name: &str, field: &str) -> Result<Value> {
        let switched =
            || Error::value_error("cannot switch between manual and automatic field numbering");
        let index = if field.is_empty() {
            let index = match self.auto {
                Auto::Unused => 0,
                Auto::Next(index) => index,
                Auto::Manual => return Err(switched()),
            };
            self.auto = Auto::Next(index + 1);
            Some(index)
        } else if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit()) {
            if name == field {
                if matches!(self.auto, Auto::Next(_)) {
                    return Err(switched());
                }
                self.auto = Auto::Manual;
            }
            let index = name.parse().map_err(|_| Error::value_error("Too many decimal digits"))?;
            Some(index)
        } else {
            None
        };
        match index {
            Some(index) => self.positional.get(index).cloned().ok_or_else(|| {
                let message = "replacement index is out of range for the positional arguments";
                Error::lookup(message)
            }),
            None => self.named(run, name),
        }
    }

    fn named(&self, run: &mut Run, name: &str) -> Result<Value> {
        let found = match &self.lookup {
            Lookup::Arguments(keywords) => {
                run.meter.tick(keywords.len() / 4)?;
                keywords.iter().find(|(known, _)| &**known == name).map(|(_, value)| value.clone())
            }
            Lookup::Mapping(Value::Dict(dict)) => dict.get(&Key::text(name)),
            Lookup::Mapping(Value::Undefined(undefined)) => return Err(undefined.fail()),
            Lookup::Mapping(other) => return other.refuse("is not a mapping"),
        };
        found.ok_or_else(|| Error::lookup(format!("'{name}'")))
    }
}

fn is_brace(byte: u8) -> bool {
    matches!(byte, b'{' | b'}')
}

fn non_empty(name: &str) -> Result<()> {
    if name.is_empty() {
        return Err(Error::value_error("Empty attribute in format string"));
    }
    Ok(())
}

fn key_value(key: &str) -> Value {
    match key.parse::<i64>() {
        Ok(index) if key.bytes().all(|byte| byte.is_ascii_digit()) => Value::Int(index),
        _ => Value::text(key),
    }
}

/// The field up to its closing brace, and what follows.
fn split_field(text: &str) -> Result<(&str, &str)> {
    let mut depth = 1;
    let mut in_brackets = false;
    for (offset, character) in text.char_indices() {
        match character {
            '[' if depth == 1 => in_brackets = true,
            ']' if depth == 1 => in_brackets = false,
            '{' if !in_brackets => depth += 1,
            '}' if !in_brackets => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Ok((text.get(..offset).unwrap_or(""), text.get(offset + 1..).unwrap_or("")));
        }
    }
    let message = if text.is_empty() {
        "Single '{' encountered in format string"
    } else {
        "expected '}' before end of string"
    };
    Err(Error::value_error(message))
}

/// Where the name of a field ends: at `!` or `:` outside of brackets.
fn name_end(field: &str) -> usize {
    let mut in_brackets = false;
    let end = field.char_indices().find(|(_, character)| match character {
        '[' => {
            in_brackets = true;
            false
        }
        ']' => {
            in_brackets = false;
            false
        }
        '!' | ':' => !in_brackets,
        _ => false,
    });
    end.map_or(field.len(), |(offset, _)| offset)
}

/// The conversion and the specification in `!r:>8`.
fn split_conversion(rest: &str) -> Result<(Option<char>, &str)> {
    let Some(after) = rest.strip_prefix('!') else {
        return Ok((None, rest.strip_prefix(':').unwrap_or("")));
    };
    let mut characters = after.chars();
    let Some(conversion) = characters.next() else {
        return Err(Error::value_error("end of string while looking for conversion specifier"));
    };
    let rest = characters.as_str();
    if rest.is_empty() {
        return Ok((Some(conversion), ""));
    }
    match rest.strip_prefix(':') {
        Some(spec) => Ok((Some(conversion), spec)),
        None => Err(Error::value_error("expected ':' after conversion specifier")),
    }
}

fn convert(run: &mut Run, value: Value, conversion: Option<char>) -> Result<Value> {
    Ok(match conversion {
        None => value,
        Some('s') => Value::Str(to_text(run, &value)?),
        Some('r') => Value::text(repr(run, &value)?),
        Some('a') => Value::text(ascii(&repr(run, &value)?)),
        Some(other) => {
            let message = format!("Unknown conversion specifier {other}");
            return Err(Error::value_error(message));
        }
    })
}
