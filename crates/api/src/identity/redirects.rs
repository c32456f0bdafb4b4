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
    if uri.contains('*') {
        return Err(format!("{uri:?} must have no *: addresses are compared letter by letter"));
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

/// Whether browsers are sent to a site, and not to a program on the person's own machine.
pub(crate) fn is_on_the_web(uri: &str) -> bool {
    Url::parse(uri).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && !is_local(&url))
}

/// Letter by letter, so that nothing depends on how somebody takes addresses apart.
fn is_same_but_for_port(uri: &str, known: &str) -> bool {
    if !Url::parse(known).is_ok_and(|known| is_loopback(&known)) {
        return false;
    }
    match (without_port(uri), without_port(known)) {
        (Some(uri), Some(known)) => uri == known,
        _ => false,
    }
}

/// The host and what follows the port of an `http` address, each as it is written.
fn without_port(uri: &str) -> Option<(&str, &str)> {
    let rest = uri.strip_prefix("http://")?;
    let host = match rest.starts_with('[') {
        true => rest.find(']')? + 1,
        false => rest.find([':', '/', '?', '#']).unwrap_or(rest.len()),
    };
    let (host, rest) = rest.split_at_checked(host)?;
    let Some(rest) = rest.strip_prefix(':') else { return Some((host, rest)) };
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (port, rest) = rest.split_at_checked(end)?;
    let is_port = !port.starts_with('0') && port.parse::<u16>().is_ok();
    is_port.then_some((host, rest))
}

fn is_local(url: &Url) -> bool {
    is_loopback(url)
        || url.domain().is_some_and(|name| {
            let name = name.trim_end_matches('.');
            name == "localhost" || name.ends_with(".localhost")
        })
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
            "http://127.0.0.1:1/x/../cb",
            "http://127.0.0.1:1/./cb",
            "http://127.0.0.1:1/%63b",
            "http://127.0.0.1:1\\cb",
            "http:127.0.0.1:1/cb",
            "http:///127.0.0.1:1/cb",
            "http://127.1:1/cb",
            "http://2130706433:1/cb",
            "http://0x7f.0.0.1:1/cb",
            "http://127.0.0.1.:1/cb",
            "HTTP://127.0.0.1:1/cb",
            "http://127.0.0.1:1/CB",
            "http://127.0.0.1:09999/cb",
            "http://127.0.0.1:0/cb",
            "http://127.0.0.1:/cb",
            "http://127.0.0.1:65536/cb",
            "http://127.0.0.1:+1/cb",
            "http://[::1]:1/cb",
            "http://[::ffff:127.0.0.1]:1/cb",
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
    fn a_program_on_ones_machine_takes_the_port_that_is_free() {
        let known = ["http://[::1]/cb?x".to_owned(), "http://127.0.0.1:8000/".to_owned()];
        for good in ["http://[::1]:65535/cb?x", "http://[::1]/cb?x", "http://127.0.0.1:1/"] {
            assert!(is_registered(good, &known), "{good}");
        }
        for bad in [
            "http://[::1]:1/cb",
            "http://[0:0::1]:1/cb?x",
            "http://[::1:1/cb?x",
            "http://127.0.0.1:1",
        ] {
            assert!(!is_registered(bad, &known), "{bad}");
        }
    }

    #[test]
    fn what_is_on_ones_machine_is_not_on_the_web() {
        for there in ["https://app.example.com/cb", "http://app.example.com/cb"] {
            assert!(is_on_the_web(there), "{there}");
        }
        for here in [
            "http://127.0.0.1:1/cb",
            "https://127.0.0.2/cb",
            "http://[::1]/cb",
            "http://localhost:1/cb",
            "https://localhost./cb",
            "https://app.localhost/cb",
            "com.example.app:/cb",
        ] {
            assert!(!is_on_the_web(here), "{here}");
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
            "https://*.example.com/cb",
            "https://a.example.com/*",
            "/cb",
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
