//! From text to value.

use std::collections::HashMap;

use libyaml_safer::{Encoding, Error, EventData, Parser, ScalarStyle};
use serde_json::{Map, Value};

use super::plain;

/// Collections within collections.
const MAX_DEPTH: usize = 100;
/// Values in all, those that aliases repeat and anchors keep included.
const MAX_VALUES: usize = 100_000;
/// Bytes of texts and keys in all, likewise.
const MAX_BYTES: usize = 16 << 20;
const TOO_DEEP: &str = "nested too deeply";
const TAG: &str = "tag:yaml.org,2002:";

/// The only document in a text; null if there is none.
///
/// # Errors
/// What is wrong, and in which line.
pub fn read(text: &str) -> Result<Value, String> {
    let mut input = text.as_bytes();
    let mut parser = Parser::new();
    parser.set_input_string(&mut input);
    parser.set_encoding(Encoding::Utf8);
    let mut reader = Reader {
        open: Vec::new(),
        anchors: HashMap::new(),
        document: None,
        taken: Size::default(),
    };
    loop {
        let event = parser.parse().map_err(|error| unparsable(&error))?;
        let line = event.start_mark.line + 1;
        match event.data {
            EventData::StreamEnd => return Ok(reader.document.unwrap_or(Value::Null)),
            EventData::DocumentStart { .. } if reader.document.is_some() => {
                return Err(format!("line {line}: a second document begins, one is expected"));
            }
            data => reader.take(data).map_err(|problem| format!("line {line}: {problem}"))?,
        }
    }
}

/// A collection whose end has not come yet.
struct Open {
    anchor: Option<String>,
    content: Content,
}

enum Content {
    List(Vec<Value>),
    Mapping { own: Map<String, Value>, merged: Map<String, Value>, key: Option<String> },
}

struct Reader {
    open: Vec<Open>,
    anchors: HashMap<String, (Value, Size)>,
    document: Option<Value>,
    taken: Size,
}

/// How much a value takes.
#[derive(Debug, Clone, Copy, Default)]
struct Size {
    values: usize,
    bytes: usize,
    /// Collections within collections.
    depth: usize,
}

impl Size {
    fn of(value: &Value) -> Self {
        let parts: Vec<Self> = match value {
            Value::Array(items) => items.iter().map(Self::of).collect(),
            Value::Object(entries) => entries.iter().map(Self::of_entry).collect(),
            Value::String(text) => return Self { values: 1, bytes: text.len(), depth: 0 },
            _ => return Self { values: 1, bytes: 0, depth: 0 },
        };
        let all = parts.into_iter().fold(Self::default(), |all, part| Self {
            depth: all.depth.max(part.depth),
            ..all.and(part)
        });
        Self { values: all.values.saturating_add(1), depth: all.depth.saturating_add(1), ..all }
    }

    fn of_entry((name, value): (&String, &Value)) -> Self {
        let of_value = Self::of(value);
        Self { bytes: of_value.bytes.saturating_add(name.len()), ..of_value }
    }

    fn and(self, other: Self) -> Self {
        Self {
            values: self.values.saturating_add(other.values),
            bytes: self.bytes.saturating_add(other.bytes),
            depth: self.depth,
        }
    }
}

impl Reader {
    fn take(&mut self, data: EventData) -> Result<(), String> {
        match data {
            EventData::Alias { anchor } => {
                let known = self.anchors.get(&anchor);
                let (value, size) = known.ok_or_else(|| format!("there is no anchor &{anchor}"))?;
                let (value, size) = (value, *size);
                if self.open.len().saturating_add(size.depth) > MAX_DEPTH {
                    return Err(TOO_DEEP.to_owned());
                }
                // Before there is another of it.
                self.taken = within_limits(self.taken.and(size))?;
                self.put(value.clone())
            }
            EventData::Scalar { anchor, tag, value, plain_implicit, style, .. } => {
                let is_plain = style == ScalarStyle::Plain && plain_implicit;
                let value = scalar(tag.as_deref(), value, is_plain)?;
                self.note(anchor, &value)?;
                self.add(value)
            }
            EventData::SequenceStart { anchor, tag, .. } => {
                expect_tag(tag.as_deref(), "seq")?;
                self.begin(anchor, Content::List(Vec::new()))
            }
            EventData::MappingStart { anchor, tag, .. } => {
                expect_tag(tag.as_deref(), "map")?;
                let (own, merged) = (Map::new(), Map::new());
                self.begin(anchor, Content::Mapping { own, merged, key: None })
            }
            EventData::SequenceEnd | EventData::MappingEnd => self.end(),
            _ => Ok(()),
        }
    }

