//! In what two texts differ, line by line.

use std::time::Duration;

use similar::{ChangeTag, TextDiff};

/// How many lines around a change are shown that are the same.
const AROUND: usize = 3;
/// How many lines are shown at most.
const MAX_LINES: usize = 2000;
/// After so long the difference is a coarser one.
const TIME: Duration = Duration::from_millis(300);

/// A line of a difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// What it looks like: `gone`, `new`, `same`, or `gap` where lines are left out.
    pub(super) kind: &'static str,
    pub(super) sign: &'static str,
    pub(super) text: String,
}

/// From the old text to the new one, with some lines around each change.
pub(super) fn between(old: &str, new: &str) -> Vec<Line> {
    let difference = TextDiff::configure().timeout(TIME).diff_lines(old, new);
    let mut lines = Vec::new();
    for (index, group) in difference.grouped_ops(AROUND).iter().enumerate() {
        if index > 0 {
            lines.push(Line { kind: "gap", sign: "", text: "…".to_owned() });
        }
        for change in group.iter().flat_map(|op| difference.iter_changes(op)) {
            let (kind, sign) = match change.tag() {
                ChangeTag::Delete => ("gone", "−"),
                ChangeTag::Insert => ("new", "+"),
                ChangeTag::Equal => ("same", " "),
            };
            let text = change.value().trim_end_matches(['\n', '\r']).to_owned();
            lines.push(Line { kind, sign, text });
        }
        if lines.len() > MAX_LINES {
            lines.truncate(MAX_LINES);
            lines.push(Line { kind: "gap", sign: "", text: "… and more".to_owned() });
            break;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::between;

    fn shown(old: &str, new: &str) -> Vec<String> {
        between(old, new).iter().map(|line| format!("{}{}", line.sign, line.text)).collect()
    }

    #[test]
    fn what_changed_is_shown_with_its_surroundings() {
        assert_eq!(shown("a\nb\nc\n", "a\nx\nc\n"), [" a", "−b", "+x", " c"]);
        assert!(shown("a\n", "a\n").is_empty());
        let long: String = (0..40).map(|n| format!("{n}\n")).collect();
        let changed = long.replace("2\n", "two\n").replace("38\n", "last\n");
        let lines = shown(&long, &changed);
        assert!(lines.contains(&"…".to_owned()) && lines.len() < 40, "{lines:?}");
    }
}
