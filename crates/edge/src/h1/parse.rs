//! The head of a request, read strictly (RFC 9112 §2–7): what could mean one thing to us and another to a proxy
//! in front or a server behind is refused, never repaired.

use std::mem::MaybeUninit;
use std::net::SocketAddr;

/// Most fields of any request, whatever the settings say.
pub const FIELDS_MAX: usize = 256;
/// Longest method. Registered ones have at most 17 letters (`UPDATEREDIRECTREF`).
const METHOD_MAX: usize = 24;
/// Longest `Host`: a name of 253 bytes, a colon and a port.
const HOST_MAX: usize = 259;
/// Digits of a `Content-Length` that surely fit in 64 bits.
const LENGTH_DIGITS_MAX: usize = 18;

/// How much of a head is read.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes from the request line to the empty line.
    pub bytes: usize,
    pub fields: usize,
    /// Bytes of the request target.
    pub target: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { bytes: 32 << 10, fields: 100, target: 8 << 10 }
    }
}

/// Why a request is not answered as asked. The connection ends with it: after a doubtful request nobody knows where
/// the next one begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub status: u16,
    /// For the caller; never holds the caller's bytes.
    pub reason: &'static str,
}

/// How long the body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    None,
    Length(u64),
    Chunked,
}

/// One request head. Everything is borrowed from the connection's buffer.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    pub method: &'a str,
    /// As sent: `/path?query`, `http://host/path?query` or `*`.
    pub target: &'a str,
    /// 0 or 1, of HTTP/1.
    pub minor: u8,
    /// Of `Host`, else of the target; missing only in HTTP/1.0.
    pub host: Option<&'a str>,
    pub framing: Framing,
    /// Whether the caller wants to send more requests.
    pub keep_alive: bool,
    /// Whether the body waits for `100 Continue`.
    pub expects_continue: bool,
    /// Whether the caller asks for another protocol, by a request without a body.
    pub upgrade: bool,
    /// Bytes of the head, the empty line and one skipped empty line before it included.
    pub len: usize,
    /// The other end of the connection, which may be a proxy.
    pub peer: Option<SocketAddr>,
    fields: &'a [httparse::Header<'a>],
}

impl<'a> Head<'a> {
    /// Of a request without a body that has come by another protocol; `target` is a path.
    pub(crate) fn of(method: &'a str, target: &'a str, host: &'a str, fields: &'a [httparse::Header<'a>]) -> Head<'a> {
        Head {
            method,
            target,
            minor: 1,
            host: Some(host),
            framing: Framing::None,
            keep_alive: true,
            expects_continue: false,
            upgrade: false,
            len: 0,
            peer: None,
            fields,
        }
    }

    /// Every field in the order sent; names in the caller's case, values without surrounding blanks.
    pub fn fields(&self) -> impl Iterator<Item = (&'a str, &'a [u8])> + use<'a> {
        self.fields.iter().map(|field| (field.name, field.value))
    }

    /// The first field of this name, in any case.
    pub fn field(&self, name: &str) -> Option<&'a [u8]> {
        self.fields_named(name).next()
    }

    /// All fields of this name, in any case.
    pub fn fields_named<'n>(&self, name: &'n str) -> impl Iterator<Item = &'a [u8]> + use<'a, 'n> {
        self.fields.iter().filter(move |field| field.name.eq_ignore_ascii_case(name)).map(|field| field.value)
    }

    /// The target without scheme and authority, such as `/path?query`; `*` for the server as a whole.
    pub fn path_and_query(&self) -> &'a str {
        let Some((_, rest)) = absolute(self.target) else { return self.target };
        let rest = &rest[authority_of(rest).len()..];
        if rest.is_empty() { "/" } else { rest }
    }
}

/// Room for the fields of one head; see [`head`].
pub struct Slots<'b>([MaybeUninit<httparse::Header<'b>>; FIELDS_MAX]);

