//! Where a request comes from, behind proxies, too.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::{
    extract::ConnectInfo,
    http::{Extensions, HeaderMap, header},
};
use ipnet::IpNet;

use crate::identity::Peer;

/// Where a request comes from. Only proxies that are trusted are believed what they say of
/// others: `X-Forwarded-For` is read from its end to the first address that is no proxy's.
pub fn peer(headers: &HeaderMap, extensions: &Extensions, proxies: &[IpNet]) -> Peer {
    let connection = extensions.get::<ConnectInfo<SocketAddr>>();
    let connected = connection.map_or(Ipv4Addr::LOCALHOST.into(), |peer| peer.0.ip());
    let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
    Peer {
        address: behind(headers, connected.to_canonical(), proxies),
        user_agent: agent.unwrap_or_default().to_owned(),
    }
}

fn behind(headers: &HeaderMap, connected: IpAddr, proxies: &[IpNet]) -> IpAddr {
    let trusted = |address: &IpAddr| proxies.iter().any(|net| net.contains(address));
    let mut address = connected;
    let said = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let said: Vec<_> = said.flat_map(|value| value.split(',')).map(str::trim).collect();
    for hop in said.into_iter().rev() {
        if !trusted(&address) {
            break;
        }
        let Some(before) = read(hop) else { break };
        address = before.to_canonical();
    }
    address
}

/// Some proxies tell the port, too, and put IPv6 addresses in brackets.
fn read(hop: &str) -> Option<IpAddr> {
    let bare = hop.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(hop);
    bare.parse().ok().or_else(|| Some(hop.parse::<SocketAddr>().ok()?.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(connected: &str, said: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for value in said {
            headers.append("x-forwarded-for", value.parse().unwrap());
        }
        let proxies = ["127.0.0.0/8".parse().unwrap(), "10.0.0.0/8".parse().unwrap()];
        behind(&headers, connected.parse().unwrap(), &proxies).to_string()
    }

    #[test]
    fn only_proxies_are_believed_what_they_say_of_others() {
        assert_eq!(seen("127.0.0.1", &[]), "127.0.0.1");
        assert_eq!(seen("127.0.0.1", &["192.0.2.7"]), "192.0.2.7");
        assert_eq!(seen("127.0.0.1", &["192.0.2.7, 10.0.0.1"]), "192.0.2.7");
        assert_eq!(seen("127.0.0.1", &["192.0.2.7", "10.0.0.1"]), "192.0.2.7");
        // What somebody claims to be forwarded for is not believed.
        assert_eq!(seen("127.0.0.1", &["198.51.100.1, 192.0.2.7"]), "192.0.2.7");
        assert_eq!(seen("192.0.2.7", &["198.51.100.1"]), "192.0.2.7");
        assert_eq!(seen("127.0.0.1", &["192.0.2.7:49152, 10.0.0.1:80"]), "192.0.2.7");
        assert_eq!(seen("127.0.0.1", &["[2001:db8::1]:49152"]), "2001:db8::1");
        assert_eq!(seen("127.0.0.1", &["[2001:db8::1]"]), "2001:db8::1");
        assert_eq!(seen("127.0.0.1", &["nonsense"]), "127.0.0.1");
    }
}
