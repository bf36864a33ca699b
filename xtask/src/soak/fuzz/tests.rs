use super::*;

#[test]
fn a_promise_is_an_exit_code_and_a_form() {
    let feed = &TARGETS[0];
    feed.judge(Some(0), b"{\"items\":[]}", b"").unwrap();
    feed.judge(Some(2), b"", b"{\"title\":\"not a feed\"}").unwrap();
    for (code, out, err, what) in [
        (Some(101), "", "thread 'main' panicked at src/lib.rs", "ended with 101"),
        (None, "", "", "signal"),
        (Some(0), "{\"items\":[", "", "promises JSON"),
        (Some(2), "", "not a feed", "promises JSON"),
        (Some(0), "{}", "a worker panicked at src/x.rs", "panicked"),
    ] {
        let error = feed.judge(code, out.as_bytes(), err.as_bytes()).unwrap_err();
        assert!(format!("{error:#}").contains(what), "{error:#}");
    }
}

#[test]
fn a_case_that_hangs_or_lies_is_caught() {
    let scratch = Scratch::new("fuzz-test").unwrap();
    let lie = Target { name: "lie", reader: "", command: &[FILE], refusal: 2, json: true, folders: &[], seeds: &[] };
    assert!(lie.check(Path::new("/bin/cat"), scratch.path(), b"not json").is_err());
    lie.check(Path::new("/bin/cat"), scratch.path(), b"[1]").unwrap();
}
