//! What a job wrote, as text without what is meant for terminals.

use std::sync::LazyLock;

use regex::Regex;

use crate::bidi::turns_around;

/// Sequences that colour text and move the cursor (ECMA-48), and what titles windows.
static SEQUENCES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-~])").ok()
});

/// None if it is no text.
pub(super) fn plain(bytes: &[u8]) -> Option<String> {
    if bytes.contains(&0) {
        return None;
    }
    let text = String::from_utf8_lossy(bytes).replace("\r\n", "\n");
    let text = match &*SEQUENCES {
        Some(sequences) => sequences.replace_all(&text, "").into_owned(),
        None => text,
    };
    let lines = text.split('\n').map(|line| overwritten(line.trim_end_matches('\r')));
    Some(lines.collect::<Vec<_>>().join("\n"))
}

/// What is left of a line that was written again and again, as progress bars are.
fn overwritten(line: &str) -> String {
    let last = line.rsplit('\r').next().unwrap_or_default();
    last.chars().map(visible).collect()
}

/// Characters that would do something are shown as pictures of themselves.
fn visible(c: char) -> char {
    match c {
        '\t' => c,
        '\x7f' => '\u{2421}',
        c if turns_around(c) => '\u{fffd}',
        '\0'..='\x1f' => char::from_u32(0x2400 + u32::from(c)).unwrap_or(c),
        '\u{80}'..='\u{9f}' => '\u{fffd}',
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn what_is_meant_for_terminals_is_left_out() {
        for (written, shown) in [
            ("\x1b[1;31mred\x1b[0m <b>", "red <b>"),
            ("\x1b]0;title\x07text\x1b]8;;http://x\x1b\\link", "textlink"),
            ("10 %\r50 %\r100 %\nend\r\n", "100 %\nend\n"),
            ("a\tb\x08\x07", "a\tb\u{2408}\u{2407}"),
            ("\u{202e}txt.exe", "\u{fffd}txt.exe"),
            ("\x1b", "\u{241b}"),
        ] {
            assert_eq!(plain(written.as_bytes()).as_deref(), Some(shown), "{written:?}");
        }
        assert_eq!(plain(b"a\xffb").as_deref(), Some("a\u{fffd}b"));
        assert_eq!(plain(b"ELF\0"), None);
    }
}
