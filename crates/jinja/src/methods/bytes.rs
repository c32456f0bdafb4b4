//! Methods of `bytes`.

use crate::builtin::{Args, Builtin};
use crate::error::{Error, Result};
use crate::interpreter::Interpreter;
use crate::value::Value;

pub(super) const METHODS: &[Builtin] =
    &[Builtin::new("decode", 0, &["encoding", "errors"], decode), Builtin::plain("hex", hex)];

fn bytes_of(subject: &Value) -> &[u8] {
    if let Value::Bytes(bytes) = subject { bytes } else { &[] }
}

fn decode(run: &mut Interpreter, subject: &Value, args: Args) -> Result<Value> {
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

fn hex(run: &mut Interpreter, subject: &Value, _: Args) -> Result<Value> {
    use std::fmt::Write;
    let bytes = bytes_of(subject);
    run.meter.string(bytes.len() * 2)?;
    let mut text = String::new();
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    Ok(Value::text(text))
}
