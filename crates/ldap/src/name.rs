//! Distinguished names (RFC 4514), in a form that can be compared.

/// A distinguished name: its parts from the entry up to the root, in lower case and without
/// escapes, as most directories compare them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name(Vec<(String, String)>);

impl Name {
    /// The name in `text`; nothing if it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let parts = split(text).into_iter().map(|part| {
            let (kind, value) = part.split_once('=')?;
            let kind = kind.trim().to_lowercase();
            (!kind.is_empty()).then(|| (kind, plain(value)))
        });
        parts.collect::<Option<Vec<_>>>().map(Self)
    }

    /// Whether it is `base`, or below it.
    pub fn is_within(&self, base: &Self) -> bool {
        self.0.ends_with(&base.0)
    }

    /// The value of its first part, if that is of this kind.
    pub fn first(&self, kind: &str) -> Option<&str> {
        let (found, value) = self.0.first()?;
        (found == kind).then_some(value.as_str())
    }
}

/// At commas that are not escaped.
fn split(text: &str) -> Vec<String> {
    let (mut parts, mut escaped) = (vec![String::new()], false);
    for c in text.chars() {
        if c == ',' && !escaped {
            parts.push(String::new());
        } else if let Some(part) = parts.last_mut() {
            part.push(c);
        }
        escaped = c == '\\' && !escaped;
    }
    parts
}

/// A value without escapes and without blanks that don't count.
fn plain(value: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), value.trim().as_bytes());
    while let Some((first, after)) = rest.split_first() {
        (bytes, rest) = match (first, after) {
            (b'\\', [high, low, after @ ..]) if both_hex(*high, *low) => {
                let digit = |byte: u8| char::from(byte).to_digit(16).unwrap_or_default() as u8;
                ([bytes, vec![digit(*high) * 16 + digit(*low)]].concat(), after)
            }
            (b'\\', [next, after @ ..]) => ([bytes, vec![*next]].concat(), after),
            (byte, after) => ([bytes, vec![*byte]].concat(), after),
        };
    }
    let text = String::from_utf8_lossy(&bytes).to_lowercase();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn both_hex(high: u8, low: u8) -> bool {
    high.is_ascii_hexdigit() && low.is_ascii_hexdigit()
}

#[cfg(test)]
mod tests {
    use super::Name;

    fn name(text: &str) -> Name {
        Name::parse(text).unwrap()
    }

    #[test]
    fn one_name_is_written_in_many_ways() {
        assert_eq!(Name::parse("cn=HPC, Admins"), None);
        let escaped = name(r"cn=hpc\, admins,ou=groups,dc=example");
        for other in [
            r"CN=HPC\2C  Admins , OU = groups, DC=Example",
            r"cn=\68pc\, admins,ou=groups,dc=example",
        ] {
            assert_eq!(name(other), escaped, "{other}");
        }
        assert_eq!(escaped.first("cn"), Some("hpc, admins"));
        assert_eq!(escaped.first("ou"), None);
        assert_eq!(name(r"cn=J\C3\BCrgen").first("cn"), Some("jürgen"));
    }

    #[test]
    fn what_is_below_is_within() {
        let base = name("ou=groups,dc=example");
        assert!(name("cn=a,OU=Groups,dc=example").is_within(&base));
        assert!(base.is_within(&base));
        assert!(!name(r"cn=a\,ou=groups,dc=example").is_within(&base));
        assert!(!name("dc=example").is_within(&base));
    }

    #[test]
    fn what_is_no_name_is_none() {
        for odd in ["", "admins", "=x", "cn=a,", ",cn=a"] {
            assert_eq!(Name::parse(odd), None, "{odd}");
        }
    }
}
