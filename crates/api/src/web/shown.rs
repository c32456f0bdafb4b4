//! How what people and machines write is put into pages.

use std::{
    borrow::Cow,
    fmt::{Result, Write},
};

use askama::filters::{Escaper, Html};

use crate::bidi::turns_around;

/// As HTML's escapes. Characters that turn the direction of all that follows (`U+202E` makes `exe.txt` of
/// `txt.exe`, and of the words around it something else) are shown as what can't be shown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shown;

/// The first byte of all of them.
const FIRST: u8 = 0xe2;
const INSTEAD: &str = "\u{fffd}";

/// A text without them.
pub(crate) fn straight(text: &str) -> Cow<'_, str> {
    match text.contains(turns_around) {
        true => text.replace(turns_around, INSTEAD).into(),
        false => text.into(),
    }
}

impl Escaper for Shown {
    fn write_escaped_str<W: Write>(&self, mut dest: W, text: &str) -> Result {
        if !text.as_bytes().contains(&FIRST) {
            return Html.write_escaped_str(dest, text);
        }
        for (index, piece) in text.split(turns_around).enumerate() {
            if index > 0 {
                dest.write_str(INSTEAD)?;
            }
            Html.write_escaped_str(&mut dest, piece)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use askama::Template;

    #[derive(Template)]
    #[template(source = r#"<p>{{ text }}</p><input value="{{ text|e("typed") }}">"#, ext = "html")]
    struct Both {
        text: &'static str,
    }

    #[test]
    fn what_turns_the_text_is_shown_as_nothing_but_kept_to_be_changed() {
        let both = |text| Both { text }.render().unwrap();
        assert_eq!(
            both("<a \u{202e}gnp.exe\u{2069}…"),
            "<p>&#60;a \u{fffd}gnp.exe\u{fffd}…</p><input value=\"&#60;a \u{202e}gnp.exe\u{2069}…\">"
        );
        assert_eq!(both("Zoë's"), "<p>Zoë&#39;s</p><input value=\"Zoë&#39;s\">");
    }
}
