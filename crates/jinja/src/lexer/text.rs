//! Text between tags: line endings, comments, raw blocks and white-space control.

use std::borrow::Cow;

use super::{Lexer, TokenKind, is_space};
use crate::error::Result;

/// Brings all line endings to `\n` and drops the last one.
pub(crate) fn normalize(source: &str) -> Cow<'_, str> {
    if memchr::memchr(b'\r', source.as_bytes()).is_some() {
        let mut text = source.replace("\r\n", "\n").replace('\r', "\n");
        if text.ends_with('\n') {
            text.pop();
        }
        return text.into();
    }
    source.strip_suffix('\n').unwrap_or(source).into()
}

/// The white-space mark after an opening or before a closing delimiter.
fn sign(rest: &str) -> usize {
    usize::from(rest.starts_with(['-', '+']))
}

impl<'s> Lexer<'s> {
    /// Reads text up to the next tag, and that tag.
    pub(super) fn text(&mut self) -> Result<()> {
        let rest = self.rest();
        let Some(offset) = find_tag(rest) else {
            self.emit_text(rest, false);
            self.advance(rest.len());
            return Ok(());
        };
        let (text, tag) = rest.split_at(offset);
        let inner = tag.get(2..).unwrap_or("");
        self.emit_text(text, inner.starts_with('-'));
        self.advance(offset);
        let opening = 2 + sign(inner);
        match tag.as_bytes().get(1) {
            Some(b'#') => self.comment(opening),
            Some(b'{') => self.expression(opening, false),
            _ => match raw_begin(tag) {
                Some(length) => self.raw(length),
                None => self.expression(opening, true),
            },
        }
    }

    fn emit_text(&mut self, text: &'s str, strip: bool) {
        let text = if strip { text.trim_end_matches(is_space) } else { text };
        if !text.is_empty() {
            self.push(TokenKind::Text(text));
        }
    }

    fn comment(&mut self, opening: usize) -> Result<()> {
        self.advance(opening);
        if self.rest().is_empty() {
            return Ok(());
        }
        let Some(end) = self.rest().find("#}") else {
            return self.fail("Missing end of comment tag");
        };
        let strip = self.rest().get(..end).is_some_and(|comment| comment.ends_with('-'));
        self.advance(end + 2);
        if strip {
            self.skip_space();
        }
        Ok(())
    }

    /// Reads a raw block whose opening tag is `opening` bytes long.
    fn raw(&mut self, opening: usize) -> Result<()> {
        self.advance(opening);
        let rest = self.rest();
        if rest.is_empty() {
            return Ok(());
        }
        let found = rest.match_indices("{%").find_map(|(offset, _)| {
            raw_end(rest.get(offset..)?).map(|(length, strip)| (offset, length, strip))
        });
        let Some((offset, length, strip)) = found else {
            return self.fail("Missing end of raw directive");
        };
        self.emit_text(rest.get(..offset).unwrap_or(""), strip);
        self.advance(offset + length);
        Ok(())
    }
}

fn find_tag(text: &str) -> Option<usize> {
    let is_tag =
        |offset: &usize| matches!(text.as_bytes().get(offset + 1), Some(b'{' | b'%' | b'#'));
    memchr::memchr_iter(b'{', text.as_bytes()).find(is_tag)
}

/// Length of a `{% raw %}` tag at the start of `tag`, with the space a dash strips.
fn raw_begin(tag: &str) -> Option<usize> {
    let inner = tag.get(2..)?;
    let rest = inner.get(sign(inner)..)?.trim_start_matches(is_space).strip_prefix("raw")?;
    let rest = rest.trim_start_matches(is_space);
    let rest = match rest.strip_prefix("-%}") {
        Some(rest) => rest.trim_start_matches(is_space),
        None => rest.strip_prefix("%}")?,
    };
    Some(tag.len() - rest.len())
}

/// Length of an `{% endraw %}` tag at the start of `tag`, and whether it strips before.
fn raw_end(tag: &str) -> Option<(usize, bool)> {
    let inner = tag.get(2..)?;
    let rest = inner.get(sign(inner)..)?.trim_start_matches(is_space).strip_prefix("endraw")?;
    let rest = rest.trim_start_matches(is_space);
    let rest = match rest.strip_prefix("-%}") {
        Some(rest) => rest.trim_start_matches(is_space),
        None => rest.strip_prefix("+%}").or_else(|| rest.strip_prefix("%}"))?,
    };
    Some((tag.len() - rest.len(), inner.starts_with('-')))
}
