//! Addresses that try to get inside. Each uses the port of a listener that must stay untouched, and
//! that port is allowed for another address, so that the port alone does not save us.

use super::*;

/// What is expected: the kind of refusal, or any reason for not being an address.
#[derive(Clone, Copy, Debug)]
enum Expect {
    Inside,
    Port,
    Scheme,
    User,
    Bad,
}
use Expect::{Bad, Inside, Port, Scheme, User};

/// `PORT` stands for the listener's port.
const HOSTILE: &[(&str, Expect)] = &[
    ("http://127.0.0.1:PORT/", Inside),
    ("http://127.0.0.1/", Inside),
    ("https://127.0.0.1:PORT/", Inside),
    ("http://localhost:PORT/", Inside),
    ("http://LOCALHOST:PORT/", Inside),
    ("http://localhost.:PORT/", Inside),
    ("http://inside.example:PORT/", Inside),
    ("http://127.1:PORT/", Inside),
    ("http://127.0.1:PORT/", Inside),
    ("http://127.0.0.1.:PORT/", Inside),
    ("http://127.255.255.254:PORT/", Inside),
    ("http://2130706433:PORT/", Inside),
    ("http://017700000001:PORT/", Inside),
    ("http://0x7f000001:PORT/", Inside),
    ("http://0x7F.0.0.1:PORT/", Inside),
    ("http://0x7f.1:PORT/", Inside),
    ("http://0177.0.0.1:PORT/", Inside),
    ("http://0177.0.0.01:PORT/", Inside),
    ("http://127.0.0.0x1:PORT/", Inside),
    ("http://00000177.1:PORT/", Inside),
    ("http://0:PORT/", Inside),
    ("http://0.0.0.0:PORT/", Inside),
    ("http://0x0:PORT/", Inside),
    ("http://%31%32%37.0.0.1:PORT/", Inside),
    ("http://127%2e0%2e0%2e1:PORT/", Inside),
    ("http://①②⑦.⓪.⓪.①:PORT/", Inside),
    ("http://127。0。0。1:PORT/", Inside),
    ("http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ:PORT/", Inside),
    ("http://[::1]:PORT/", Inside),
    ("http://[0:0:0:0:0:0:0:1]:PORT/", Inside),
    ("http://[::]:PORT/", Inside),
    ("http://[::ffff:127.0.0.1]:PORT/", Inside),
    ("http://[::ffff:7f00:1]:PORT/", Inside),
    ("http://[0:0:0:0:0:ffff:127.0.0.1]:PORT/", Inside),
    ("http://[::127.0.0.1]:PORT/", Inside),
    ("http://[::ffff:0:127.0.0.1]:PORT/", Inside),
    ("http://[64:ff9b::127.0.0.1]:PORT/", Inside),
    ("http://[64:ff9b:1::7f00:1]:PORT/", Inside),
    ("http://[2002:7f00:1::]:PORT/", Inside),
    ("http://[2001:0:7f00:1::]:PORT/", Inside),
    ("http://[fe80::1]:PORT/", Inside),
    ("http://[fc00::1]:PORT/", Inside),
    ("http://[fd00:ec2::254]/latest/meta-data/", Inside),
    ("http://[ff02::1]:PORT/", Inside),
    ("http://[2001:db8::1]:PORT/", Inside),
    ("http://10.0.0.1:PORT/", Inside),
    ("http://10.1/", Inside),
    ("http://172.16.0.1/", Inside),
    ("http://172.31.255.255/", Inside),
    ("http://192.168.0.1/", Inside),
    ("http://192.168.257/", Inside),
    ("http://100.64.0.1/", Inside),
    ("http://169.254.169.254/latest/meta-data/", Inside),
    ("http://2852039166/latest/meta-data/", Inside),
    ("http://0xA9FEA9FE/", Inside),
    ("http://0251.0376.0251.0376/", Inside),
    ("http://[::ffff:169.254.169.254]/", Inside),
    ("http://100.100.100.200/latest/meta-data/", Inside),
    ("http://192.0.0.192/", Inside),
    ("http://198.18.0.1/", Inside),
    ("http://224.0.0.1/", Inside),
    ("http://240.0.0.1/", Inside),
    ("http://255.255.255.255/", Inside),
    ("http:127.0.0.1:PORT/", Inside),
    ("http:/127.0.0.1:PORT/", Inside),
    ("http:\\\\127.0.0.1:PORT\\", Inside),
    ("http://127.0.0.1:PORT\\@example.org/", Inside),
    ("  http://127.0.0.1:PORT/  ", Inside),
    ("ht\ntp://127.0.0.1:PORT/", Inside),
    ("http://1.1.1.1:PORT/", Port),
    ("http://1.1.1.1:22/", Port),
    ("http://example.org:25/", Port),
    ("http://example.org:6379/", Port),
    ("https://example.org:8443/", Port),
    ("http://example.org:0/", Port),
    ("http://[2606:4700::1111]:11211/", Port),
    ("http://example.org@127.0.0.1:PORT/", User),
    ("http://user:password@example.org/", User),
    ("http://user@example.org/", User),
    ("http://:password@example.org/", User),
    ("http://example.org:80@127.0.0.1:PORT/", User),
    ("http://127.0.0.1:PORT%40example.org/", Bad),
    ("http://example.org%00@127.0.0.1:PORT/", User),
    ("file:///etc/passwd", Scheme),
    ("file://127.0.0.1/etc/passwd", Scheme),
    ("ftp://127.0.0.1:PORT/", Scheme),
    ("gopher://127.0.0.1:PORT/_x", Scheme),
    ("dict://127.0.0.1:PORT/info", Scheme),
    ("ldap://127.0.0.1:PORT/", Scheme),
    ("jar:http://127.0.0.1:PORT!/", Scheme),
    ("data:text/xml,<rss/>", Scheme),
    ("javascript:alert(1)", Scheme),
    ("ws://127.0.0.1:PORT/", Scheme),
    ("blob:http://127.0.0.1:PORT/x", Scheme),
    ("view-source:http://127.0.0.1:PORT/", Scheme),
    ("unix:/var/run/docker.sock", Scheme),
    ("localhost:PORT", Scheme),
    ("", Bad),
    ("http://", Bad),
    ("https:///", Bad),
    ("//127.0.0.1:PORT/", Bad),
    ("/etc/passwd", Bad),
    ("127.0.0.1:PORT", Bad),
    ("http://127.0.0.1:99999/", Bad),
    ("http://127.0.0.1:PORT:80/", Bad),
    ("http://127.0.0.256/", Bad),
    ("http://1.2.3.4.5/", Bad),
    ("http://0x100000000/", Bad),
    ("http://[::1/", Bad),
    ("http://[fe80::1%25eth0]:PORT/", Bad),
    ("http://exa mple.org/", Bad),
    ("http://exam\u{0}ple.org/", Bad),
    ("http://xn--/", Bad),
];

