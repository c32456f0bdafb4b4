//! E-mail addresses, in the one form that ownership is compared in: as the Python server's library
//! for them (email-validator) stores them.

use idna::uts46::{AsciiDenyList, Hyphens, Uts46};
use unicode_normalization::UnicodeNormalization;

/// The names of which that library takes every case for the same (RFC 2142 §3 to §5).
const ROLES: [&str; 15] = [
    "info",
    "marketing",
    "sales",
    "support",
    "abuse",
    "noc",
    "security",
    "postmaster",
    "hostmaster",
    "usenet",
    "news",
    "webmaster",
    "www",
    "uucp",
    "ftp",
];

/// The address in `text`, which may carry a display name (`Bob <bob@example.com>`): the domain
/// in lower case and Unicode, however it was written, and the local part as it is, but composed.
/// `None` if there is no address.
pub fn normalize(text: &str) -> Option<String> {
    let address = match text.trim().strip_suffix('>') {
        Some(rest) => rest.rsplit_once('<')?.1,
        None => text.trim(),
    };
    let (local, domain) = address.trim().rsplit_once('@')?;
    let local: String = local.nfc().collect();
    let role = ROLES.iter().find(|role| role.eq_ignore_ascii_case(&local));
    let local = role.map_or(local, |role| (*role).to_owned());
    let (domain, known) =
        Uts46::new().to_unicode(domain.as_bytes(), AsciiDenyList::EMPTY, Hyphens::Allow);
    (known.is_ok() && is_plain(&local) && is_plain(&domain)).then(|| format!("{local}@{domain}"))
}

fn is_plain(part: &str) -> bool {
    !part.is_empty()
        && !part.starts_with('.')
        && !part.ends_with('.')
        && !part.contains("..")
        && !part
            .chars()
            .any(|c| c.is_whitespace() || c.is_control() || "@<>,;:\"()[]\\".contains(c))
}

#[cfg(test)]
mod tests {
    use super::normalize;

    /// What email-validator 2 makes of them.
    #[test]
    fn addresses_are_stored_as_the_python_server_stores_them() {
        for (written, stored) in [
            ("TESTER@LAB.CO", "TESTER@lab.co"),
            ("Bob <bob@lab.co>", "bob@lab.co"),
            ("\"Q\" <q@x.co>", "q@x.co"),
            ("<q@x.co>", "q@x.co"),
            ("  a@x.co ", "a@x.co"),
            ("a@xn--exmple-cua.com", "a@ex\u{e4}mple.com"),
            ("a@XN--EXMPLE-CUA.com", "a@ex\u{e4}mple.com"),
            ("a@exa\u{308}mple.com", "a@ex\u{e4}mple.com"),
            ("a@EX\u{c4}MPLE.com", "a@ex\u{e4}mple.com"),
            ("a@fa\u{df}.de", "a@fa\u{df}.de"),
            ("a@xn--fa-hia.de", "a@fa\u{df}.de"),
            ("a@\u{ff2c}\u{ff21}\u{ff22}\u{ff0e}\u{ff43}\u{ff4f}", "a@lab.co"),
            ("a@lab\u{3002}co", "a@lab.co"),
            ("a@\u{fb01}.co", "a@fi.co"),
            ("a@\u{2126}.co", "a@\u{3c9}.co"),
            ("a@\u{212a}.co", "a@k.co"),
            ("a@\u{3c2}.gr", "a@\u{3c2}.gr"),
            ("a@\u{130}.co", "a@i\u{307}.co"),
            ("u\u{308}@x.co", "\u{fc}@x.co"),
            ("ohm\u{2126}@x.co", "ohm\u{3a9}@x.co"),
            ("\u{ff42}ob@x.co", "\u{ff42}ob@x.co"),
            ("\u{130}@x.co", "\u{130}@x.co"),
            ("INFO@x.co", "info@x.co"),
            ("Postmaster@X.co", "postmaster@x.co"),
            ("ADMIN@x.co", "ADMIN@x.co"),
            ("Noreply@x.co", "Noreply@x.co"),
            ("a!#$%&'*+-/=?^_`{|}~b@x.co", "a!#$%&'*+-/=?^_`{|}~b@x.co"),
        ] {
            assert_eq!(normalize(written).as_deref(), Some(stored), "{written}");
            assert_eq!(normalize(stored).as_deref(), Some(stored), "{stored}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for odd in [
            "not-an-email",
            "@x.co",
            "a@",
            "a b@x.co",
            "a@b@c..d",
            "",
            "a@x.co.",
            "a@x..co",
            "a@[1.2.3.4]",
            "\"a b\"@x.co",
            "a@xn--a.co",
            "a@xn--.co",
            "a\u{ff20}x.co",
        ] {
            assert_eq!(normalize(odd), None, "{odd}");
        }
    }
}
