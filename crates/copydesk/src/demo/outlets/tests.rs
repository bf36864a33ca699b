use super::*;

#[test]
fn encodings() {
    assert_eq!(Charset::Windows1254.encode("Şişli “ığİ” ð"), b"\xDEi\xFEli \x93\xFD\xF0\xDD\x94 &#240;");
    assert_eq!(Charset::Latin1.encode("Brücke „ß“"), b"Br\xFCcke &#8222;\xDF&#8220;");
    assert_eq!(Charset::Utf8Bom.encode("ü"), b"\xEF\xBB\xBF\xC3\xBC");
}

#[test]
fn addresses_and_names_are_distinct() {
    for (i, one) in OUTLETS.iter().enumerate() {
        assert!(OUTLETS[..i].iter().all(|o| o.name != one.name && o.domain != one.domain));
        assert!(one.feed_path.starts_with('/'));
    }
    assert_eq!(OUTLETS[TABLOID].format, Format::Rss20Messy);
}
