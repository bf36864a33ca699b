use super::*;

fn client(peer: &str, name: &'static str, lines: &[&str]) -> String {
    let networks: Vec<Network> = ["10.0.0.0/8", "192.168.1.1", "fd00::/8"].iter().map(|n| n.parse().unwrap()).collect();
    let proxies = if name == "forwarded" { Proxies::with_forwarded(networks) } else { Proxies::new(networks) };
    let mut headers = HeaderMap::new();
    for line in lines {
        headers.append(name, line.parse().unwrap());
    }
    proxies.client(peer.parse().unwrap(), &headers).to_string()
}

#[test]
fn a_stranger_is_not_believed() {
    assert_eq!(client("203.0.113.9", "x-forwarded-for", &["1.2.3.4"]), "203.0.113.9");
    assert_eq!(client("::ffff:203.0.113.9", "x-forwarded-for", &["1.2.3.4"]), "203.0.113.9");
}

#[test]
fn the_right_most_stranger_is_the_client() {
    let name = "x-forwarded-for";
    assert_eq!(client("10.0.0.1", name, &["1.2.3.4"]), "1.2.3.4");
    assert_eq!(client("::ffff:10.0.0.1", name, &["1.2.3.4"]), "1.2.3.4");
    assert_eq!(client("10.0.0.1", name, &["6.6.6.6, 1.2.3.4, 192.168.1.1"]), "1.2.3.4");
    assert_eq!(client("10.0.0.1", name, &["6.6.6.6", "1.2.3.4:4711,10.9.9.9"]), "1.2.3.4");
    assert_eq!(client("fd00::1", name, &["2001:db8::7"]), "2001:db8::7");
    assert_eq!(client("10.0.0.1", name, &["10.0.0.2, 10.0.0.3"]), "10.0.0.2");
    assert_eq!(client("10.0.0.1", name, &[]), "10.0.0.1");
}

#[test]
fn nonsense_ends_the_walk() {
    assert_eq!(client("10.0.0.1", "x-forwarded-for", &["1.2.3.4, unknown, 10.0.0.2"]), "10.0.0.2");
    assert_eq!(client("10.0.0.1", "x-forwarded-for", &[""]), "10.0.0.1");
}

#[test]
fn forwarded_is_read_where_it_is_chosen() {
    let line = "for=6.6.6.6, For=\"[2001:db8::7]:80\";proto=https, for=10.0.0.2";
    assert_eq!(client("10.0.0.1", "forwarded", &[line]), "2001:db8::7");
    assert_eq!(client("10.0.0.1", "forwarded", &["for=_hidden"]), "10.0.0.1");
}

#[test]
fn networks() {
    for bad in ["", "10.0.0.0/33", "10.0.0/8", "::/129", "10.0.0.0/x", "example.org"] {
        assert!(matches!(bad.parse::<Network>(), Err(Error::NotANetwork { .. })), "{bad}");
    }
    let all: Network = "0.0.0.0/0".parse().unwrap();
    assert!(all.contains("1.2.3.4".parse().unwrap()) && !all.contains("::1".parse().unwrap()));
    assert!("::/0".parse::<Network>().unwrap().contains("2001:db8::1".parse().unwrap()));
}
