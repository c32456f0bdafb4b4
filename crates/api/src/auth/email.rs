//! E-mail addresses, in the one form that ownership is compared in.

/// The address in `text`, which may carry a display name (`Bob <bob@example.com>`): the domain
/// in lower case, the local part as it is. `None` if there is no address.
pub fn normalize(text: &str) -> Option<String> {
    let address = match text.trim().strip_suffix('>') {
        Some(rest) => rest.rsplit_once('<')?.1,
        None => text.trim(),
    };
    let (local, domain) = address.rsplit_once('@')?;
    let plain = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && !part.ends_with('.')
            && !part.contains("..")
            && !part
                .chars()
                .any(|c| c.is_whitespace() || c.is_control() || "@<>,;:\"()[]\\".contains(c))
    };
    (plain(local) && plain(domain)).then(|| format!("{local}@{}", domain.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::normalize;

    #[test]
    fn the_domain_is_folded_and_the_display_name_dropped() {
        assert_eq!(normalize("TESTER@LAB.CO").as_deref(), Some("TESTER@lab.co"));
        assert_eq!(normalize("Bob <bob@lab.co>").as_deref(), Some("bob@lab.co"));
        assert_eq!(normalize("ü@exämple.com").as_deref(), Some("ü@exämple.com"));
        for odd in ["not-an-email", "@x.co", "a@", "a b@x.co", "a@b@c..d", ""] {
            assert_eq!(normalize(odd), None, "{odd}");
        }
    }
}
