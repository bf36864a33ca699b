use super::*;

/// The data and how many bytes were used until the end; pieces of `size` at a time.
fn decode(bytes: &[u8], size: usize) -> Result<Option<(Vec<u8>, usize)>, Refusal> {
    let (mut chunked, mut data, mut used) = (Chunked::default(), Vec::new(), 0);
    for piece in bytes.chunks(size) {
        let mut rest = piece;
        while !rest.is_empty() {
            let (n, found) = chunked.step(rest)?;
            rest = &rest[n..];
            used += n;
            match found {
                Found::Data(d) => data.extend_from_slice(d),
                Found::End => return Ok(Some((data, used))),
                Found::Nothing => assert!(rest.is_empty()),
            }
        }
    }
    Ok(None)
}

#[test]
fn bodies_are_read_in_whatever_pieces_they_come() {
    for (text, wanted) in [
        ("0\r\n\r\n", ""),
        ("4\r\nwiki\r\n5\r\npedia\r\nE\r\n in\r\n\r\nchunks.\r\n0\r\n\r\n", "wikipedia in\r\n\r\nchunks."),
        ("0004;a=b;c=\"d;e\"\r\nwiki\r\n000\r\n\r\n", "wiki"),
        ("1\r\na\r\n0\r\nX-Sum: 1 2\r\nY:\r\n\r\n", "a"),
    ] {
        let whole = format!("{text}GET / HTTP/1.1");
        for size in 1..=whole.len() {
            let (data, used) = decode(whole.as_bytes(), size).unwrap().unwrap();
            assert_eq!((String::from_utf8(data).unwrap().as_str(), used), (wanted, text.len()), "{text:?} by {size}");
        }
        for cut in 0..text.len() {
            assert_eq!(decode(&text.as_bytes()[..cut], 3), Ok(None), "{text:?} to {cut}");
        }
    }
}

#[test]
fn what_is_not_chunked_is_refused() {
    for (why, text) in [
        ("no size", "\r\nwiki\r\n0\r\n\r\n"),
        ("no number", "g\r\n"),
        ("a sign", "+4\r\nwiki\r\n"),
        ("a minus", "-4\r\nwiki\r\n"),
        ("a prefix", "0x4\r\nwiki\r\n"),
        ("an underscore", "1_0\r\n"),
        ("a blank before the size", " 4\r\nwiki\r\n"),
        ("a blank after the size", "4 \r\nwiki\r\n"),
        ("a blank before the extension, which some end the size at", "4 ;a\r\nwiki\r\n"),
        ("sixteen digits, which overflow with one more", "0000000000000004\r\nwiki\r\n"),
        ("a bare line feed after the size", "4\nwiki\r\n0\r\n\r\n"),
        ("a bare carriage return after the size", "4\rwiki\r\n0\r\n\r\n"),
        ("a line feed in an extension: two lines to some", "4;a\n3\r\nwiki\r\n"),
        ("a NUL in an extension", "4;\0\r\nwiki\r\n"),
        ("more data than the size says", "3\r\nwiki\r\n0\r\n\r\n"),
        ("less data than the size says", "5\r\nwiki\r\n0\r\n\r\n"),
        ("a bare line feed after the data", "4\r\nwiki\n0\r\n\r\n"),
        ("a bare line feed at the end", "0\r\n\n"),
        ("a bare line feed after the last size", "0\n\r\n"),
        ("a trailer without a colon", "0\r\nX\r\n\r\n"),
        ("a trailer that is folded", "0\r\nX: y\r\n z\r\n\r\n"),
        ("a trailer with a blank before the colon", "0\r\nX : y\r\n\r\n"),
        ("a trailer with a bare line feed", "0\r\nX: y\n\r\n"),
        ("a request behind an end that is none", "0\r\nGET / HTTP/1.1\r\n\r\n"),
    ] {
        for size in [1, text.len()] {
            assert_eq!(decode(text.as_bytes(), size).unwrap_err().status, 400, "{why}: {text:?}");
        }
    }
}

#[test]
fn extensions_and_trailers_have_an_end() {
    let many = "1;a=b\r\nx\r\n".repeat(EXTENSION_BYTES_MAX as usize);
    assert_eq!(decode(many.as_bytes(), 1000).unwrap_err().status, 400);
    let large = format!("0\r\nX: {}\r\n\r\n", "y".repeat(TRAILER_BYTES_MAX as usize));
    assert_eq!(decode(large.as_bytes(), 1000).unwrap_err().status, 431);
}