    fn begin(&mut self, anchor: Option<String>, content: Content) -> Result<(), String> {
        if self.open.len() >= MAX_DEPTH {
            return Err(TOO_DEEP.to_owned());
        }
        self.open.push(Open { anchor, content });
        Ok(())
    }

    fn end(&mut self) -> Result<(), String> {
        let Some(Open { anchor, content }) = self.open.pop() else { return Ok(()) };
        let value = match content {
            Content::List(items) => Value::Array(items),
            // What is merged comes first, and counts less.
            Content::Mapping { own, mut merged, .. } => {
                merged.extend(own);
                Value::Object(merged)
            }
        };
        self.note(anchor, &value)?;
        self.add(value)
    }

    fn note(&mut self, anchor: Option<String>, value: &Value) -> Result<(), String> {
        if let Some(anchor) = anchor {
            let size = Size::of(value);
            self.taken = within_limits(self.taken.and(size))?;
            self.anchors.insert(anchor, (value.clone(), size));
        }
        Ok(())
    }

    /// Adds a value whose parts, if it has any, were counted before.
    fn add(&mut self, value: Value) -> Result<(), String> {
        let bytes = value.as_str().map_or(0, str::len);
        self.taken = within_limits(self.taken.and(Size { values: 1, bytes, depth: 0 }))?;
        self.put(value)
    }

    /// Puts a value where it stands in the innermost open collection.
    fn put(&mut self, value: Value) -> Result<(), String> {
        let Some(open) = self.open.last_mut() else {
            self.document = Some(value);
            return Ok(());
        };
        match &mut open.content {
            Content::List(items) => items.push(value),
            Content::Mapping { own, merged, key } => match key.take() {
                None => *key = Some(key_of(value)?),
                Some(name) if name == "<<" => merge(merged, value)?,
                Some(name) => {
                    own.insert(name, value);
                }
            },
        }
        Ok(())
    }
}

fn scalar(tag: Option<&str>, text: String, is_plain: bool) -> Result<Value, String> {
    match tag.filter(|tag| *tag != "!") {
        None if is_plain => plain::value(&text),
        None => Ok(text.into()),
        Some(tag) => match tag.strip_prefix(TAG) {
            Some("str" | "timestamp" | "binary") => Ok(text.into()),
            Some("null" | "bool" | "int" | "float") => plain::value(&text),
            _ => Err(format!("the tag {tag} is not one of plain data")),
        },
    }
}

fn expect_tag(tag: Option<&str>, expected: &str) -> Result<(), String> {
    match tag.filter(|tag| *tag != "!" && tag.strip_prefix(TAG) != Some(expected)) {
        Some(tag) => Err(format!("the tag {tag} is not one of plain data")),
        None => Ok(()),
    }
}

/// A key as JSON has it.
fn key_of(value: Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text),
        Value::Array(_) | Value::Object(_) => Err("a key must not be a collection".to_owned()),
        other => Ok(other.to_string()),
    }
}

fn merge(merged: &mut Map<String, Value>, value: Value) -> Result<(), String> {
    let sources = match value {
        Value::Array(sources) => sources,
        one => vec![one],
    };
    for source in sources {
        let Value::Object(entries) = source else {
            return Err("<< needs a mapping, or a list of mappings".to_owned());
        };
        for (name, value) in entries {
            merged.entry(name).or_insert(value);
        }
    }
    Ok(())
}

fn within_limits(taken: Size) -> Result<Size, String> {
    if taken.values > MAX_VALUES {
        return Err(format!("it is too large: it has more than {MAX_VALUES} values"));
    }
    if taken.bytes > MAX_BYTES {
        return Err(format!("it is too large: it has more than {MAX_BYTES} bytes of text"));
    }
    Ok(taken)
}

fn unparsable(error: &Error) -> String {
    let line = error.problem_mark().map(|mark| format!("line {}: ", mark.line + 1));
    let context = error.context().filter(|context| !context.is_empty());
    let context = context.map(|context| format!("{context}: ")).unwrap_or_default();
    format!("{}{context}{}", line.unwrap_or_default(), error.problem())
}
