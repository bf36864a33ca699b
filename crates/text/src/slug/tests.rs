use proptest::prelude::*;

use super::*;

#[test]
fn titles_become_addresses() {
    for (title, expected) in [
        ("Hello, World!", "hello-world"),
        ("IĞDIR'da İşçi Şenliği: çok güzel", "igdirda-isci-senligi-cok-guzel"),
        ("Straße & Öl – 20 % teurer", "strasse-ol-20-teurer"),
        ("L’Été en Île-de-France", "lete-en-ile-de-france"),
        ("Łódź, Ærø, ﬁne ½", "lodz-aero-fine-1-2"),
        ("日本語", "item"),
        ("Москва 2026", "2026"),
        ("  --  ", "item"),
        ("", "item"),
    ] {
        assert_eq!(slugify(title, 80), expected);
    }
}

#[test]
fn long_titles_end_at_a_word() {
    assert_eq!(slugify("The quick brown fox jumps", 17), "the-quick-brown");
    assert_eq!(slugify("The quick brown fox jumps", 15), "the-quick-brown");
    assert_eq!(slugify("Donaudampfschifffahrt", 10), "donaudampf");
    assert_eq!(slugify("A Donaudampfschifffahrt", 10), "a-donaudam");
}

proptest! {
    #[test]
    fn slugs_are_safe(title in ".{0,80}", max_len in 8usize..60) {
        let slug = slugify(&title, max_len);
        prop_assert!(!slug.is_empty() && slug.len() <= max_len);
        prop_assert!(slug.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));
        prop_assert!(!slug.starts_with('-') && !slug.ends_with('-') && !slug.contains("--"));
        prop_assert_eq!(slugify(&slug, max_len), slug);
    }
}
