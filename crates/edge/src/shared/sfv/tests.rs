use super::*;

#[test]
fn reads_what_is_well_formed() {
    let read = dictionary("max-age=60, no-store, a=\"x, \\\"y\\\"\", b=?0;p=1, c=(1 \"z\";q t) , d=1.5").unwrap();
    let get = |key: &str| read.iter().find(|(k, _)| k == key).map(|(_, v)| v.clone()).unwrap();
    assert_eq!(get("max-age"), Member::Item(Bare::Integer(60)));
    assert_eq!(get("no-store"), Member::Item(Bare::Boolean(true)));
    assert_eq!(get("a"), Member::Item(Bare::String("x, \"y\"".into())));
    assert_eq!(get("b"), Member::Item(Bare::Boolean(false)));
    assert_eq!(get("c"), Member::Inner(vec![Bare::Integer(1), Bare::String("z".into()), Bare::Token("t".into())]));
    assert_eq!(get("d"), Member::Item(Bare::Decimal(1.5)));
    assert_eq!(dictionary("a=1, a=2").unwrap(), [("a".to_owned(), Member::Item(Bare::Integer(2)))]);
    assert_eq!(dictionary("").unwrap(), []);
    assert_eq!(list("\"a\", b;x=1, :aGk=:, @12, %\"f%c3%bc\"").unwrap().len(), 5);
}

#[test]
fn refuses_the_rest() {
    for text in [
        "max-age=10000, &&&&&",
        "MaX-aGe=1",
        "a=",
        "a=1,",
        "a=1 b=2",
        "a =1",
        "a= 1",
        "a=\"x",
        "a=\"\\x\"",
        "a=(1",
        "a=(1\"x\")",
        "a=1234567890123456",
        "a=1.2345",
        "a=1.",
        "a=?2",
        "a=:x",
        "a=@1.5",
        "é",
        "a=1;B",
    ] {
        assert_eq!(dictionary(text), None, "{text}");
    }
}

#[test]
fn a_string_holds_what_it_may() {
    assert_eq!(quoted("a\"b\\c\u{e9}\n"), "\"a\\\"b\\\\c??\"");
}
