//! Python's escapes in string literals.

use std::borrow::Cow;

/// The literal that `text` starts with, up to its closing quote.
pub(super) fn start(text: &str, quote: u8) -> Option<&str> {
    let mut position = 0;
    loop {
        position += memchr::memchr2(quote, b'\\', text.as_bytes().get(position..)?)?;
        if text.as_bytes().get(position) == Some(&quote) {
            return text.get(..position);
        }
        position += 2;
    }
}

/// Decodes the text between the quotes; `Err` carries the reason.
pub(super) fn unescape(literal: &str) -> Result<Cow<'_, str>, &'static str> {
    if memchr::memchr(b'\\', literal.as_bytes()).is_none() {
        return Ok(literal.into());
    }
    let mut text = String::with_capacity(literal.len());
    let mut rest = literal;
    while let Some(offset) = rest.find('\\') {
        let (plain, escape) = rest.split_at(offset);
        text.push_str(plain);
        rest = decode(escape.get(1..).unwrap_or(""), &mut text)?;
    }
    text.push_str(rest);
    Ok(text.into())
}

/// Decodes one escape, whose backslash is consumed, and returns what follows it.
fn decode<'s>(escape: &'s str, text: &mut String) -> Result<&'s str, &'static str> {
    let Some(first) = escape.chars().next() else { return Err("\\ at end of string") };
    let rest = escape.get(first.len_utf8()..).unwrap_or("");
    let simple = match first {
        '\n' => return Ok(rest),
        '\\' | '\'' | '"' => first,
        'a' => '\x07',
        'b' => '\x08',
        'f' => '\x0c',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\x0b',
        '0'..='7' => return octal(escape, text),
        'x' => return hexadecimal(rest, 2, text),
        'u' => return hexadecimal(rest, 4, text),
        'U' => return hexadecimal(rest, 8, text),
        'N' => return named(rest, text),
        _ => {
            text.push('\\');
            first
        }
    };
    text.push(simple);
    Ok(rest)
}

fn octal<'s>(escape: &'s str, text: &mut String) -> Result<&'s str, &'static str> {
    let length = escape.bytes().take(3).take_while(|byte| (b'0'..=b'7').contains(byte)).count();
    let (digits, rest) = escape.split_at(length);
    push_code(digits, 8, text)?;
    Ok(rest)
}

fn hexadecimal<'s>(
    rest: &'s str,
    length: usize,
    text: &mut String,
) -> Result<&'s str, &'static str> {
    let digits = rest.get(..length).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
    push_code(digits.ok_or("truncated \\x, \\u or \\U escape")?, 16, text)?;
    Ok(rest.get(length..).unwrap_or(""))
}

/// A lone surrogate cannot be written in a text file; it becomes the replacement character.
fn push_code(digits: &str, radix: u32, text: &mut String) -> Result<(), &'static str> {
    let code = u32::from_str_radix(digits, radix).map_err(|_| "illegal Unicode character")?;
    if code > 0x0010_FFFF {
        return Err("illegal Unicode character");
    }
    text.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
    Ok(())
}

fn named<'s>(rest: &'s str, text: &mut String) -> Result<&'s str, &'static str> {
    let name = rest.strip_prefix('{').and_then(|rest| rest.split_once('}'));
    let (name, rest) = name.ok_or("malformed \\N character escape")?;
    text.push(unicode_names2::character(name).ok_or("unknown Unicode character name")?);
    Ok(rest)
}

#[cfg(test)]
mod tests {
    use super::unescape;

    #[test]
    fn escapes_decode_as_in_python() {
        assert_eq!(unescape(r"a\tb\x41\u00e9\101\N{BULLET}\q\'").unwrap(), "a\tbAéA•\\q'");
        assert_eq!(unescape("a\\\nb").unwrap(), "ab");
    }

    #[test]
    fn broken_escapes_are_refused() {
        for literal in [r"\x4", r"\u12", r"\U00110000", r"\N{NO SUCH}"] {
            assert!(unescape(literal).is_err(), "{literal}");
        }
    }
}