#[tokio::test]
async fn nothing_gets_inside() {
    let inside = Server::start(|_, _| answer("200 OK", "", "secret")).await;
    let port = inside.address.port().to_string();
    let client = client_with(&[format!("127.0.0.77:{port}")], &Names::new(&[&["127.0.0.1"]]));
    for (text, expected) in HOSTILE {
        let url = text.replace("PORT", &port);
        let error = get(&client, &url).await.map(|r| r.status).unwrap_err();
        let fits = match (expected, &error) {
            (Inside, Error::Refused { why, .. }) => *why == Why::NotPublic,
            (Port, Error::Refused { why, .. }) => *why == Why::Port,
            (Scheme, Error::Refused { why, .. }) => *why == Why::Scheme,
            (User, Error::Refused { why, .. }) => *why == Why::UserInfo,
            (Bad, Error::BadUrl { .. }) => true,
            _ => false,
        };
        assert!(fits, "{text:?} should be {expected:?}, but: {error}");
        assert!(!error.to_string().contains("password@"), "{error}");
    }
    assert_eq!(inside.connections(), 0);
    assert!(HOSTILE.len() > 100);

    let long = format!("http://example.org/{}", "a".repeat(10_000));
    assert!(matches!(get(&client, &long).await, Err(Error::BadUrl { .. })));
    let connect = Request { method: Method::CONNECT, ..Request::get("test", "http://example.org/", limits()) };
    assert!(matches!(client.send(connect).await, Err(Error::Refused { why: Why::Method, .. })));
}

/// The same addresses at the end of two redirects from a site that may be called.
#[tokio::test]
async fn no_redirect_leads_inside() {
    let inside = Server::start(|_, _| answer("200 OK", "", "secret")).await;
    let port = inside.address.port().to_string();
    let place = port.clone();
    let site = Server::start(move |_, seen| {
        let (at, is_second) = match seen.path().trim_start_matches('/').split_once('/') {
            Some((at, _)) => (at, true),
            None => (seen.path().trim_start_matches('/'), false),
        };
        match (at.parse::<usize>(), is_second) {
            (Ok(at), true) => redirect("302 Found", &HOSTILE[at].0.replace("PORT", &place)),
            (Ok(at), false) => redirect("301 Moved Permanently", &format!("/{at}/again")),
            (Err(_), _) => answer("200 OK", "", "own"),
        }
    })
    .await;
    let allowed = [site.address.to_string(), format!("127.0.0.77:{port}")];
    let client = client_with(&allowed, &Names::new(&[&["127.0.0.1"]]));
    let mut led_out = 0;
    for (at, (text, expected)) in HOSTILE.iter().enumerate() {
        // A line break ends the header, and what is no whole address leads to the site itself.
        let from = Url::parse(&site.url(&format!("/{at}/again"))).unwrap();
        let to = from.join(&text.replace("PORT", &port));
        if text.contains(char::is_control) || to.is_ok_and(|to| to.origin() == from.origin()) {
            continue;
        }
        led_out += 1;
        let error = get(&client, &site.url(&format!("/{at}"))).await.map(|r| r.status).unwrap_err();
        let is_refused = matches!(error, Error::Refused { .. } | Error::BadUrl { .. });
        assert!(is_refused, "{text:?} should be {expected:?}, but: {error}");
    }
    assert!(led_out > 100, "{led_out}");
    assert_eq!(inside.connections(), 0);
}

#[tokio::test]
async fn an_exception_opens_exactly_one_address_and_port() {
    let server = Server::start(|_, _| answer("200 OK", "", "listed")).await;
    let port = server.address.port();
    let neighbour = Server::start_at(&format!("127.0.0.2:{port}"), |_, _| answer("200 OK", "", "secret")).await;
    let client = client_with(&[format!("[::ffff:127.0.0.1]:{port}"), "nonsense".into()], &Names::new(&[]));
    for host in ["127.0.0.1", "2130706433", "127.1", "[::ffff:127.0.0.1]"] {
        assert_eq!(get(&client, &format!("http://{host}:{port}/")).await.unwrap().body, "listed", "{host}");
    }
    for url in [format!("http://127.0.0.2:{port}/"), "http://127.0.0.1/".into(), format!("http://[::1]:{port}/")] {
        assert!(matches!(get(&client, &url).await, Err(Error::Refused { why: Why::NotPublic, .. })), "{url}");
    }
    assert_eq!(neighbour.connections(), 0);
}
