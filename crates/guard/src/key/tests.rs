use super::*;

#[test]
fn a_key_is_recognised_by_its_hash() {
    let (text, hash) = generate();
    let text = text.reveal();
    assert_eq!(text.len(), 41);
    let seen = parse(text).unwrap();
    assert_eq!(seen.hash, hash);
    assert_eq!(seen.prefix, &text[..8]);
    assert_eq!(parse(&format!("  {}\n", text.to_ascii_uppercase())), Ok(seen));
    assert_eq!(KeyHash::try_from(&hash.as_bytes()[..]), Ok(hash));
    assert_ne!(generate().1, hash);
    assert!(!format!("{hash:?}").contains(|c: char| c.is_ascii_digit()));
}

#[test]
fn every_single_mistake_is_found() {
    let (text, _) = generate();
    let text = text.reveal();
    for place in 3..text.len() {
        for letter in ALPHABET {
            let mut wrong = text.as_bytes().to_vec();
            if wrong[place] == *letter {
                continue;
            }
            wrong[place] = *letter;
            assert_eq!(parse(std::str::from_utf8(&wrong).unwrap()), Err(Error::KeyChecksum));
        }
    }
}

#[test]
fn the_checksum_does_not_drift() {
    // A change here would lock every owner of a key out.
    assert_eq!(base32(&[0, 1, 2, 3, 4, 255, 255, 255, 255, 255]), "000g40r4zzzzzzzz");
    let body = "0".repeat(32);
    let key = format!("ck_{body}{}", checksum(&body));
    assert_eq!(key, "ck_000000000000000000000000000000007dtp9y");
    assert!(parse(&key).is_ok());
}

#[test]
fn other_texts_are_no_keys() {
    let long = "ck_".repeat(100_000);
    for text in [
        "",
        "ck_",
        "ck_i0000000000000000000000000000000000000",
        "xx_00000000000000000000000000000000000000",
        "ck_é",
        &long,
    ] {
        assert_eq!(parse(text), Err(Error::KeyForm));
    }
    assert_eq!(KeyHash::try_from(&[1u8, 2][..]), Err(Error::HashLength(2)));
}
