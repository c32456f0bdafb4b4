//! Where browsers may be sent back to: exactly where a client said beforehand (RFC 9700 §4.1),
//! but for the port of programs on the person's own machine (RFC 8252 §7.3).

use url::{Host, Url};

/// Whether `uri` is one of those that were registered.
pub(super) fn is_registered(uri: &str, registered: &[String]) -> bool {
    // What takes addresses apart leaves them out.
    if uri.chars().any(char::is_control) {
        return false;
    }
    registered.iter().any(|known| known == uri || is_same_but_for_port(uri, known))
}

/// Why a URI can't be registered.
pub(super) fn check(uri: &str) -> Result<(), String> {
    let url = Url::parse(uri).map_err(|error| format!("{uri:?} is no address: {error}"))?;
    if uri.chars().any(char::is_control) {
        return Err(format!("{uri:?} must have no control characters"));
    }
    if uri.contains('#') {
        return Err(format!("{uri:?} must have no fragment"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(format!("{uri:?} must have no user and no password"));
    }
    let local = is_loopback(&url) || url.host_str() == Some("localhost");
    match url.scheme() {
        "https" => Ok(()),
        "http" if local => Ok(()),
        "http" => Err(format!("{uri:?} must begin with https://")),
        scheme if scheme.contains('.') => Ok(()),
        _ => Err(format!("{uri:?} must begin with https:// or a scheme such as com.example.app:")),
    }
}

fn is_same_but_for_port(uri: &str, known: &str) -> bool {
    let (Ok(mut uri), Ok(mut known)) = (Url::parse(uri), Url::parse(known)) else { return false };
    if known.scheme() != "http" || !is_loopback(&known) {
        return false;
    }
    let plain = uri.fragment().is_none() && uri.username().is_empty() && uri.password().is_none();
    plain && uri.set_port(None).is_ok() && known.set_port(None).is_ok() && uri == known
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(_)) | None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_sent_exactly_where_the_client_said() {
        let known = ["https://app.example.com/cb?x=1".to_owned(), "http://127.0.0.1/cb".to_owned()];
        for good in
            ["https://app.example.com/cb?x=1", "http://127.0.0.1/cb", "http://127.0.0.1:49152/cb"]
        {
            assert!(is_registered(good, &known), "{good}");
        }
        for bad in [
            "https://app.example.com/cb",
            "https://app.example.com/cb?x=1&y",
            "https://app.example.com:444/cb?x=1",
            "https://app.example.com/cb?x=1#f",
            "https://app.example.com.evil.com/cb?x=1",
            "http://127.0.0.1:1/other",
            "http://127.0.0.1:1/cb/",
            "http://127.0.0.1:1/cb?x",
            "http://127.0.0.1:1/cb#f",
            "http://127.0.0.1:1/c\nb",
            "http://127.0.0.1:1/cb\0",
            "\thttp://127.0.0.1:1/cb",
            "http://127.0.0.2:1/cb",
            "http://localhost:1/cb",
            "http://127.0.0.1:1@evil.com/cb",
            "http://u:p@127.0.0.1:1/cb",
            "https://127.0.0.1:1/cb",
            "",
            "javascript:alert(1)",
        ] {
            assert!(!is_registered(bad, &known), "{bad}");
        }
    }

    #[test]
    fn addresses_that_others_could_listen_at_are_not_registered() {
        for good in [
            "https://a.example.com/cb",
            "http://127.0.0.1/cb",
            "http://localhost:3000/cb",
            "com.example.app:/cb",
        ] {
            check(good).unwrap();
        }
        for bad in [
            "http://a.example.com/cb",
            "https://a.example.com/cb#f",
            "https://u@a.example.com/",
            "javascript:alert(1)",
            "data:text/html,x",
            "https://a.example.com/c\nb",
            "/cb",
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
