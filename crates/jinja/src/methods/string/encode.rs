//! `encode`, `translate` and `maketrans`.

use num_traits::ToPrimitive;

use super::text_of;
use crate::error::{Error, Result};
use crate::run::Run;
use crate::value::{Args, Entries, Key, Value, item_of_sequence};

pub(super) fn encode(run: &mut Run, subject: &Value, args: Args) -> Result<Value> {
    let text = text_of(subject)?;
    run.meter.string(text.len())?;
    let encoding = args.get(0).map_or(Ok("utf-8"), |_| args.text(0).map(|text| text.as_str()))?;
    let errors = args.get(1).map_or(Ok("strict"), |_| args.text(1).map(|text| text.as_str()))?;
    let highest = match encoding.to_ascii_lowercase().replace('_', "-").as_str() {
        "utf-8" | "utf8" => return Ok(Value::Bytes(text.as_bytes().to_vec().into())),
        "ascii" | "us-ascii" => 0x7f,
        "latin-1" | "iso-8859-1" | "latin1" => 0xff,
        other => return Err(Error::lookup(format!("unknown encoding: {other}"))),
    };
    let mut bytes = Vec::with_capacity(text.len());
    for character in text.as_str().chars() {
        match (u8::try_from(u32::from(character)), errors) {
            (Ok(byte), _) if byte <= highest => bytes.push(byte),
            (_, "ignore") => {}
            (_, "replace") => bytes.push(b'?'),
            (_, "xmlcharrefreplace") => {
                bytes.extend(format!("&#{};", u32::from(character)).bytes());
            }
            (_, "backslashreplace") => bytes.extend(escape(character).bytes()),
            _ => {
                return Err(Error::value_error(format!("'{encoding}' can't encode {character:?}")));
            }
        }
    }
    Ok(Value::Bytes(bytes.into()))
}

fn escape(character: char) -> String {
    let code = u32::from(character);
    match code {
        0..=0xff => format!("\\x{code:02x}"),
        0x100..=0xffff => format!("\\u{code:04x}"),
        _ => format!("\\U{code:08x}"),
    }
}

pub(super) fn translate(run: &mut Run, subject: &Value, args: Args) -> Result<Value> {
    let text = text_of(subject)?;
    let table = args.value(0);
    let walk = if let Value::Str(table) = table { table.steps_to_walk() } else { 0 };
    let mut out = String::new();
    for character in text.as_str().chars() {
        run.meter.tick(1 + walk)?;
        let code = Value::Int(i64::from(u32::from(character)));
        match lookup(run, table, &code)? {
            None => out.push(character),
            Some(Value::None) => {}
            Some(Value::Str(replacement)) => out.push_str(&replacement),
            Some(other) => match other.as_integer() {
                Some(code) => {
                    let replaced = code.to_u32().and_then(char::from_u32);
                    out.push(replaced.ok_or_else(|| {
                        Error::value_error("character mapping must be in range(0x110000)")
                    })?);
                }
                None => return other.refuse("in a translation must be an integer, None or str"),
            },
        }
        if out.len() > run.meter.limits.string {
            run.meter.string(out.len())?;
        }
    }
    run.meter.string(out.len())?;
    Ok(Value::Str(text.like(out)))
}

fn lookup(run: &mut Run, table: &Value, code: &Value) -> Result<Option<Value>> {
    if let Some(item) = item_of_sequence(table, code) {
        return Ok(item.ok());
    }
    match table {
        Value::Dict(dict) => {
            let key = Key::new(run, code.clone())?;
            Ok(dict.get(&key))
        }
        _ => table.refuse_use("is not subscriptable"),
    }
}

pub(super) fn maketrans(run: &mut Run, _: &Value, args: Args) -> Result<Value> {
    let mut entries = Entries::default();
    let code = |character: char| Value::Int(i64::from(u32::from(character)));
    if args.get(1).is_none() {
        let Value::Dict(dict) = args.value(0) else {
            return Err(Error::type_error("with one argument, maketrans() needs a dict"));
        };
        run.meter.dict(dict.entries.borrow().len())?;
        let source = dict.entries.borrow().clone();
        for (key, value) in source {
            let key = match &key.value {
                Value::Str(text) => {
                    let mut characters = text.chars_vector(run)?.into_iter();
                    match (characters.next(), characters.next()) {
                        (Some(single), None) => code(single),
                        _ => return Err(Error::value_error("string keys must be of length 1")),
                    }
                }
                other => match other.as_integer() {
                    Some(integer) => Value::integer(integer),
                    None => return other.refuse("is no key of a translation"),
                },
            };
            entries.insert(Key::new(run, key)?, value);
        }
        return Ok(Value::dict(entries));
    }
    let (from, to) = (args.text(0)?, args.text(1)?);
    if from.chars() != to.chars() {
        return Err(Error::value_error("the first two arguments must have equal length"));
    }
    run.meter.dict(from.chars())?;
    for (from, to) in from.as_str().chars().zip(to.as_str().chars()) {
        entries.insert(Key::new(run, code(from))?, code(to));
    }
    if args.get(2).is_some() {
        run.meter.dict(args.text(2)?.chars())?;
        for character in args.text(2)?.as_str().chars() {
            entries.insert(Key::new(run, code(character))?, Value::None);
        }
    }
    Ok(Value::dict(entries))
}
