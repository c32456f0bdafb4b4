//! A file, and what is new in it.

use std::time::Duration;

use similar::{ChangeTag, TextDiff};

/// Beyond these, lines are left out, and characters of a line.
const MOST_LINES: usize = 2000;
const LONGEST_LINE: usize = 1000;
/// What is not found in this time is shown as new.
const TIME: Duration = Duration::from_millis(100);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Same,
    Added,
    Removed,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) kind: Kind,
    /// None for a line that is not there any more.
    pub(super) number: Option<usize>,
    pub(super) text: String,
}

/// The lines of a file, at most as many as are shown, and how many are left out.
pub(super) fn lines(content: &str, before: Option<&str>) -> (Vec<Line>, usize) {
    let all: Vec<Line> = match before {
        None => content
            .lines()
            .enumerate()
            .map(|(at, text)| line(Kind::Same, Some(at + 1), text))
            .collect(),
        Some(before) => compared(content, before),
    };
    let left_out = all.len().saturating_sub(MOST_LINES);
    (all.into_iter().take(MOST_LINES).collect(), left_out)
}

fn compared(content: &str, before: &str) -> Vec<Line> {
    let diff = TextDiff::configure().timeout(TIME).diff_lines(before, content);
    let changes = diff.iter_all_changes().map(|change| {
        let kind = match change.tag() {
            ChangeTag::Equal => Kind::Same,
            ChangeTag::Insert => Kind::Added,
            ChangeTag::Delete => Kind::Removed,
        };
        line(kind, change.new_index().map(|at| at + 1), change.value())
    });
    changes.collect()
}

fn line(kind: Kind, number: Option<usize>, text: &str) -> Line {
    let text = text.trim_end_matches(['\n', '\r']);
    Line { kind, number, text: text.chars().take(LONGEST_LINE).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_new_and_what_is_gone_is_told_from_what_stays() {
        let (lines, left_out) = lines("a\nB\nc\n", Some("a\nb\nc\n"));
        let seen: Vec<_> =
            lines.iter().map(|line| (line.kind, line.number, line.text.as_str())).collect();
        let expected = [
            (Kind::Same, Some(1), "a"),
            (Kind::Removed, None, "b"),
            (Kind::Added, Some(2), "B"),
            (Kind::Same, Some(3), "c"),
        ];
        assert_eq!(seen, expected);
        assert_eq!(left_out, 0);
    }

    #[test]
    fn long_files_are_cut() {
        let (shown, left_out) = lines(&"x\n".repeat(MOST_LINES + 7), None);
        assert_eq!((shown.len(), left_out), (MOST_LINES, 7));
    }
}
