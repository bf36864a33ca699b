use std::io::Read;

use super::*;

#[test]
fn the_caller_chooses() {
    for (accept, expected) in [
        ("", "identity"),
        ("gzip", "gzip"),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, deflate, zstd", "zstd"),
        ("br;q=0.5, gzip;q=0.8", "gzip"),
        ("br;q=0, *", "zstd"),
        ("*;q=0", "identity"),
        ("identity;q=0, gzip;q=0.1", "gzip"),
        ("identity, gzip;q=0.5", "identity"),
        ("identity;q=0", "identity"),
        ("GZIP; Q=1.0", "gzip"),
        ("gzip;q=nonsense", "identity"),
        ("deflate, compress", "identity"),
    ] {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, accept.parse().unwrap());
        assert_eq!(negotiate(&headers).name(), expected, "{accept:?}");
    }
    assert_eq!(negotiate(&HeaderMap::new()), Encoding::Identity);
}

#[test]
fn several_lines_are_one_list() {
    let mut headers = HeaderMap::new();
    headers.append(header::ACCEPT_ENCODING, "gzip;q=0.5".parse().unwrap());
    headers.append(header::ACCEPT_ENCODING, "zstd".parse().unwrap());
    assert_eq!(negotiate(&headers), Encoding::Zstd);
}

#[test]
fn coded_bytes_come_back() {
    let text = "a line of text that comes again and again\n".repeat(100);
    for encoding in Encoding::CODED {
        let coded = compress(text.as_bytes(), encoding).unwrap();
        assert!(coded.len() < text.len() / 10, "{encoding:?} {}", coded.len());
        let mut plain = Vec::new();
        match encoding {
            Encoding::Identity => unreachable!("it is no coding"),
            Encoding::Gzip => {
                flate2::read::GzDecoder::new(&coded[..]).read_to_end(&mut plain).unwrap();
            }
            Encoding::Br => brotli::BrotliDecompress(&mut &coded[..], &mut plain).unwrap(),
            Encoding::Zstd => plain = zstd::stream::decode_all(&coded[..]).unwrap(),
        }
        assert_eq!(plain, text.as_bytes(), "{encoding:?}");
    }
}

#[test]
fn what_does_not_get_smaller_stays_plain() {
    let rng = stdx::Rng::seeded(7);
    let noise: Vec<u8> = (0..4096).map(|_| rng.next_u64() as u8).collect();
    for encoding in Encoding::CODED {
        assert_eq!(compress(&noise, encoding), None);
        assert_eq!(compress(&[b'a'; MIN_BYTES - 1], encoding), None);
    }
    assert_eq!(compress(&[b'a'; 4096], Encoding::Identity), None);
}

#[test]
fn pictures_are_left_alone() {
    assert!(
        is_compressible("text/html; charset=utf-8")
            && is_compressible("image/svg+xml")
            && is_compressible("application/feed+json")
    );
    assert!(!is_compressible("image/webp") && !is_compressible("application/zip"));
}
