use super::*;

fn read(bytes: &[u8]) -> Result<Option<usize>, Refusal> {
    head(bytes, &mut Slots::default(), &Limits::default()).map(|head| head.map(|head| head.len))
}

/// What the head says, in a line.
fn told(bytes: &[u8]) -> String {
    let mut slots = Slots::default();
    match head(bytes, &mut slots, &Limits::default()) {
        Ok(Some(h)) => format!(
            "{} {} 1.{} host={} {:?}{}{}{}",
            h.method,
            h.target,
            h.minor,
            h.host.unwrap_or("-"),
            h.framing,
            if h.keep_alive { " keep" } else { "" },
            if h.expects_continue { " expects" } else { "" },
            if h.upgrade { " upgrade" } else { "" },
        ),
        Ok(None) => "more".to_owned(),
        Err(refusal) => refusal.status.to_string(),
    }
}

/// Why another reader might see something else, the status, and the request.
const REFUSED: &[(&str, u16, &str)] = &[
    // Two lengths.
    (
        "both lengths: a proxy that believes Content-Length sees a body of 4",
        400,
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n",
    ),
    (
        "both lengths, the other way round",
        400,
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n",
    ),
    (
        "both, and the length is zero",
        400,
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n",
    ),
    (
        "two lengths that differ: first or last wins",
        400,
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\n",
    ),
    (
        "two lengths that agree: one may be dropped on the way and another put in",
        400,
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\n",
    ),
    (
        "two lengths in different case",
        400,
        "POST / HTTP/1.1\r\nHost: a\r\ncontent-length: 4\r\nCONTENT-LENGTH: 5\r\n\r\n",
    ),
    ("a list of equal lengths", 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4, 4\r\n\r\n"),
    ("a list of different lengths", 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4, 5\r\n\r\n"),
    // Lengths that number parsers read differently.
    ("a sign: strtol takes it", 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +4\r\n\r\n"),
    ("a minus: a huge number when unsigned", 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n"),
    ("a minus before zero", 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -0\r\n\r\n"),
    ("hexadecimal: 0 to some, 10 to others", 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0xa\r\n\r\n"),
    ("a blank inside: 1 to some, 10 to others", 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1 0\r\n\r\n"),
    ("a tab inside", 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\t0\r\n\r\n"),
    (
        "an underscore: a digit separator in some languages",
        400,
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1_0\r\n\r\n",
    ),
    ("a fraction", 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4.0\r\n\r\n"),
    ("an exponent", 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1e1\r\n\r\n"),
    ("nothing: zero or absent", 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \r\n\r\n"),
    ("2^64: zero after an overflow", 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551616\r\n\r\n"),
    (
        "2^64 + 4: four after an overflow",
        400,
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551620\r\n\r\n",
    ),
    ("quotes", 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \"4\"\r\n\r\n"),
    ("digits of another script", 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \u{0664}\r\n\r\n"),
    ("a parameter", 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4;a=b\r\n\r\n"),
    // Codings that are chunked to some only.
    ("chunked in quotes", 400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \"chunked\"\r\n\r\n"),
    (
        "xchunked: found by a search for the word",
        400,
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n",
    ),
    ("chunked with a letter more", 400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunkedx\r\n\r\n"),
    ("chunked with a parameter", 400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked;q=1\r\n\r\n"),
    ("chunked and identity", 400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n"),
    (
        "identity, then chunked: identity is no coding any more",
        400,
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity, chunked\r\n\r\n",
    ),
    ("identity", 400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n"),
    ("chunked twice in a list", 400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n"),
    (
        "chunked in two fields",
        400,
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
    ),
    (
        "chunked, then another field for the last word",
        400,
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n",
    ),
    ("an empty coding", 400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \r\n\r\n"),
    ("an empty place in the list", 400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: , chunked\r\n\r\n"),
    (
        "chunked before gzip: the end cannot be told",
        400,
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip\r\n\r\n",
    ),
    ("gzip alone: the end cannot be told", 400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n"),
    (
        "a coding that exists and is not read here",
        501,
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
    ),
    (
        "chunked in HTTP/1.0, which has no chunks",
        400,
        "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
    ),
    (
        "a vertical tab before chunked: a blank to some",
        400,
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \x0bchunked\r\n\r\n",
    ),
    ("a form feed after chunked", 400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\x0c\r\n\r\n"),
    ("a no-break space before chunked", 400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \u{a0}chunked\r\n\r\n"),
    // Names that are the same to some.
    (
        "a blank before the colon: dropped, kept or repaired",
        400,
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n",
    ),
    ("a tab before the colon", 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length\t: 4\r\n\r\n"),
    ("a blank before the name", 400, "POST / HTTP/1.1\r\n Host: a\r\nContent-Length: 4\r\n\r\n"),
    ("a blank inside a name", 400, "POST / HTTP/1.1\r\nHost: a\r\nContent Length: 4\r\n\r\n"),
    ("a NUL inside a name", 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-\0Length: 4\r\n\r\n"),
    ("an underscore for the hyphen: the same to CGI", 400, "POST / HTTP/1.1\r\nHost: a\r\nContent_Length: 4\r\n\r\n"),
    ("an underscore in the coding's name", 400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer_Encoding: chunked\r\n\r\n"),
    ("no colon at all", 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length\r\n\r\n"),
    ("no name", 400, "POST / HTTP/1.1\r\nHost: a\r\n: 4\r\n\r\n"),
    (
        "a letter beyond ASCII in a name: dotless i upper-cases to I",
        400,
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encod\u{131}ng: chunked\r\n\r\n",
    ),
    // Lines.
    ("a value folded over two lines", 400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n chunked\r\n\r\n"),
    ("a folded value with a tab", 400, "POST / HTTP/1.1\r\nHost: a\r\nX: y\r\n\tTransfer-Encoding: chunked\r\n\r\n"),
    ("a bare line feed after the request line", 400, "GET / HTTP/1.1\nHost: a\r\n\r\n"),
    ("a bare line feed after a field", 400, "GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n"),
    ("a bare line feed at the end of the head", 400, "GET / HTTP/1.1\r\nHost: a\r\n\n"),
    ("line feeds only", 400, "GET / HTTP/1.1\nHost: a\n\n"),
    ("a bare carriage return: a line's end to some", 400, "GET / HTTP/1.1\r\nHost: a\rX: y\r\n\r\n"),
    ("two carriage returns", 400, "GET / HTTP/1.1\r\nHost: a\r\r\n\r\n"),
    ("a NUL in a value: the end of it in C", 400, "GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n"),
    ("another control in a value", 400, "GET / HTTP/1.1\r\nHost: a\r\nX: a\x7fb\r\n\r\n"),
    ("two empty lines before the request", 400, "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("an empty line of a bare line feed", 400, "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    // The request line.
    ("two blanks: an empty address to some", 400, "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("two blanks before the version", 400, "GET /  HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("a tab for the blank", 400, "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("a blank before the method", 400, " GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("a blank after the version", 400, "GET / HTTP/1.1 \r\nHost: a\r\n\r\n"),
    ("a blank in the address: where does it end?", 400, "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("a NUL in the address", 400, "GET /a\0b HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("a control in the address", 400, "GET /a\x01 HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("a fragment, which is never sent", 400, "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("a byte beyond ASCII in the address", 400, "GET /\u{fc} HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("an address that is no path", 400, "GET index.html HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("an asterisk for a method that has none", 400, "GET * HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("a colon in the method", 400, "GE:T / HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("an endless method", 400, "ABCDEFGHIJKLMNOPQRSTUVWXYZ / HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("HTTP/0.9, which has no head", 400, "GET /\r\n"),
    ("a version in small letters", 400, "GET / http/1.1\r\nHost: a\r\n\r\n"),
    ("a version with two digits", 400, "GET / HTTP/1.10\r\nHost: a\r\n\r\n"),
    ("a version of another protocol", 400, "GET / ICAP/1.0\r\nHost: a\r\n\r\n"),
    ("HTTP/1.2, which does not exist", 505, "GET / HTTP/1.2\r\nHost: a\r\n\r\n"),
    ("HTTP/2 in the form of HTTP/1", 505, "GET / HTTP/2.0\r\nHost: a\r\n\r\n"),
    // Sites.
    ("no Host: which site?", 400, "GET / HTTP/1.1\r\nX: y\r\n\r\n"),
    ("two Hosts: routed by one, answered by the other", 400, "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
    ("two equal Hosts", 400, "GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n"),
    ("two Hosts in HTTP/1.0", 400, "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"),
    ("an empty Host", 400, "GET / HTTP/1.1\r\nHost:\r\n\r\n"),
    ("two Hosts in a list", 400, "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"),
    ("a user in Host: what is the name?", 400, "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n"),
    ("a path in Host", 400, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"),
    ("a blank in Host", 400, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"),
    ("a port that is no number", 400, "GET / HTTP/1.1\r\nHost: a:b\r\n\r\n"),
    ("a port above all ports", 400, "GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n"),
    ("an empty port", 400, "GET / HTTP/1.1\r\nHost: a:\r\n\r\n"),
    ("two ports", 400, "GET / HTTP/1.1\r\nHost: a:1:2\r\n\r\n"),
    ("brackets around no address", 400, "GET / HTTP/1.1\r\nHost: [a]\r\n\r\n"),
    ("an open bracket", 400, "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n"),
    ("a URL of another site than Host", 400, "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("a URL with a user before the site", 400, "GET http://a@b/ HTTP/1.1\r\nHost: b\r\n\r\n"),
    ("a URL of another port than Host", 400, "GET http://a:81/ HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("a URL of a scheme that is not HTTP", 400, "GET file:///etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("a URL without Host in HTTP/1.1", 400, "GET http://a/ HTTP/1.1\r\nX: y\r\n\r\n"),
    ("a URL with no site in HTTP/1.0", 400, "GET http:/// HTTP/1.0\r\n\r\n"),
    // Methods and wishes.
    ("a tunnel: what follows is no HTTP", 501, "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n"),
    ("a body for TRACE, which echoes", 400, "TRACE / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n"),
    (
        "a proxy is told to drop the length",
        400,
        "POST / HTTP/1.1\r\nHost: a\r\nConnection: close, Content-Length\r\nContent-Length: 4\r\n\r\n",
    ),
    (
        "a proxy is told to drop the coding",
        400,
        "POST / HTTP/1.1\r\nHost: a\r\nConnection: transfer-encoding\r\nTransfer-Encoding: chunked\r\n\r\n",
    ),
    ("a proxy is told to drop the site", 400, "GET / HTTP/1.1\r\nHost: a\r\nConnection: host\r\n\r\n"),
    (
        "an expectation nobody knows: is the body coming?",
        417,
        "POST / HTTP/1.1\r\nHost: a\r\nExpect: 200-ok\r\nContent-Length: 4\r\n\r\n",
    ),
    (
        "an expectation with a list",
        417,
        "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue, x\r\nContent-Length: 4\r\n\r\n",
    ),
];

#[test]
fn what_two_readers_could_read_differently_is_refused() {
    assert!(REFUSED.len() >= 60, "{}", REFUSED.len());
    for (why, status, text) in REFUSED {
        match read(text.as_bytes()) {
            Err(refusal) => assert_eq!(refusal.status, *status, "{why}: {text:?} {}", refusal.reason),
            other => panic!("{why}: {text:?} was read as {other:?}"),
        }
    }
}

#[test]
fn what_is_cut_off_is_waited_for_or_refused_and_never_read() {
    let good = "POST /a?b=c HTTP/1.1\r\nHost: a.example:8080\r\nX-Y: z\r\nContent-Length: 4\r\n\r\n";
    for end in 0..good.len() {
        assert_eq!(read(&good.as_bytes()[..end]), Ok(None), "{:?}", &good[..end]);
    }
    assert_eq!(read(good.as_bytes()), Ok(Some(good.len())));
    for (why, _, text) in REFUSED {
        for end in 0..text.len() {
            assert!(!matches!(read(&text.as_bytes()[..end]), Ok(Some(_))), "{why}: {:?}", &text.as_bytes()[..end]);
        }
    }
}

#[test]
fn honest_requests_are_read() {
    for (text, wanted) in [
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / 1.1 host=a None keep"),
        ("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / 1.1 host=a None keep"),
        ("GET /a|b{c}?d=\"e\" HTTP/1.1\r\nhost:a\r\n\r\n", "GET /a|b{c}?d=\"e\" 1.1 host=a None keep"),
        ("GET / HTTP/1.0\r\n\r\n", "GET / 1.0 host=- None"),
        ("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "GET / 1.0 host=- None keep"),
        ("GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", "GET / 1.0 host=- None"),
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: Close\r\n\r\n", "GET / 1.1 host=a None"),
        ("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS * 1.1 host=a None keep"),
        ("GET http://A:80/b HTTP/1.1\r\nHost: a:80\r\n\r\n", "GET http://A:80/b 1.1 host=a:80 None keep"),
        ("GET HTTPS://a?b HTTP/1.0\r\n\r\n", "GET HTTPS://a?b 1.0 host=a None"),
        (
            "POST / HTTP/1.1\r\nHost: [::1]:80\r\nContent-Length:  0010 \r\n\r\n",
            "POST / 1.1 host=[::1]:80 Length(10) keep",
        ),
        (
            "POST / HTTP/1.1\r\nHost: [::1]\r\nTransfer-Encoding: Chunked\t\r\n\r\n",
            "POST / 1.1 host=[::1] Chunked keep",
        ),
        (
            "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nExpect: 100-Continue\r\n\r\n",
            "PUT / 1.1 host=a Length(1) keep expects",
        ),
        (
            "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nExpect: 100-continue\r\n\r\n",
            "PUT / 1.1 host=a Length(0) keep",
        ),
        (
            "GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\r\n",
            "GET / 1.1 host=a None keep upgrade",
        ),
        ("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n", "GET / 1.1 host=a None keep"),
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n", "GET / 1.1 host=a None keep"),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 4\r\n\r\n",
            "POST / 1.1 host=a Length(4) keep",
        ),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: \u{fc}\r\nX:\r\n\r\n", "GET / 1.1 host=a None keep"),
    ] {
        assert_eq!(told(text.as_bytes()), wanted, "{text:?}");
    }
}

#[test]
fn fields_and_paths_are_found() {
    let text = b"GET http://a/p?q HTTP/1.1\r\nHost: a\r\nX-One: 1\r\nx-one:  2 \r\n\r\nrest";
    let mut slots = Slots::default();
    let head = head(text, &mut slots, &Limits::default()).unwrap().unwrap();
    assert_eq!((head.field("X-ONE"), head.field("x-two")), (Some(&b"1"[..]), None));
    assert_eq!(head.fields_named("x-one").collect::<Vec<_>>(), [b"1", b"2"]);
    assert_eq!((head.path_and_query(), head.fields().count()), ("/p?q", 3));
    assert_eq!(&text[head.len..], b"rest");
}

#[test]
fn what_is_too_large_is_told_so() {
    let limits = Limits { bytes: 1000, fields: 10, target: 500 };
    let status = |text: &str| head(text.as_bytes(), &mut Slots::default(), &limits).err().map(|refusal| refusal.status);
    let address = |n: usize| format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "a".repeat(n));
    assert_eq!([status(&address(499)), status(&address(500)), status(&address(1000))], [None, Some(414), Some(431)]);
    assert_eq!(status(&"a".repeat(1000)), Some(414));
    let fields = |n: usize| format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "a: b\r\n".repeat(n));
    assert_eq!([status(&fields(9)), status(&fields(10))], [None, Some(431)]);
    let large = format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}", "a".repeat(1000));
    assert_eq!([status(&large[..999]), status(&large)], [None, Some(431)]);
}

/// Whatever comes, nothing panics, and a head that was read is read the same with more bytes behind it.
#[test]
fn damaged_heads_are_read_or_refused() {
    let dice = stdx::Rng::seeded(5);
    let seeds: Vec<&[u8]> = REFUSED.iter().map(|(_, _, text)| text.as_bytes()).collect();
    for _ in 0..20_000 {
        let mut bytes = seeds[dice.below(seeds.len() as u64) as usize].to_vec();
        for _ in 0..=dice.below(4) {
            let at = dice.below(bytes.len() as u64) as usize;
            match dice.below(3) {
                0 => bytes[at] = dice.below(256) as u8,
                1 => bytes.insert(at, b"\r\n :,\0\t"[dice.below(7) as usize]),
                _ => drop(bytes.remove(at)),
            }
            if bytes.is_empty() {
                break;
            }
        }
        if let Ok(Some(len)) = read(&bytes) {
            assert!(bytes[..len].ends_with(b"\r\n\r\n"), "{bytes:?}");
            bytes.extend_from_slice(b"GET / HTTP/1.1\r\n");
            assert_eq!(read(&bytes), Ok(Some(len)));
        }
    }
}
