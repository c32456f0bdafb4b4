//! `Content-Type` and `Content-Disposition`, read as the Python server's library for forms does:
//! what browsers of all ages send is understood.

/// A header's value and the parameters after it.
pub(super) struct Header {
    /// What stands before the first `;`, in lower case.
    pub(super) value: String,
    /// Each name, in lower case, with what was said of it. One character is one byte.
    parameters: Vec<(String, String)>,
}

impl Header {
    pub(super) fn parse(header: &[u8]) -> Self {
        let text: String = header.iter().copied().map(char::from).collect();
        let mut segments = segments(&text).into_iter();
        let value = segments.next().unwrap_or_default().trim().to_ascii_lowercase();
        // RFC 7578 §4.2 forbids the extended form (`filename*=`).
        let parameters = segments.map(parameter).filter(|(name, _)| !name.contains('*')).collect();
        Self { value, parameters }
    }

    /// What is said of `name`; of several the last.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let mut found = self.parameters.iter().rev().filter(|(known, _)| known == name);
        found.next().map(|(_, value)| value.as_str())
    }

    /// The same as text.
    pub(super) fn text(&self, name: &str, charset: &str) -> Option<String> {
        let bytes: Vec<u8> = self.get(name)?.chars().map(|c| c as u8).collect();
        Some(decode(&bytes, charset))
    }

    /// The name of the file; of a path on a Windows disk or share only its last step.
    pub(super) fn filename(&self, charset: &str) -> Option<String> {
        let name = self.text("filename", charset)?;
        let path = self.get("filename")?;
        let is_path = path.get(1..3) == Some(":\\") || path.starts_with("\\\\");
        let last = name.rsplit('\\').next().filter(|_| is_path).map(str::to_owned);
        Some(last.unwrap_or(name))
    }
}

/// The bytes as text in `charset` (UTF-8 if none is named), or else in Latin-1, in which everything
/// is text.
pub(super) fn decode(bytes: &[u8], charset: &str) -> String {
    let label = if charset.is_empty() { "utf-8" } else { charset };
    let encoding = encoding_rs::Encoding::for_label(label.as_bytes());
    match encoding
        .and_then(|known| known.decode_without_bom_handling_and_without_replacement(bytes))
    {
        Some(text) => text.into_owned(),
        None => bytes.iter().copied().map(char::from).collect(),
    }
}

/// The parts between the `;` that are not in quotes.
fn segments(text: &str) -> Vec<&str> {
    let (mut quoted, mut before) = (false, ' ');
    text.split(|c| {
        if c == '"' && before != '\\' {
            quoted = !quoted;
        }
        before = c;
        c == ';' && !quoted
    })
    .collect()
}

fn parameter(segment: &str) -> (String, String) {
    let (name, value) = segment.split_once('=').unwrap_or((segment, ""));
    let value = value.trim();
    let inner = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let plain = |inner: &str| inner.replace("\\\\", "\\").replace("\\\"", "\"");
    (name.trim().to_ascii_lowercase(), inner.map_or_else(|| value.to_owned(), plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filename(parameter: &[u8]) -> Option<String> {
        let header = [b"form-data; name=\"upload_file\"; ".as_slice(), parameter].concat();
        let header = Header::parse(&header);
        assert_eq!(header.value, "form-data");
        assert_eq!(header.text("name", "").as_deref(), Some("upload_file"));
        header.filename("")
    }

    #[test]
    fn names_of_files_are_read_as_starlette_reads_them() {
        let named: [(&[u8], &str); 20] = [
            (b"filename=\"C:\\dir\\a.sh\"", "a.sh"),
            (b"filename=C:\\dir\\a.sh", "a.sh"),
            (b"filename=\"\\\\\\\\srv\\share\\a.sh\"", "a.sh"),
            (b"filename=\"\\\\srv\\share\\a.sh\"", "\\srv\\share\\a.sh"),
            (b"filename=\"dir\\a.sh\"", "dir\\a.sh"),
            (b"filename=\"C:/x/a.sh\"", "C:/x/a.sh"),
            (b"filename=\"c:\\\"", ""),
            (b"filename=\"caf\xe9.sh\"", "caf\u{e9}.sh"),
            (b"filename=\"caf\xc3\xa9.sh\"", "caf\u{e9}.sh"),
            (b"filename=\"caf\xe9\\\";.sh\"", "caf\u{e9}\";.sh"),
            (b"filename=\"a\\\"b.sh\"", "a\"b.sh"),
            (b"filename=\"a\\\\b.sh\"", "a\\b.sh"),
            (b"filename=\"a;b.sh\"", "a;b.sh"),
            (b"filename=\"a%20b.sh\"", "a%20b.sh"),
            (b"filename=\"x.sh\"; filename*=UTF-8''y.sh", "x.sh"),
            (b"filename=\"a.sh\"; filename=\"b.sh\"", "b.sh"),
            (b"FileName = a.sh ", "a.sh"),
            (b"filename='a.sh'", "'a.sh'"),
            (b"filename=\"a.sh", "\"a.sh"),
            (b"filename", ""),
        ];
        for (parameter, name) in named {
            assert_eq!(filename(parameter).as_deref(), Some(name), "{parameter:?}");
        }
        assert_eq!(filename(b"filename*=UTF-8''caf%C3%A9.sh"), None);
    }

    #[test]
    fn what_is_not_in_the_charset_is_latin_1() {
        assert_eq!(decode(b"caf\xc3\xa9", "utf-8"), "caf\u{e9}");
        assert_eq!(decode(b"caf\xe9", ""), "caf\u{e9}");
        assert_eq!(decode(b"caf\xc3\xa9", "latin1"), "caf\u{c3}\u{a9}");
        assert_eq!(decode(b"\xa4", "iso-8859-15"), "\u{20ac}");
        assert_eq!(decode(b"\xc3\xa9", "nonsense"), "\u{c3}\u{a9}");
    }
}
