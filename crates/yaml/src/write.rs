//! From value to text, in blocks.

use libyaml_safer::{Emitter, Encoding, Event, MappingStyle, ScalarStyle, SequenceStyle};
use serde_json::Value;

use super::plain;

/// The value as a document, with sorted keys.
///
/// # Errors
/// What can't be written.
pub fn write(value: &Value) -> Result<String, String> {
    document(value, true)
}

/// The same with keys in the order that they have.
///
/// # Errors
/// What can't be written.
pub fn write_as_it_is(value: &Value) -> Result<String, String> {
    document(value, false)
}

fn document(value: &Value, is_sorted: bool) -> Result<String, String> {
    let mut events =
        vec![Event::stream_start(Encoding::Utf8), Event::document_start(None, &[], true)];
    push(value, is_sorted, &mut events);
    events.extend([Event::document_end(true), Event::stream_end()]);
    let mut bytes = Vec::new();
    let mut emitter = Emitter::new();
    emitter.set_output_string(&mut bytes);
    emitter.set_unicode(true);
    for event in events {
        emitter.emit(event).map_err(|error| error.to_string())?;
    }
    drop(emitter);
    String::from_utf8(bytes).map_err(|error| error.to_string())
}

fn push(value: &Value, is_sorted: bool, events: &mut Vec<Event>) {
    match value {
        Value::Array(items) => {
            events.push(Event::sequence_start(None, None, true, SequenceStyle::Block));
            items.iter().for_each(|item| push(item, is_sorted, events));
            events.push(Event::sequence_end());
        }
        Value::Object(entries) => {
            events.push(Event::mapping_start(None, None, true, MappingStyle::Block));
            let mut entries: Vec<_> = entries.iter().collect();
            if is_sorted {
                entries.sort_by_key(|(name, _)| *name);
            }
            for (name, value) in entries {
                events.push(text(name));
                push(value, is_sorted, events);
            }
            events.push(Event::mapping_end());
        }
        Value::String(content) => events.push(text(content)),
        Value::Number(number) if number.is_f64() => events.push(bare(&float(&number.to_string()))),
        other => events.push(bare(&other.to_string())),
    }
}

fn bare(text: &str) -> Event {
    Event::scalar(None, None, text, true, true, ScalarStyle::Any)
}

/// In quotes if it would be taken for something else without.
fn text(text: &str) -> Event {
    let is_text = plain::value(text).is_ok_and(|value| value.is_string()) && !is_special(text);
    Event::scalar(None, None, text, is_text, true, ScalarStyle::Any)
}

/// What is no text for YAML though it is kept as one: instants, and the keys `<<` and `=`.
fn is_special(text: &str) -> bool {
    let begins_with_date = text.len() >= 8
        && text.starts_with(|c: char| c.is_ascii_digit())
        && text.get(4..5) == Some("-");
    begins_with_date || matches!(text, "<<" | "=")
}

/// A number that is read as one: with a point, and with the exponent's sign.
fn float(text: &str) -> String {
    let Some((mantissa, exponent)) = text.split_once('e') else { return text.to_owned() };
    let point = if mantissa.contains('.') { "" } else { ".0" };
    let sign = if exponent.starts_with('-') { "" } else { "+" };
    format!("{mantissa}{point}e{sign}{}", exponent.trim_start_matches('+'))
}