impl Default for Slots<'_> {
    fn default() -> Self {
        Slots([const { MaybeUninit::uninit() }; FIELDS_MAX])
    }
}

/// Reads the head at the beginning of `bytes`; `None` when its end has not come yet.
///
/// # Errors
/// A [`Refusal`] with 400, 414, 417, 431, 501 or 505. A head that has not ended is refused at the latest when it
/// has reached the limit.
pub fn head<'h, 'b: 'h>(
    bytes: &'b [u8],
    slots: &'h mut Slots<'b>,
    limits: &Limits,
) -> Result<Option<Head<'h>>, Refusal> {
    // Some callers end a body with a line break too many; RFC 9112 §2.2 wants at least one skipped.
    let skipped = if bytes.starts_with(b"\r\n") { 2 } else { 0 };
    let bytes = &bytes[skipped..];
    match bytes {
        [b'\n', ..] | [b'\r', _, ..] => return bad("an empty line stands before the request"),
        [] | [b'\r'] => return Ok(None),
        _ => {}
    }
    let mut request = httparse::Request::new(&mut []);
    let room = &mut slots.0[..limits.fields.min(FIELDS_MAX)];
    let len = match request.parse_with_uninit_headers(bytes, room) {
        Ok(httparse::Status::Complete(len)) if len <= limits.bytes => len,
        Ok(httparse::Status::Partial) if bytes.len() < limits.bytes => return Ok(None),
        Ok(_) => return Err(too_large(bytes)),
        Err(error) => return Err(unreadable(error, bytes)),
    };
    // The parser takes a bare LF for a line's end; others do not.
    if memchr::memchr_iter(b'\n', &bytes[..len]).any(|at| at == 0 || bytes[at - 1] != b'\r') {
        return bad("a line ends without a carriage return");
    }
    let httparse::Request { method, path, version, headers } = request;
    let (method, target, minor) = (method.unwrap_or_default(), path.unwrap_or_default(), version.unwrap_or_default());
    if method.len() > METHOD_MAX {
        return bad("the method is too long");
    }
    if target.len() > limits.target {
        return refuse(414, "the address is too long");
    }
    let fields: &'h [httparse::Header<'h>] = headers;
    let said = Said::read(fields)?;
    let framing = said.framing(minor)?;
    let host = said.host(target, minor)?;
    check_target(method, target, framing)?;
    let wants_upgrade = said.upgrade_listed && said.upgrade_named && minor == 1 && framing == Framing::None;
    Ok(Some(Head {
        method,
        target,
        minor,
        host,
        framing,
        keep_alive: !said.close && (minor == 1 || said.keep_alive),
        expects_continue: said.expects_continue && minor == 1 && !matches!(framing, Framing::None | Framing::Length(0)),
        upgrade: wants_upgrade,
        len: skipped + len,
        peer: None,
        fields,
    }))
}

/// What the fields say that matter to the connection.
#[derive(Default)]
struct Said<'a> {
    host: Option<&'a [u8]>,
    length: Option<u64>,
    chunked: bool,
    close: bool,
    keep_alive: bool,
    upgrade_listed: bool,
    upgrade_named: bool,
    expects_continue: bool,
}

