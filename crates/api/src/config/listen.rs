//! An address to listen on.

use std::{fmt, io, net::SocketAddr, str::FromStr, time::Duration};

use tokio::net::TcpSocket;

/// How long looking up a name may take.
const DEADLINE: Duration = Duration::from_secs(10);

/// A host, by name or by number, and a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListenAddress {
    /// The host; an IPv6 address without its brackets.
    pub host: String,
    /// The port; 0 for any that is free.
    pub port: u16,
}

impl FromStr for ListenAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = "it must be HOST:PORT, as in localhost:8000, 0.0.0.0:8000 or [::1]:8000";
        let (host, port) = text.rsplit_once(':').ok_or(wrong)?;
        let port = port.parse().map_err(|_| wrong)?;
        let bracketed = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let host = bracketed.unwrap_or(host);
        let plain = |c: char| c.is_ascii_alphanumeric() || "-._%".contains(c) || c == ':';
        let ambiguous = bracketed.is_none() && host.contains(':');
        if host.is_empty() || ambiguous || !host.chars().all(plain) {
            return Err(wrong.to_owned());
        }
        Ok(Self { host: host.to_owned(), port })
    }
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

impl ListenAddress {
    /// Takes the address, so that nobody else can listen there; nobody can connect until this one listens.
    /// A name may stand for several addresses: IPv4 is tried first, because that is what clients of
    /// `localhost` try who know only one.
    pub async fn bind(&self) -> io::Result<TcpSocket> {
        let target = (self.host.as_str(), self.port);
        let found = tokio::time::timeout(DEADLINE, tokio::net::lookup_host(target)).await??;
        let mut addresses: Vec<_> = found.collect();
        addresses.sort_by_key(|address| !address.is_ipv4());
        let mut bound = Err(io::ErrorKind::AddrNotAvailable.into());
        for address in addresses {
            bound = bind(address);
            if bound.is_ok() {
                break;
            }
        }
        bound
    }
}

fn bind(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // What is left of a server's connections doesn't keep the next one away.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::ListenAddress;

    #[test]
    fn hosts_have_names_or_numbers() {
        for text in ["localhost:8000", "0.0.0.0:0", "[::1]:80", "my-host.example.com:65535"] {
            assert_eq!(text.parse::<ListenAddress>().unwrap().to_string(), text);
        }
        for text in ["8000", ":8000", "::1:8000", "h:", "h:70000", "h:http", "a b:1", "http://h:1"]
        {
            assert!(text.parse::<ListenAddress>().is_err(), "{text}");
        }
    }

    #[tokio::test]
    async fn a_name_is_listened_on_by_one_alone() {
        let address: ListenAddress = "localhost:0".parse().unwrap();
        let socket = address.bind().await.unwrap();
        let taken = socket.local_addr().unwrap();
        assert!(taken.ip().is_loopback());
        assert!(tokio::net::TcpStream::connect(taken).await.is_err());
        let listener = socket.listen(1).unwrap();
        assert!(tokio::net::TcpStream::connect(taken).await.is_ok());
        let same: ListenAddress = taken.to_string().parse().unwrap();
        assert!(same.bind().await.is_err());
        drop(listener);
        let unknown: ListenAddress = "no-such-host.invalid:0".parse().unwrap();
        assert!(unknown.bind().await.is_err());
    }
}
