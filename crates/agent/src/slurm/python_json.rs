//! JSON as Python's `json.dumps` writes it: what clients know from the Python agent.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::{
    Map, Value,
    ser::{CharEscape, Formatter, Serializer},
};

/// An object in Python's words: `{"a": [1, 2.0, "\u00fc"]}`.
pub(super) fn text(object: &Map<String, Value>) -> String {
    let mut bytes = Vec::new();
    let mut serializer = Serializer::with_formatter(&mut bytes, Python);
    // Nothing can fail that is written to memory and has text for keys.
    let written = object.serialize(&mut serializer).ok();
    written.and_then(|()| String::from_utf8(bytes).ok()).unwrap_or_else(|| "{}".to_owned())
}

struct Python;

impl Formatter for Python {
    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        out.write_all(if first { b"" } else { b", " })
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        out.write_all(if first { b"" } else { b", " })
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }

    fn write_f64<W: ?Sized + Write>(&mut self, out: &mut W, value: f64) -> io::Result<()> {
        out.write_all(float(value).as_bytes())
    }

    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        out: &mut W,
        text: &str,
    ) -> io::Result<()> {
        for letter in text.chars() {
            if matches!(letter, ' '..='~') {
                out.write_all(&[letter as u8])?;
                continue;
            }
            for unit in letter.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}")?;
            }
        }
        Ok(())
    }

    fn write_char_escape<W: ?Sized + Write>(
        &mut self,
        out: &mut W,
        escape: CharEscape,
    ) -> io::Result<()> {
        match escape {
            CharEscape::Quote => out.write_all(b"\\\""),
            CharEscape::ReverseSolidus => out.write_all(b"\\\\"),
            CharEscape::Solidus => out.write_all(b"/"),
            CharEscape::Backspace => out.write_all(b"\\b"),
            CharEscape::FormFeed => out.write_all(b"\\f"),
            CharEscape::LineFeed => out.write_all(b"\\n"),
            CharEscape::CarriageReturn => out.write_all(b"\\r"),
            CharEscape::Tab => out.write_all(b"\\t"),
            CharEscape::AsciiControl(byte) => write!(out, "\\u{byte:04x}"),
        }
    }
}

/// `1.0`, `1e-05`, `1e+16`: Rust's shortest digits, with Python's exponents.
fn float(value: f64) -> String {
    let text = format!("{value:?}");
    let Some((digits, exponent)) = text.split_once('e') else { return text };
    let (sign, exponent) = match exponent.strip_prefix('-') {
        Some(exponent) => ('-', exponent),
        None => ('+', exponent),
    };
    format!("{digits}e{sign}{exponent:0>2}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Python 3.11 made of these.
    #[test]
    fn objects_are_written_as_by_python() {
        for (read, written) in [
            ("{}", "{}"),
            (r#"{"b":[],"a":{}}"#, r#"{"b": [], "a": {}}"#),
            (
                r#"{"a":[1,-2,null,true,false],"b":{"c":"d"}}"#,
                r#"{"a": [1, -2, null, true, false], "b": {"c": "d"}}"#,
            ),
            (r#"{"path":"\/home\/a b"}"#, r#"{"path": "/home/a b"}"#),
            (
                r#"{"n":"Zürich 🚀 \u0000\u007f\b\f\n\r\t\"\\"}"#,
                r#"{"n": "Z\u00fcrich \ud83d\ude80 \u0000\u007f\b\f\n\r\t\"\\"}"#,
            ),
            (r#"{"ü":1}"#, r#"{"\u00fc": 1}"#),
            (
                "[1.0,0.1,1e16,1e-5,0.0001,123456789012345680.0,1.5e300,-0.0,9007199254740993,18446744073709551615]",
                "[1.0, 0.1, 1e+16, 1e-05, 0.0001, 1.2345678901234568e+17, 1.5e+300, -0.0, 9007199254740993, 18446744073709551615]",
            ),
        ] {
            let (read, written) = match read.starts_with('[') {
                true => (format!(r#"{{"x":{read}}}"#), format!(r#"{{"x": {written}}}"#)),
                false => (read.to_owned(), written.to_owned()),
            };
            let object: Map<String, Value> = serde_json::from_str(&read).unwrap();
            assert_eq!(text(&object), written);
        }
    }
}