impl<'a> Said<'a> {
    fn read(fields: &[httparse::Header<'a>]) -> Result<Said<'a>, Refusal> {
        let mut said = Said::default();
        for httparse::Header { name, value } in fields {
            let is = |wanted: &str| name.eq_ignore_ascii_case(wanted);
            // By length first: most fields are none of these.
            match name.len() {
                4 if is("host") => {
                    once(&mut said.host, *value, "there is more than one Host")?;
                }
                6 if is("expect") => {
                    if !value.eq_ignore_ascii_case(b"100-continue") {
                        return refuse(417, "only 100-continue can be expected");
                    }
                    said.expects_continue = true;
                }
                // HTTP/2 is not begun by an upgrade here (RFC 9113 §3.1 has given that up): the wish is ignored.
                7 if is("upgrade") => said.upgrade_named |= !value.eq_ignore_ascii_case(b"h2c"),
                10 if is("connection") => said.connection(value)?,
                14 if is("content-length") => {
                    once(&mut said.length, length(value)?, "there is more than one Content-Length")?;
                }
                14 if is("content_length") => return bad("a field looks like Content-Length and is another"),
                17 if is("transfer-encoding") => {
                    if said.chunked {
                        return bad("there is more than one Transfer-Encoding");
                    }
                    coding(value)?;
                    said.chunked = true;
                }
                17 if is("transfer_encoding") => return bad("a field looks like Transfer-Encoding and is another"),
                _ => {}
            }
        }
        Ok(said)
    }

    fn connection(&mut self, value: &[u8]) -> Result<(), Refusal> {
        for token in value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii) {
            let is = |wanted: &[u8]| token.eq_ignore_ascii_case(wanted);
            self.close |= is(b"close");
            self.keep_alive |= is(b"keep-alive");
            self.upgrade_listed |= is(b"upgrade");
            // A proxy would drop these fields, and with them the request's end or its site.
            if is(b"content-length") || is(b"transfer-encoding") || is(b"host") {
                return bad("Connection names a field that is not of the connection");
            }
        }
        Ok(())
    }

    fn framing(&self, minor: u8) -> Result<Framing, Refusal> {
        match (self.chunked, self.length) {
            (true, Some(_)) => bad("there are both Content-Length and Transfer-Encoding"),
            (true, None) if minor == 0 => bad("HTTP/1.0 knows no Transfer-Encoding"),
            (true, None) => Ok(Framing::Chunked),
            (false, Some(length)) => Ok(Framing::Length(length)),
            (false, None) => Ok(Framing::None),
        }
    }

    fn host<'h>(&self, target: &'h str, minor: u8) -> Result<Option<&'h str>, Refusal>
    where
        'a: 'h,
    {
        let named = absolute(target).map(|(_, rest)| authority_of(rest));
        let host = match self.host {
            Some(host) => Some(authority(host)?),
            None if minor == 1 => return bad("there is no Host"),
            None => None,
        };
        match (host, named) {
            (Some(host), Some(named)) if !host.eq_ignore_ascii_case(named) => bad("Host and the address differ"),
            (None, Some(named)) => Ok(Some(authority(named.as_bytes())?)),
            (host, _) => Ok(host),
        }
    }
}

fn once<T>(place: &mut Option<T>, value: T, else_reason: &'static str) -> Result<(), Refusal> {
    if place.replace(value).is_some() { bad(else_reason) } else { Ok(()) }
}

