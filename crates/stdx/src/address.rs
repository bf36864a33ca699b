//! Which network addresses are out in the public, for the guard of outgoing calls.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether `address` is reachable on the public internet by its own right.
///
/// Source: the IANA special-purpose registries (RFC 6890 and successors). Addresses that embed an
/// IPv4 address (mapped, compatible, NAT64, 6to4) are judged by it; Teredo is refused whole.
pub fn is_global(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_global_v4(v4),
        IpAddr::V6(v6) => is_global_v6(v6),
    }
}

fn is_global_v4(a: Ipv4Addr) -> bool {
    let [o1, o2, o3, _] = a.octets();
    !(o1 == 0
        || a.is_private()
        || a.is_loopback()
        || a.is_link_local()
        || (o1 == 100 && (64..128).contains(&o2)) // shared address space, RFC 6598
        || (o1 == 192 && o2 == 0 && (o3 == 0 || o3 == 2))
        || (o1 == 192 && o2 == 88 && o3 == 99) // 6to4 relay anycast, deprecated
        || (o1 == 198 && (18..20).contains(&o2)) // benchmarking
        || (o1 == 198 && o2 == 51 && o3 == 100)
        || (o1 == 203 && o2 == 0 && o3 == 113)
        || o1 >= 224) // multicast, reserved, broadcast
}

fn is_global_v6(a: Ipv6Addr) -> bool {
    let s = a.segments();
    if let Some(v4) = embedded_v4(a) {
        return is_global_v4(v4);
    }
    // Only 2000::/3 is allotted to global unicast; the exceptions inside it follow.
    (s[0] & 0xe000) == 0x2000
        && !(s[0] == 0x2001 && s[1] < 0x0200) // IETF protocol assignments, Teredo among them
        && !(s[0] == 0x2001 && s[1] == 0x0db8) // documentation
        && !(s[0] == 0x3fff && s[1] < 0x1000) // documentation
}

fn embedded_v4(a: Ipv6Addr) -> Option<Ipv4Addr> {
    let s = a.segments();
    let low = |h: u16, l: u16| Ipv4Addr::from((u32::from(h) << 16) | u32::from(l));
    match s {
        [0, 0, 0, 0, 0, 0xffff, h, l] | [0, 0, 0, 0, 0, 0, h, l] => Some(low(h, l)),
        [0, 0, 0, 0, 0xffff, 0, h, l] => Some(low(h, l)), // IPv4-translated, RFC 2765
        [0x64, 0xff9b, 0, 0, 0, 0, h, l] => Some(low(h, l)), // NAT64, RFC 6052
        [0x2002, h, l, ..] => Some(low(h, l)),            // 6to4
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_public() {
        for public in ["1.1.1.1", "192.0.1.1", "172.32.0.1", "2606:4700::1", "::ffff:8.8.8.8", "2002:808:808::"] {
            assert!(is_global(public.parse().unwrap()), "{public}");
        }
        for private in [
            "0.0.0.0",
            "10.1.2.3",
            "127.0.0.1",
            "127.9.9.9",
            "169.254.169.254",
            "172.16.0.1",
            "192.168.1.1",
            "100.64.0.1",
            "192.0.0.8",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "2002:7f00:1::",
            "2001::1",
            "2001:db8::1",
            "fe80::1",
            "fc00::1",
            "ff02::1",
            "fec0::1",
        ] {
            assert!(!is_global(private.parse().unwrap()), "{private}");
        }
    }
}
