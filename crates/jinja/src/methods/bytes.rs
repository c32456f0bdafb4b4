//! Methods of `bytes`.

use crate::builtin::Builtin;
use crate::error::{Error, Result};
use crate::run::Run;
use crate::value::{Args, Value};

/// Calls a method that `bytes` shares with `str`, on text that stands for the bytes.
pub(super) fn call_as_text(
    run: &mut Run,
    bytes: &[u8],
    function: &Builtin,
    args: Args,
) -> Result<Value> {
    run.meter.string(bytes.len())?;
    let mut positional = Vec::with_capacity(args.positional.len());
    for value in args.positional {
        positional.push(match value {
            Value::Bytes(bytes) => stand_in(bytes),
            Value::Str(_) => return Err(Error::type_error("a bytes-like object is required")),
            other => other.clone(),
        });
    }
    let args = Args { positional: &positional, keywords: args.keywords };
    let result = function.call(run, &stand_in(bytes), args)?;
    Ok(restored(result))
}

/// One character per byte; those beyond ASCII have neither case nor class.
fn stand_in(bytes: &[u8]) -> Value {
    let characters = bytes.iter().map(|byte| match byte {
        0..=0x7f => char::from(*byte),
        _ => char::from_u32(0xe000 + u32::from(*byte)).unwrap_or('?'),
    });
    Value::text(characters.collect::<String>())
}

/// The bytes that a result of [`stand_in`] text stands for.
fn restored(value: Value) -> Value {
    match value {
        Value::Str(text) => {
            let bytes = text.as_str().chars().map(|character| (u32::from(character) & 0xff) as u8);
            Value::Bytes(bytes.collect::<Vec<u8>>().into())
        }
        Value::List(list) => Value::list(list.items.take().into_iter().map(restored).collect()),
        Value::Tuple(tuple) => Value::tuple(tuple.items.iter().cloned().map(restored).collect()),
        other => other,
    }
}

/// Methods of `str` that `bytes` has as well.
pub(super) fn is_shared(name: &str) -> bool {
    let own_to_text = [
        "casefold",
        "encode",
        "format",
        "format_map",
        "isdecimal",
        "isidentifier",
        "isnumeric",
        "isprintable",
        "maketrans",
        "translate",
    ];
    !own_to_text.contains(&name)
}

pub(super) const METHODS: &[Builtin] =
    &[Builtin::new("decode", 0, &["encoding", "errors"], decode), Builtin::plain("hex", hex)];

fn bytes_of(subject: &Value) -> &[u8] {
    if let Value::Bytes(bytes) = subject { bytes } else { &[] }
}

fn decode(run: &mut Run, subject: &Value, args: Args) -> Result<Value> {
    let bytes = bytes_of(subject);
    run.meter.string(bytes.len() * 2)?;
    let encoding = args.get(0).map_or(Ok("utf-8"), |_| args.text(0).map(|text| text.as_str()))?;
    let lenient =
        args.get(1).and_then(Value::as_str).is_some_and(|errors| errors.as_str() != "strict");
    match encoding.to_ascii_lowercase().replace('_', "-").as_str() {
        "utf-8" | "utf8" | "ascii" | "us-ascii" => match str::from_utf8(bytes) {
            Ok(text) => Ok(Value::text(text)),
            Err(_) if lenient => Ok(Value::text(String::from_utf8_lossy(bytes))),
            Err(_) => Err(Error::value_error("the bytes cannot be decoded")),
        },
        "latin-1" | "iso-8859-1" | "latin1" => {
            Ok(Value::text(bytes.iter().map(|byte| char::from(*byte)).collect::<String>()))
        }
        other => Err(Error::lookup(format!("unknown encoding: {other}"))),
    }
}

fn hex(run: &mut Run, subject: &Value, _: Args) -> Result<Value> {
    use std::fmt::Write;
    let bytes = bytes_of(subject);
    run.meter.string(bytes.len() * 2)?;
    let mut text = String::new();
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    Ok(Value::text(text))
}
