//! The text encodings a Python source file can declare.

use std::borrow::Cow;

use encoding_rs::Encoding;

/// How the bytes of a file become text.
#[derive(Clone, Copy)]
pub(super) enum Codec {
    Utf8,
    Ascii,
    Latin1,
    /// A single-byte encoding without a table here. Its bytes are read as Latin-1: which letter a
    /// byte stands for makes no difference to the syntax of strings and comments.
    SingleByte,
    /// An encoding of the web's standard, which has nearly all that are still met.
    Standard(&'static Encoding),
}

const UTF8: &[&str] = &["utf-8", "utf8", "u8", "utf", "cp65001", "utf8-ucs2", "utf8-ucs4"];
const ASCII: &[&str] = &["ascii", "us-ascii", "646", "us", "cp367", "iso646-us", "ansi-x3.4-1968"];
const LATIN1: &[&str] = &["iso-8859-1", "iso8859-1", "latin1", "l1", "latin", "8859", "cp819"];
const SINGLE_BYTE: &[&str] = &[
    "437",
    "850",
    "852",
    "855",
    "857",
    "858",
    "860",
    "861",
    "862",
    "863",
    "864",
    "865",
    "869",
    "cp437",
    "cp720",
    "cp737",
    "cp775",
    "cp850",
    "cp852",
    "cp855",
    "cp856",
    "cp857",
    "cp858",
    "cp860",
    "cp861",
    "cp862",
    "cp863",
    "cp864",
    "cp865",
    "cp869",
    "cp1006",
    "cp1125",
    "ibm437",
    "ibm850",
    "ibm852",
    "hp-roman8",
    "roman8",
    "koi8-t",
    "kz1048",
    "ptcp154",
    "palmos",
    "mac-roman",
    "macroman",
    "macintosh",
    "mac-latin2",
    "maclatin2",
    "mac-greek",
    "macgreek",
    "mac-iceland",
    "maciceland",
    "mac-turkish",
    "macturkish",
    "mac-croatian",
    "mac-romanian",
    "mac-cyrillic",
    "maccyrillic",
];

impl Codec {
    /// The encoding of that name, if the interpreter knows it.
    pub(super) fn named(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase().replace('_', "-");
        let name = name.trim_matches('-').to_owned();
        let is_in = |names: &[&str]| names.contains(&name.as_str());
        if is_in(UTF8) || name == "utf-8-sig" {
            return Some(Self::Utf8);
        }
        if is_in(ASCII) {
            return Some(Self::Ascii);
        }
        if is_in(LATIN1) {
            return Some(Self::Latin1);
        }
        if is_in(SINGLE_BYTE) {
            return Some(Self::SingleByte);
        }
        standard(&name).map(Self::Standard)
    }

    /// The text, or nothing if a byte means nothing in this encoding.
    pub(super) fn decode(self, content: &[u8]) -> Option<Cow<'_, str>> {
        match self {
            Self::Utf8 => str::from_utf8(content).ok().map(Cow::Borrowed),
            Self::Ascii if !content.is_ascii() => None,
            Self::Ascii | Self::Latin1 | Self::SingleByte => Some(latin1(content)),
            Self::Standard(encoding) => {
                let text = encoding.decode_without_bom_handling_and_without_replacement(content)?;
                // The web reads bytes without a meaning as control characters.
                let undefined = |c| matches!(c, '\u{80}'..='\u{9f}');
                (!encoding.is_single_byte() || !text.contains(undefined)).then_some(text)
            }
        }
    }
}

fn latin1(content: &[u8]) -> Cow<'_, str> {
    match str::from_utf8(content) {
        Ok(text) if text.is_ascii() => Cow::Borrowed(text),
        _ => Cow::Owned(content.iter().map(|&byte| char::from(byte)).collect()),
    }
}

/// Looks a name up under the spellings the web's standard has for it.
fn standard(name: &str) -> Option<&'static Encoding> {
    let spellings = [
        name.to_owned(),
        name.replace('-', "_"),
        name.replacen("cp", "windows-", 1),
        name.replacen("iso8859", "iso-8859", 1),
        name.replacen("latin", "l", 1),
    ];
    let aliases = [
        ("latin9", "l9"),
        ("cp932", "sjis"),
        ("cp936", "gbk"),
        ("cp949", "euc-kr"),
        ("cp950", "big5"),
        ("tis-620", "iso-8859-11"),
        ("euc-jp", "euc-jp"),
        ("big5hkscs", "big5"),
    ];
    let alias = aliases.iter().find(|(alias, _)| *alias == name);
    let labels = alias.map(|(_, label)| (*label).to_owned()).into_iter().chain(spellings);
    let mut found = labels.filter_map(|label| Encoding::for_label_no_replacement(label.as_bytes()));
    found.find(|encoding| encoding.is_ascii_compatible())
}
