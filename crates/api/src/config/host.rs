//! Hosts and addresses, as they are configured. What is wrong is not repeated: it may be a
//! password at the wrong place.

use std::net::{IpAddr, Ipv6Addr};

use ipnet::IpNet;
use url::Url;

/// The name or the number of a host, for a setting whose port is in `port`.
pub(super) fn host(text: &str, port: &str) -> Result<String, String> {
    let number = text.trim_start_matches('[').trim_end_matches(']').parse::<Ipv6Addr>().is_ok();
    if !number && text.contains(['@', '/', ':']) {
        return Err(format!("it must be a host's name only; the port goes into {port}"));
    }
    Ok(text.to_owned())
}

/// An address, or a network such as `10.0.0.0/8`.
pub(super) fn network(text: &str) -> Result<IpNet, String> {
    let text = text.trim();
    let address = || text.parse::<IpAddr>().ok().map(IpNet::from);
    let network = text.parse().ok().or_else(address);
    network.ok_or_else(|| "it must be an address or a network such as 10.0.0.0/8".to_owned())
}

/// An address that begins with `http://` or `https://` and has no credentials in it.
pub(super) fn web_address(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let Some(url) = url.filter(|_| text.contains("://")) else {
        return Err("it must begin with http:// or https://, then a host".to_owned());
    };
    if !url.username().is_empty() || url.password().is_some() {
        return Err("it must have no user and no password".to_owned());
    }
    Ok(url)
}

/// Whether what goes to this address goes to another machine without TLS.
pub(crate) fn is_exposed(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let number = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    let local = number.map_or(host == "localhost", |number| number.is_loopback());
    matches!(url.scheme(), "http" | "ldap") && !local
}

/// The address of an OpenID Connect provider without its scheme.
pub(super) fn domain(text: &str) -> Result<String, String> {
    if text.contains("://") {
        return Err("leave out https://; ARMASEC_USE_HTTPS says which of the two it is".to_owned());
    }
    if text.contains('@') {
        return Err("it must have no user and no password".to_owned());
    }
    Ok(text.to_owned())
}

/// The address of an S3 server, as it was given.
pub(super) fn s3_endpoint(text: &str) -> Result<String, String> {
    let no_user = |error| format!("{error}, as in http://127.0.0.1:9000; keys go into AWS_*");
    web_address(text).map(|_| text.to_owned()).map_err(no_user)
}

/// The address of a PostgreSQL database.
pub(super) fn postgres_address(text: &str) -> Result<Url, String> {
    let form = "it must be postgres://user:password@host:port/name";
    let url = Url::parse(text).map_err(|error| format!("{form}: {error}"))?;
    let scheme = url.scheme().split('+').next().unwrap_or_default();
    if !matches!(scheme, "postgres" | "postgresql") || !text.contains("://") {
        return Err(form.to_owned());
    }
    // A password that is cut short by one of these would be taken for a port and a name.
    let cut = |query: &str| query.split_once('@').is_some_and(|(before, _)| !before.contains('='));
    if url.path().contains('@') || url.query().is_some_and(cut) || url.fragment().is_some() {
        return Err(format!(
            "{form}; in a user's name or a password, / is written %2F, # %23, ? %3F and @ %40"
        ));
    }
    Ok(url)
}

/// A database's address, fit for messages: what else is in a URL may be secret.
pub(crate) fn without_secrets(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}://{host}{port}{}", url.scheme(), url.path())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_is_called_by_its_address_only() {
        let url = "postgresql+asyncpg://joe:s3cret@h:5/n?password=s3cret&sslmode=require";
        let url = postgres_address(url).unwrap();
        assert_eq!(without_secrets(&url), "postgresql+asyncpg://h:5/n");
    }

    #[test]
    fn options_of_a_database_may_have_an_at_sign() {
        assert!(postgres_address("postgres://h/n?user=joe@server&password=x").is_ok());
    }

    #[test]
    fn an_address_that_makes_no_sense_is_not_repeated() {
        for text in [
            "postgres:joe:s3cret@h/n",
            "postgres:/joe:s3cret@h/n",
            "s3cret",
            "s3cret://h/n",
            "postgres://joe:12/s3cret@h/n",
            "postgres://joe:12#s3cret@h/n",
            "postgres://joe:12?s3cret@h/n",
            "postgres://joe:s3cret/@h/n",
        ] {
            let words = postgres_address(text).unwrap_err();
            assert!(!words.contains("s3cret") && words.contains("postgres://"), "{text}: {words}");
        }
    }

    #[test]
    fn others_can_read_what_goes_to_other_machines() {
        for (text, exposed) in [
            ("ldap://ldap.example", true),
            ("ldap://10.0.0.1", true),
            ("ldaps://ldap.example", false),
            ("ldap://localhost", false),
            ("ldap://127.0.0.2:1389", false),
            ("ldap://[::1]", false),
            ("ldap://localhost.example", true),
            ("http://id.example", true),
            ("https://id.example", false),
            ("HTTP://LOCALHOST:8080/x", false),
            ("http://[fd00::1]", true),
        ] {
            assert_eq!(is_exposed(&Url::parse(text).unwrap()), exposed, "{text}");
        }
    }

    #[test]
    fn a_host_is_a_host_only() {
        for good in ["broker", "broker.example.com", "10.0.0.1", "::1", "[::1]"] {
            assert_eq!(host(good, "PORT").unwrap(), good);
        }
        for bad in ["amqp://h", "s3cret@h", "h:1", "h/v", "s3cret:x@h"] {
            let words = host(bad, "RABBITMQ_PORT").unwrap_err();
            assert!(words.contains("RABBITMQ_PORT") && !words.contains("s3cret"), "{words}");
        }
    }

    #[test]
    fn addresses_of_web_servers_have_a_scheme_and_no_user() {
        assert!(web_address("https://jobs.example.com/x").is_ok());
        assert_eq!(s3_endpoint("http://127.0.0.1:5702").unwrap(), "http://127.0.0.1:5702");
        for bad in ["127.0.0.1:5702", "localhost:9000", "ftp://h/", "http:h", "http://u:s3cret@h/"]
        {
            assert!(web_address(bad).is_err() && s3_endpoint(bad).is_err(), "{bad}");
            assert!(!s3_endpoint(bad).unwrap_err().contains("s3cret"), "{bad}");
        }
    }
}
