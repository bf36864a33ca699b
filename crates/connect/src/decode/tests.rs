use super::*;

const LIMIT: ByteSize = ByteSize::kib(64);
const CODINGS: [&str; 6] = ["", "gzip", "deflate", "raw deflate", "br", "zstd"];

pub(crate) fn encode(coding: &str, plain: &[u8]) -> Vec<u8> {
    use flate2::{Compression, write};
    let best = Compression::best();
    let all = |mut to: Box<dyn Write + '_>| to.write_all(plain).unwrap();
    let mut out = Vec::new();
    match coding {
        "gzip" => all(Box::new(write::GzEncoder::new(&mut out, best))),
        "deflate" => all(Box::new(write::ZlibEncoder::new(&mut out, best))),
        "raw deflate" => all(Box::new(write::DeflateEncoder::new(&mut out, best))),
        "br" => all(Box::new(brotli::CompressorWriter::new(&mut out, 4096, 5, 20))),
        "zstd" => out = zstd::encode_all(plain, 3).unwrap(),
        _ => out = plain.to_vec(),
    }
    out
}

fn decode(coding: &str, body: &[u8], piece: usize) -> Result<Bytes, Error> {
    let mut decoder = Decoder::new(coding.trim_start_matches("raw "), LIMIT)?;
    body.chunks(piece).try_for_each(|chunk| decoder.push(chunk))?;
    assert_eq!(decoder.received(), body.len() as u64);
    decoder.finish()
}

fn noise(n: usize) -> Vec<u8> {
    let rng = stdx::Rng::seeded(3);
    (0..n).map(|_| rng.below(40) as u8 + b'0').collect()
}

#[test]
fn every_coding_in_pieces_of_any_size() {
    for coding in CODINGS {
        for plain in [b"a".to_vec(), noise(5_000), vec![b'x'; 60_000], noise(LIMIT.bytes() as usize)] {
            let body = encode(coding, &plain);
            for piece in [1, 7, 4_096, body.len()] {
                assert_eq!(decode(coding, &body, piece).unwrap(), plain, "{coding} in pieces of {piece}");
            }
        }
        assert_eq!(decode(coding, &[], 1).unwrap(), Bytes::new(), "{coding} without a body");
    }
    let two = [encode("gzip", b"one "), encode("gzip", b"two")].concat();
    assert_eq!(decode("x-gzip", &two, 5).unwrap(), "one two");
}

#[test]
fn bombs_end_at_the_limit() {
    for coding in CODINGS {
        let bomb = encode(coding, &vec![0; 50_000_000]);
        match decode(coding, &bomb, 1_400).unwrap_err() {
            Error::TooLarge { limit: LIMIT, ratio } => {
                assert_eq!(ratio.is_some(), !coding.is_empty());
                assert!(coding != "br" || ratio > Some(100), "{ratio:?}");
            }
            other => panic!("{coding}: {other}"),
        }
    }
    let text = decode("br", &encode("br", &vec![0; 50_000_000]), 64).unwrap_err().to_string();
    assert!(text.starts_with("the body is larger than the limit of 64KiB once decompressed, "), "{text}");
}

#[test]
fn an_early_end_is_noticed_at_every_byte() {
    for coding in &CODINGS[1..] {
        let body = encode(coding, &noise(600));
        for end in 1..body.len() {
            let result = decode(coding, &body[..end], 100);
            assert!(matches!(result, Err(Error::Decompress { .. })), "{coding} cut at {end}: {result:?}");
        }
    }
}

#[test]
fn garbage_is_an_error_and_never_a_panic() {
    let rng = stdx::Rng::seeded(5);
    for coding in &CODINGS[1..] {
        let whole = encode(coding, &noise(600));
        for _ in 0..2_000 {
            let mut body = whole.clone();
            let place = rng.below(body.len() as u64) as usize;
            body[place] ^= 1 << rng.below(8);
            // A checksum finds it where there is one; the others may give another text.
            if let Err(e) = decode(coding, &body, 1 + rng.below(900) as usize) {
                assert!(matches!(e, Error::Decompress { .. } | Error::TooLarge { .. }), "{e:?}");
            }
        }
    }
    for coding in ["gzip, gzip", "compress", "aes128gcm", "\u{7f}", &"x".repeat(9_999)] {
        let text = Decoder::new(coding, LIMIT).err().unwrap().to_string();
        assert!(text.starts_with("the body cannot be decompressed as ") && text.len() < 100, "{text}");
    }
    assert!(decode("gzip", b"<rss>not compressed at all</rss>", 9).is_err());
}