/// Digits only: no sign, no list, no hexadecimal, no blank.
fn length(value: &[u8]) -> Result<u64, Refusal> {
    if value.is_empty() || value.len() > LENGTH_DIGITS_MAX || !value.iter().all(u8::is_ascii_digit) {
        return bad("Content-Length is no number");
    }
    Ok(value.iter().fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0')))
}

/// `chunked` alone. Other codings are known to RFC 9112 and not to us; chunked anywhere but once at the end is wrong.
fn coding(value: &[u8]) -> Result<(), Refusal> {
    if value.eq_ignore_ascii_case(b"chunked") {
        return Ok(());
    }
    let mut codings = value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
    let known = |coding: &[u8]| [&b"gzip"[..], b"x-gzip", b"deflate", b"compress", b"x-compress"].contains(&coding);
    let last_is_chunked = codings.next_back().is_some_and(|last| last.eq_ignore_ascii_case(b"chunked"));
    if last_is_chunked && codings.all(|coding| known(&coding.to_ascii_lowercase())) {
        return refuse(501, "the only transfer coding read here is chunked");
    }
    bad("Transfer-Encoding is not chunked")
}

/// `name`, `name:port`, an IPv4 address or an IPv6 address in brackets. No user, no blank, no list.
fn authority(value: &[u8]) -> Result<&str, Refusal> {
    let wrong = Refusal { status: 400, reason: "Host is no host" };
    let text = str::from_utf8(value).map_err(|_| wrong)?;
    let (name, port) = if let Some(inner) = text.strip_prefix('[') {
        let (address, rest) = inner.split_once(']').ok_or(wrong)?;
        address.parse::<std::net::Ipv6Addr>().map_err(|_| wrong)?;
        (address, rest.strip_prefix(':').or(rest.is_empty().then_some("0")))
    } else {
        match text.split_once(':') {
            Some((name, port)) => (name, Some(port)),
            None => (text, Some("0")),
        }
    };
    let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._:".contains(&b));
    let is_port = port.is_some_and(|port| {
        (1..=5).contains(&port.len()) && port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok()
    });
    if is_name && is_port && text.len() <= HOST_MAX { Ok(text) } else { Err(wrong) }
}

fn check_target(method: &str, target: &str, framing: Framing) -> Result<(), Refusal> {
    if method == "CONNECT" {
        return refuse(501, "no tunnels are made here");
    }
    if method == "TRACE" && framing != Framing::None {
        return bad("TRACE has no body");
    }
    let rest = match absolute(target) {
        Some((_, rest)) => &rest[authority_of(rest).len()..],
        None if target.starts_with('/') || (target == "*" && method == "OPTIONS") => target,
        None => return bad("the address is neither a path nor a URL"),
    };
    // Blanks and controls never come as far as here.
    if rest.bytes().any(|b| b == b'#' || !b.is_ascii_graphic()) {
        return bad("the address holds a byte that no address has");
    }
    Ok(())
}

/// A target that is a URL: its scheme, and what follows `://`.
fn absolute(target: &str) -> Option<(&str, &str)> {
    if target.starts_with('/') {
        return None;
    }
    let (scheme, rest) = target.split_once("://")?;
    (scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")).then_some((scheme, rest))
}

fn authority_of(rest: &str) -> &str {
    &rest[..rest.find(['/', '?']).unwrap_or(rest.len())]
}

fn too_large(bytes: &[u8]) -> Refusal {
    if memchr::memchr(b'\n', bytes).is_some() {
        Refusal { status: 431, reason: "the head is too large" }
    } else {
        Refusal { status: 414, reason: "the address is too long" }
    }
}

fn unreadable(error: httparse::Error, bytes: &[u8]) -> Refusal {
    let (status, reason) = match error {
        httparse::Error::TooManyHeaders => (431, "there are too many fields"),
        httparse::Error::HeaderName => (400, "a field's name cannot be read"),
        httparse::Error::HeaderValue => (400, "a field's value cannot be read"),
        httparse::Error::Version if names_version(bytes) => (505, "only HTTP/1.1, HTTP/1.0 and HTTP/2 are spoken here"),
        httparse::Error::Version => (400, "the version cannot be read"),
        httparse::Error::NewLine => (400, "a line ends in the wrong way"),
        httparse::Error::Status | httparse::Error::Token => (400, "the request line cannot be read"),
    };
    Refusal { status, reason }
}

/// Whether the request line has three words, and the last is a version of the right form that we do not speak.
fn names_version(bytes: &[u8]) -> bool {
    let line = bytes.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let mut words = line.split(|byte| *byte == b' ');
    let (Some(_), Some(_), Some(version), None) = (words.next(), words.next(), words.next(), words.next()) else {
        return false;
    };
    matches!(version, [b'H', b'T', b'T', b'P', b'/', major, b'.', minor] if major.is_ascii_digit() && minor.is_ascii_digit())
}

fn bad<T>(reason: &'static str) -> Result<T, Refusal> {
    refuse(400, reason)
}

fn refuse<T>(status: u16, reason: &'static str) -> Result<T, Refusal> {
    Err(Refusal { status, reason })
}

#[cfg(test)]
mod tests;
