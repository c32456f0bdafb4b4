//! Characters that could make a text be read as another one.

/// What has the text after it, on the same line, read in another order (Unicode's bidi embeddings,
/// overrides and isolates).
pub(crate) const fn turns_around(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
