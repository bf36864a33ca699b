//! A place that does not fit: configuration, port, folder.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use crate::home::{Home, Output, bare, finish};
use crate::skipped;

fn refuses(output: &Output, words: &[&str]) {
    assert_eq!(output.code, 1, "{output:?}");
    assert!(output.out.is_empty(), "{output:?}");
    for word in words {
        assert!(output.err.contains(word), "{word:?} is not in {output:?}");
    }
    assert!(!output.err.contains("panicked"), "{output:?}");
}

#[test]
fn all_mistakes_of_a_configuration_are_told_at_once() {
    let home = Home::on_sqlite();
    home.set("cache.memory_siz", "\"1GiB\"")
        .set("queue.workers_max", "0")
        .set("desk.undo_ms", "\"soon\"")
        .set("site.language", "\"xx\"");
    for words in [&["serve", "--listen", "127.0.0.1:0"][..], &["config", "check"], &["doctor"], &["source", "list"]] {
        let output = home.run(words);
        let told = [
            "copydesk.toml: 4 problems",
            "did you mean cache.memory_size?",
            "queue.workers_max = 0",
            "must be 1 to 4096",
            "desk.undo_ms",
            "site.language",
        ];
        refuses(&output, &told);
    }
    assert!(!home.data().exists(), "nothing is made before the configuration is right");
}

#[test]
fn the_environment_and_flags_are_judged_too() {
    let home = Home::on_sqlite();
    let mut command = home.command(&["config", "check"]);
    command.env("COPYDESK_QUEUE__WORKERS_MAXX", "3").env("COPYDESK_CACHE__TTL_S", "never");
    refuses(
        &finish(command, b""),
        &["environment: 2 problems", "COPYDESK_QUEUE__WORKERS_MAXX", "COPYDESK_CACHE__TTL_S"],
    );
    let missing = home.folder().join("no-such-file.toml").display().to_string();
    refuses(&finish(bare(&["config", "check", "--config", &missing]), b""), &["no-such-file.toml"]);
    let broken = home.file("broken.toml", "[queue\nworkers_max = ");
    refuses(&finish(bare(&["config", "check", "--config", &broken]), b""), &["broken.toml"]);
}

#[test]
fn a_port_in_use_is_named() {
    let home = Home::new();
    let taken = TcpListener::bind(("127.0.0.1", 0)).expect("loopback has a free port");
    let address = taken.local_addr().expect("a bound socket has an address");
    let output = home.run(&["serve", "--listen", &address.to_string()]);
    refuses(&output, &[&format!("port {} on 127.0.0.1 is in use", address.port())]);
    // Nothing stays behind that keeps the next start away.
    let server = home.serve_again();
    assert_eq!(server.stop(), 0);
}

#[test]
fn a_file_in_the_place_of_the_data_folder_is_named() {
    let home = Home::on_sqlite();
    let file = home.file("data", "I am a file");
    refuses(&home.run(&["serve", "--listen", "127.0.0.1:0"]), &[&file]);
    refuses(&home.run(&["key", "list"]), &[&file]);
    let (code, findings) = home.doctor();
    assert_eq!(code, 1, "{findings}");
}

#[test]
fn a_data_folder_that_cannot_be_written_is_named() {
    let home = Home::on_sqlite();
    home.serve().stop();
    // The desk has been here; now the folder and all in it is read-only, and the process is nobody special.
    let owner = Command::new("id").arg("-u").output().expect("id is installed");
    let is_root = owner.stdout.starts_with(b"0\n");
    for entry in std::fs::read_dir(home.data()).expect("the folder is there") {
        let path = entry.expect("the folder can be read").path();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o444)).expect("the file is ours");
    }
    std::fs::set_permissions(home.data(), std::fs::Permissions::from_mode(0o555)).expect("the folder is ours");
    let plain = home.command(&["serve", "--listen", "127.0.0.1:0"]);
    let command = if is_root { as_nobody(&plain) } else { plain };
    if is_root && finish(as_nobody(&bare(&["version"])), b"").code != 0 {
        return skipped("another user cannot run the binary here");
    }
    let output = finish(command, b"");
    std::fs::set_permissions(home.data(), std::fs::Permissions::from_mode(0o755)).expect("the folder is ours");
    refuses(&output, &[&home.data().display().to_string()]);
    let told = ["read-only", "ermission denied", "cannot be written"];
    assert!(told.iter().any(|word| output.err.contains(word)), "{output:?}");
}

fn as_nobody(plain: &Command) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(plain.get_program()).args(plain.get_args());
    command.current_dir("/");
    command
}
