//! HTML tags and entities in text.

use std::borrow::Cow;

use super::split::words;

/// Removes comments and tags, joins words by one space, and resolves entities.
pub(crate) fn striptags(text: &str) -> String {
    let text = without(text, "<!--", "-->");
    let text = without(&text, "<", ">");
    let mut joined = String::with_capacity(text.len());
    for word in words(&text) {
        if !joined.is_empty() {
            joined.push(' ');
        }
        joined.push_str(word);
    }
    if joined.contains('&') { unescape(&joined) } else { joined }
}

/// The text without what stands between `open` and `close`.
fn without<'t>(text: &'t str, open: &str, close: &str) -> Cow<'t, str> {
    if !text.contains('<') {
        return text.into();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = find_short(rest, open) {
        let (before, inside) = rest.split_at(start);
        let after = inside.get(open.len()..).unwrap_or("");
        let Some(end) = find_short(after, close) else { break };
        out.push_str(before);
        rest = after.get(end + close.len()..).unwrap_or("");
    }
    out.push_str(rest);
    out.into()
}

/// As `text.find(part)`, faster for a part of a few characters that is rare.
fn find_short(text: &str, part: &str) -> Option<usize> {
    let first = *part.as_bytes().first()?;
    let mut places = text.bytes().enumerate().filter(|(_, byte)| *byte == first);
    let is_there = |place: usize| text.get(place..).is_some_and(|rest| rest.starts_with(part));
    places.find(|(place, _)| is_there(*place)).map(|(place, _)| place)
}

/// Replaces HTML entities by what they stand for.
pub(super) fn unescape(text: &str) -> String {
    htmlize::unescape(text).into_owned()
}
