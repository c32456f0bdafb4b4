//! From bytes to the characters YAML allows.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use crate::SyntaxProblem;

/// Decodes UTF-8, or UTF-16 with a byte order mark, and refuses unprintable characters.
pub(super) fn decode(content: &[u8]) -> Result<Cow<'_, str>, SyntaxProblem> {
    let (encoding, bom_length) = Encoding::for_bom(content).unwrap_or((UTF_8, 0));
    debug_assert!([UTF_8, UTF_16BE, UTF_16LE].contains(&encoding));
    let text = content.get(bom_length..).unwrap_or_default();
    let decoded = encoding.decode_without_bom_handling_and_without_replacement(text);
    let text = decoded.ok_or_else(|| not_text(encoding, content))?;
    match text.char_indices().find(|&(_, c)| !is_printable(c)) {
        Some((offset, c)) => Err(unprintable(&text, offset, c)),
        None => Ok(text),
    }
}

fn is_printable(c: char) -> bool {
    let control = c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{85}');
    !control && !matches!(c, '\u{fffe}' | '\u{ffff}')
}

fn not_text(encoding: &'static Encoding, content: &[u8]) -> SyntaxProblem {
    let at = str::from_utf8(content).err().filter(|_| encoding == UTF_8);
    let line = at.map(|error| {
        let before = content.iter().take(error.valid_up_to());
        1 + before.filter(|&&byte| byte == b'\n').count()
    });
    SyntaxProblem::new(format!("the file is not valid {}", encoding.name()), line)
}

fn unprintable(text: &str, offset: usize, c: char) -> SyntaxProblem {
    let before = text.get(..offset).unwrap_or_default();
    let line = 1 + before.matches('\n').count();
    let cause = format!("the character U+{:04X} is not allowed", u32::from(c));
    SyntaxProblem::new(cause, Some(line))
}
