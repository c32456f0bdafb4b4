//! Choices as lines: `value`, or `value | label`.

use jobbergate_types::questions::Choice;
use serde_json::Value;

/// What is between a value and its label.
const SEPARATOR: char = '|';

pub(super) fn write(choices: &[Choice]) -> String {
    let lines: Vec<_> = choices.iter().map(line).collect();
    lines.join("\n")
}

fn line(choice: &Choice) -> String {
    match choice {
        Choice::Value(value) => shown(value),
        Choice::Labelled { label, value } => format!("{} {SEPARATOR} {label}", shown(value)),
    }
}

/// A text as it is, if it is read as the same again; else as JSON.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) if read_value(text) == *value && is_plain(text) => text.clone(),
        other => other.to_string().replace(SEPARATOR, "\\u007c"),
    }
}

fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.trim() == text && !text.contains([SEPARATOR, '\n', '\r'])
}

pub(super) fn read(lines: &str) -> Vec<Choice> {
    let lines = lines.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.map(one).collect()
}

fn one(line: &str) -> Choice {
    match line.split_once(SEPARATOR) {
        Some((value, label)) if !label.trim().is_empty() => {
            Choice::Labelled { label: label.trim().to_owned(), value: read_value(value.trim()) }
        }
        Some((value, _)) => Choice::Value(read_value(value.trim())),
        None => Choice::Value(read_value(line)),
    }
}

/// JSON, else a text.
fn read_value(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| text.into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lines_are_read_as_they_are_written() {
        let choices = json!(["fem", 4, "4", true, "true", "", " a", "a|b", "x\ny", null, [1],
            {"label": "Lattice | Boltzmann", "value": "lbm"}, {"label": "Four", "value": "4"}]);
        let choices: Vec<Choice> = serde_json::from_value(choices).unwrap();
        let lines = write(&choices);
        assert!(lines.starts_with("fem\n4\n\"4\"\ntrue\n\"true\"\n"), "{lines}");
        assert_eq!(read(&lines), choices);
        assert_eq!(read("a |\n\n b|B \n"), read("a\nb | B"));
    }
}
