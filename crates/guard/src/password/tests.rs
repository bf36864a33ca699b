use super::*;

fn judge(text: &str) -> Result<(), Weak> {
    Password::new(text, &["mara@alder.example", "Mara Lindqvist", "The Harbour Desk"]).map(|_| ())
}

#[test]
fn long_and_unknown_is_good_enough() {
    for good in [
        "ferry shafts crack twice",
        "üç kedi bir köprü",
        "482951736205",
        "Tr7!kq-Zp2#mW",
        "password of a very old ferry",
        &"long enough ".repeat(16),
    ] {
        assert_eq!(judge(good), Ok(()), "{good}");
    }
}

#[test]
fn what_is_guessed_first_is_refused() {
    for (text, why) in [
        ("", Weak::Length),
        ("elevenchars", Weak::Length),
        (&"x1y2z3".repeat(34), Weak::Length),
        (&"é".repeat(1 << 20), Weak::Length),
        ("mara@alder.example", Weak::Personal),
        ("MARA LINDQVIST", Weak::Personal),
        ("Mara-Lindqvist", Weak::Personal),
        ("the harbour desk!", Weak::Personal),
        ("aaaaaaaaaaaaaaaa", Weak::Common),
        ("abababababab", Weak::Common),
        ("123456789012", Weak::Common),
        ("Password1234", Weak::Common),
        ("passwordpassword", Weak::Common),
        ("Qwertyuiop12!", Weak::Common),
        ("administrator1", Weak::Common),
        ("Correct Horse Battery Staple", Weak::Common),
    ] {
        assert_eq!(judge(text), Err(why), "{text:.40}");
    }
}

#[test]
fn a_hash_knows_its_password_after_a_round_through_text() {
    let password = Password::new("ferry shafts crack twice", &[]).unwrap();
    let (one, two) = (password.hash(), password.hash());
    assert_ne!(one.to_text(), two.to_text(), "each has a salt of its own");
    assert!(one.to_text().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", one.to_text());
    let read = PasswordHash::parse(&one.to_text()).unwrap();
    assert_eq!(read, one);
    assert!(read.matches("ferry shafts crack twice"));
    for wrong in ["", "ferry shafts crack twicE", "ferry shafts crack twice ", &"x".repeat(1 << 20)] {
        assert!(!read.matches(wrong), "{wrong:.40}");
    }
    assert!(!PasswordHash::of_nobody().matches("ferry shafts crack twice"));
    assert_eq!(format!("{read:?} {password:?}").matches("***").count(), 2);
}

/// Computed with the reference implementation's parameters: `echo -n password | argon2 somesalt -id -t 2 -k 65536 -p 1`
/// gives this hash, as its own test suite says.
#[test]
fn it_is_the_argon2id_of_the_reference() {
    let known = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
    let hash = PasswordHash::parse(known).unwrap();
    assert!(hash.matches("password") && !hash.matches("Password"));
    assert_eq!(hash.to_text(), known);
}

#[test]
fn other_texts_are_no_hashes() {
    let good = PasswordHash::of_nobody().to_text();
    assert!(PasswordHash::parse(&good).is_ok());
    for bad in [
        "",
        "$argon2i$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        &good.replace("m=19456", "m=4294967295"),
        &good.replace("t=2", "t=4000000"),
        &good.replace("p=1", "p=1,x=2"),
        &format!("{good}$more"),
        &good[..40],
    ] {
        assert_eq!(PasswordHash::parse(bad), Err(Error::PasswordForm), "{bad}");
    }
}
