use super::*;

#[test]
fn counts_what_passed() {
    assert_eq!(
        passed_of("test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.01s\n"),
        Some(12)
    );
    assert_eq!(passed_of("test result: FAILED. 3 passed; 1 failed; 0 ignored\n"), Some(3));
    assert_eq!(passed_of("test approve ... ok"), None);
}

#[test]
fn learns_from_cargo_which_files_it_built() {
    let mut suite = Suite { tests: Vec::new(), copydesk: PathBuf::new() };
    for message in [
        r#"{"reason":"compiler-artifact","manifest_path":"/r/crates/queue/Cargo.toml","target":{"name":"queue"},"profile":{"test":true},"executable":"/r/t/queue-1"}"#,
        r#"{"reason":"compiler-artifact","manifest_path":"/r/crates/copydesk/Cargo.toml","target":{"name":"copydesk"},"profile":{"test":false},"executable":"/r/t/copydesk"}"#,
        r#"{"reason":"compiler-artifact","manifest_path":"/r/crates/stdx/Cargo.toml","target":{"name":"stdx"},"profile":{"test":false},"executable":null}"#,
        r#"{"reason":"build-finished","success":true}"#,
    ] {
        suite.learn(&serde_json::from_str(message).unwrap());
    }
    assert_eq!(suite.copydesk, Path::new("/r/t/copydesk"));
    let tests: Vec<_> = suite.tests.iter().map(|t| (t.package.as_str(), t.folder.as_path())).collect();
    assert_eq!(tests, [("queue", Path::new("/r/crates/queue"))]);
}
