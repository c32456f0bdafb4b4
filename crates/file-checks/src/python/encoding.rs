//! From bytes to source text: byte order mark, encoding cookie (PEP 263), null bytes.

mod codec;

use std::borrow::Cow;

use crate::SyntaxProblem;
use codec::Codec;

const BOM: &[u8] = b"\xef\xbb\xbf";

pub(super) struct Decoded<'a> {
    /// The text, with U+FFFD for what is not UTF-8.
    pub(super) text: Cow<'a, str>,
    /// Where those are, in bytes of the text. The interpreter does not look at comments, so that
    /// they are no problem there.
    pub(super) undecodable: Vec<usize>,
}

/// Decodes a source file the way the interpreter reads it.
pub(super) fn decode(content: &[u8]) -> Result<Decoded<'_>, SyntaxProblem> {
    if let Some(at) = content.iter().position(|&byte| byte == 0) {
        let line = Some(line_of(content, at));
        return Err(SyntaxProblem::new("source code cannot contain null bytes", line));
    }
    let has_bom = content.starts_with(BOM);
    let Some((line, name)) = cookie(content.strip_prefix(BOM).unwrap_or(content)) else {
        return Ok(lenient_utf8(content));
    };
    let name = canonical(&name);
    if has_bom && name != "utf-8" {
        let cause = format!("a file with a UTF-8 byte order mark declares the encoding {name}");
        return Err(SyntaxProblem::new(cause, Some(line)));
    }
    let unknown = || SyntaxProblem::new(format!("unknown encoding: {name}"), Some(line));
    let codec = Codec::named(&name).ok_or_else(unknown)?;
    if name == "utf-8" {
        return Ok(lenient_utf8(content));
    }
    let text = match codec {
        // By another name, it is decoded like any other encoding.
        Codec::Utf8 => utf8(content)?,
        codec => codec.decode(content).ok_or_else(|| {
            SyntaxProblem::new(format!("the file is not encoded in {name}"), None)
        })?,
    };
    Ok(Decoded { text, undecodable: Vec::new() })
}

fn utf8(content: &[u8]) -> Result<Cow<'_, str>, SyntaxProblem> {
    let text = str::from_utf8(content)
        .map_err(|error| not_utf8(Some(line_of(content, error.valid_up_to()))))?;
    Ok(Cow::Borrowed(text))
}

/// The file has to be UTF-8 and is not, in this line.
pub(super) fn not_utf8(line: Option<usize>) -> SyntaxProblem {
    SyntaxProblem::new("the file is not UTF-8 and declares no other encoding", line)
}

fn lenient_utf8(content: &[u8]) -> Decoded<'_> {
    if let Ok(text) = str::from_utf8(content) {
        return Decoded { text: Cow::Borrowed(text), undecodable: Vec::new() };
    }
    let mut text = String::with_capacity(content.len());
    let mut undecodable = Vec::new();
    for chunk in content.utf8_chunks() {
        text.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            undecodable.push(text.len());
            text.push(char::REPLACEMENT_CHARACTER);
        }
    }
    Decoded { text: Cow::Owned(text), undecodable }
}

fn line_of(content: &[u8], offset: usize) -> usize {
    let before = content.iter().take(offset);
    1 + before.filter(|&&byte| byte == b'\n').count()
}

/// The encoding a comment in the first two lines declares, and the line that does.
fn cookie(content: &[u8]) -> Option<(usize, String)> {
    let mut rest = content;
    for number in 1..=2 {
        let (line, following) = split_line(rest);
        let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\x0c');
        let text = line.split_at(line.iter().take_while(|byte| blank(byte)).count()).1;
        if !text.is_empty() && !text.starts_with(b"#") {
            return None;
        }
        if let Some(name) = declared(text) {
            return Some((number, name));
        }
        rest = following;
    }
    None
}

/// The first line without its end, and what follows it; a lone carriage return ends a line too.
fn split_line(content: &[u8]) -> (&[u8], &[u8]) {
    let is_end = |byte: &u8| matches!(byte, b'\n' | b'\r');
    let length = content.iter().position(is_end).unwrap_or(content.len());
    let (line, end) = content.split_at(length);
    let following = end.strip_prefix(b"\r\n").or_else(|| end.get(1..));
    (line, following.unwrap_or_default())
}

/// The name after `coding:` or `coding=` in a comment.
fn declared(comment: &[u8]) -> Option<String> {
    const KEY: &[u8] = b"coding";
    let starts = comment.windows(KEY.len()).enumerate();
    starts.filter(|(_, window)| *window == KEY).find_map(|(at, _)| {
        let (separator, value) = comment.get(at + KEY.len()..)?.split_first()?;
        let name = value.iter().skip_while(|byte| matches!(byte, b' ' | b'\t'));
        let in_name = |byte: &&u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
        let name: String = name.take_while(in_name).map(|&byte| char::from(byte)).collect();
        (b":=".contains(separator) && !name.is_empty()).then_some(name)
    })
}

/// The name as the interpreter compares it: the usual spellings of UTF-8 and Latin-1, with any
/// editor suffix such as `-unix`, become one; every other name stays as declared.
fn canonical(name: &str) -> String {
    let lower = name.to_ascii_lowercase().replace('_', "-");
    let is = |known: &str| {
        let suffix = lower.strip_prefix(known);
        suffix.is_some_and(|suffix| suffix.is_empty() || suffix.starts_with('-'))
    };
    if is("utf-8") && !lower.contains('.') {
        "utf-8".to_owned()
    } else if ["latin-1", "iso-8859-1", "iso-latin-1"].into_iter().any(is) && !lower.contains('.') {
        "iso-8859-1".to_owned()
    } else {
        name.to_owned()
    }
}
