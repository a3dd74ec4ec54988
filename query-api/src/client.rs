//! Clients: whose requests and connections are counted together.

mod limiter;

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::http::{Extensions, HeaderMap};
use ipnet::IpNet;

pub(crate) use self::limiter::Limiter;
use crate::identity::Identity;

/// Who asks, for limits. It has no `Debug`, so that it gets into no log.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) enum Client {
    /// One of the platform's people.
    Associate(String),
    /// All of an organisation.
    Tenant(String),
    /// Whoever is at an address, or has a network of them.
    Address(Option<IpAddr>),
}

impl Client {
    /// By identity, else by address.
    fn of(headers: &HeaderMap, extensions: &Extensions, trusted: &[IpNet]) -> Self {
        match Identity::read(headers) {
            Ok(Identity::Tenant { org_id }) => Self::Tenant(org_id),
            Ok(Identity::Associate { email: Some(email), .. }) => Self::Associate(email),
            Ok(Identity::Associate { email: None, .. } | Identity::Stranger) | Err(_) => {
                let peer = extensions.get::<ConnectInfo<SocketAddr>>();
                Self::Address(peer.map(|ConnectInfo(peer)| network(address(peer.ip(), headers, trusted))))
            }
        }
    }
}

/// Of IPv6 even a single network of somebody's is a /64, with more addresses than can be counted (RFC 4291, 2.5.4).
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into(),
    }
}

/// The nearest address that isn't a proxy of ours: what is farther away is what somebody claims.
fn address(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|net| net.contains(address));
    let mut nearest = peer.to_canonical();
    let lines = headers.get_all("x-forwarded-for").iter().rev();
    let forwarded = lines.flat_map(|line| line.to_str().unwrap_or_default().rsplit(','));
    for claimed in forwarded {
        match claimed.trim().parse::<IpAddr>() {
            Ok(claimed) if is_trusted(&nearest) => nearest = claimed.to_canonical(),
            _ => break,
        }
    }
    nearest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(peer: &str, forwarded: &[&'static str]) -> String {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append("x-forwarded-for", line.parse().unwrap());
        }
        let trusted = ["10.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()];
        address(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    // Seen to fail with everybody trusted.
    #[test]
    fn an_address_is_believed_only_as_far_as_proxies_of_ours_vouch_for_it() {
        assert_eq!(seen("192.0.2.1", &["198.51.100.7"]), "192.0.2.1");
        assert_eq!(seen("10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(seen("10.0.0.1", &["198.51.100.7"]), "198.51.100.7");
        assert_eq!(seen("10.0.0.1", &["203.0.113.9, 198.51.100.7, 10.0.0.2"]), "198.51.100.7");
        assert_eq!(seen("10.0.0.1", &["203.0.113.9", "198.51.100.7"]), "198.51.100.7");
        assert_eq!(seen("::ffff:10.0.0.1", &["198.51.100.7"]), "198.51.100.7");
        assert_eq!(seen("10.0.0.1", &["nonsense"]), "10.0.0.1");
        assert_eq!(seen("10.0.0.1", &["198.51.100.7, nonsense"]), "10.0.0.1");
    }

    #[test]
    fn whoever_has_a_network_of_addresses_is_one_client() {
        let seen = |address: &str| network(address.parse().unwrap()).to_string();
        assert_eq!(seen("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_ne!(seen("2001:db8:1:3::1"), seen("2001:db8:1:2::1"));
        assert_eq!(seen("192.0.2.1"), "192.0.2.1");
    }
}
