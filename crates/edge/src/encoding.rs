//! Content codings: what the caller accepts (RFC 9110 §12.5.3) and the compressors.

use std::io::Write;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};

/// Below this a coding costs more than it saves.
pub const MIN_BYTES: usize = 1024;

/// How the bytes of a body are coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    Identity,
    Gzip,
    Br,
    Zstd,
}

impl Encoding {
    /// The codings in our order of preference: smallest first.
    pub const CODED: [Encoding; 3] = [Encoding::Br, Encoding::Zstd, Encoding::Gzip];

    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Encoding::Identity => "identity",
            Encoding::Gzip => "gzip",
            Encoding::Br => "br",
            Encoding::Zstd => "zstd",
        }
    }

    /// The value of `Content-Encoding`; none for identity.
    pub fn header(self) -> Option<HeaderValue> {
        (self != Encoding::Identity).then(|| HeaderValue::from_static(self.name()))
    }
}

/// The coding with the highest weight, ours first among equals. Identity when nothing else is
/// accepted, and also when nothing at all is: an answer in plain bytes serves such a caller better
/// than 406.
pub fn negotiate(headers: &HeaderMap) -> Encoding {
    choose(headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok()))
}

/// As [`negotiate`], of the values of `Accept-Encoding`.
pub fn choose<'a>(values: impl IntoIterator<Item = &'a str>) -> Encoding {
    let mut weights = Weights::default();
    values.into_iter().flat_map(|value| value.split(',')).for_each(|part| weights.read(part));
    // Identity is the last resort unless it is named with a weight of its own.
    let identity = weights.identity.unwrap_or(0);
    let mut best = (Encoding::Identity, identity);
    for coding in Encoding::CODED {
        let weight = weights.of(coding);
        let better = if best.0 == Encoding::Identity { weight >= best.1 } else { weight > best.1 };
        if weight > 0 && better {
            best = (coding, weight);
        }
    }
    best.0
}

/// `bytes` in the given coding; `None` when they are short or would not get smaller, and for identity.
pub fn compress(bytes: &[u8], encoding: Encoding) -> Option<Bytes> {
    if bytes.len() < MIN_BYTES {
        return None;
    }
    let coded = match encoding {
        Encoding::Identity => return None,
        Encoding::Gzip => gzip(bytes),
        Encoding::Br => brotli(bytes),
        Encoding::Zstd => zstd::bulk::compress(bytes, 6),
    };
    // Writing into memory does not fail; if it ever did, plain bytes are right as well.
    coded.ok().filter(|c| c.len() < bytes.len()).map(Bytes::from)
}

/// Whether bodies of this type are worth compressing: text and its relatives are, pictures are not.
pub fn is_compressible(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind.starts_with("text/")
        || kind.ends_with("+xml")
        || kind.ends_with("+json")
        || ["application/json", "application/xml", "application/javascript", "application/wasm"]
            .contains(&kind.as_str())
}

/// Weights in thousandths.
#[derive(Default)]
struct Weights {
    named: [Option<u16>; 3],
    identity: Option<u16>,
    any: Option<u16>,
}

impl Weights {
    fn read(&mut self, part: &str) {
        let mut fields = part.split(';').map(str::trim);
        let name = fields.next().unwrap_or_default().to_ascii_lowercase();
        let weight = fields
            .find_map(|f| f.strip_prefix("q=").or_else(|| f.strip_prefix("Q=")))
            .map_or(1000, |q| q.trim().parse::<f32>().map_or(0, |q| (q.clamp(0.0, 1.0) * 1000.0).round() as u16));
        match name.as_str() {
            "br" => self.named[0] = Some(weight),
            "zstd" => self.named[1] = Some(weight),
            "gzip" | "x-gzip" => self.named[2] = Some(weight),
            "identity" => self.identity = Some(weight),
            "*" => self.any = Some(weight),
            _ => {}
        }
    }

    fn of(&self, coding: Encoding) -> u16 {
        let place = Encoding::CODED.iter().position(|c| *c == coding);
        place.and_then(|p| self.named[p]).or(self.any).unwrap_or(0)
    }
}

fn gzip(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut writer = flate2::write::GzEncoder::new(Vec::with_capacity(bytes.len() / 3), flate2::Compression::new(6));
    writer.write_all(bytes)?;
    writer.finish()
}

fn brotli(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    // Quality 5 is the knee: 11 is some 15 % smaller for fifty times the work. A window no larger
    // than the text keeps the encoder's tables small.
    let window = (usize::BITS - bytes.len().leading_zeros()).clamp(10, 20) as i32;
    let params =
        brotli::enc::BrotliEncoderParams { quality: 5, lgwin: window, size_hint: bytes.len(), ..Default::default() };
    let mut coded = Vec::with_capacity(bytes.len() / 3);
    brotli::BrotliCompress(&mut &bytes[..], &mut coded, &params)?;
    Ok(coded)
}

#[cfg(test)]
mod tests;
