//! A disk that is full, and has room again.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::{Value as Json, json};

use crate::home::{Home, Server, finish};
use crate::{http, skipped, wait_for};

/// A data folder on a small disk of its own, in a namespace of mounts that nobody else sees.
struct SmallDisk {
    holder: Child,
    is_root: bool,
    folder: PathBuf,
}

impl SmallDisk {
    /// `None` where this system does not allow it.
    fn new(folder: PathBuf) -> Option<SmallDisk> {
        std::fs::create_dir_all(&folder).expect("the test's folder is writable");
        let is_root = Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout.starts_with(b"0\n"));
        let script = "mount -t tmpfs -o size=8m,mode=0700 tmpfs \"$0\" && head -c 4000000 /dev/zero > \"$0/filler\" && echo ready && exec sleep 300";
        let mut command = Command::new("unshare");
        command.args(if is_root { &["-m"][..] } else { &["-r", "-m"] }).args(["sh", "-c", script]).arg(&folder);
        let mut holder = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
        let mut line = String::new();
        let _ = BufReader::new(holder.stdout.take()?).read_line(&mut line);
        if line == "ready\n" {
            return Some(SmallDisk { holder, is_root, folder });
        }
        let _ = holder.wait();
        None
    }

    /// The same command, on the small disk.
    fn inside(&self, plain: &Command) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["-t", &self.holder.id().to_string(), "-m"]);
        if !self.is_root {
            command.args(["-U", "--preserve-credentials"]);
        }
        command.arg("--").arg(plain.get_program()).args(plain.get_args());
        for (name, _) in plain.get_envs() {
            command.env_remove(name);
        }
        command
    }

    fn make_room(&self) {
        let mut command = Command::new("rm");
        command.arg(self.folder.join("filler"));
        assert!(self.inside(&command).status().expect("nsenter is installed").success());
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

fn write(server: &Server, key: &str, title: &str) -> http::Answer {
    let words = "The water rose by a hand during the night. ".repeat(400);
    server.send("POST", "/api/v3/posts", key, json!({ "title": title, "body": words }).to_string().as_bytes())
}

#[test]
fn a_full_disk_loses_nothing_and_can_be_mended() {
    let home = Home::on_sqlite();
    let Some(disk) = SmallDisk::new(home.data()) else {
        return skipped("this system lets nobody mount a small disk");
    };
    let plain = home.command(&["serve", "--listen", "127.0.0.1:0"]);
    let server = Server::start(disk.inside(&plain), home.folder().join("serve.log"));
    let key = server.line("first key (administrator; shown this once): ");
    let new_key = server.send("POST", "/api/v3/keys", &key, br#"{"name": "reader", "role": "viewer"}"#);
    let reader = new_key.json()["secret"].as_str().expect("a new key has a secret").to_owned();

    let mut kept = Vec::new();
    let refused = loop {
        let title = format!("Note {}", kept.len());
        let answer = write(&server, &key, &title);
        if answer.status != 201 {
            break answer;
        }
        kept.push(title);
        assert!(kept.len() < 1_000, "the disk does not fill");
    };
    assert!(!kept.is_empty(), "the first note was refused: {}", refused.text());
    assert_eq!(refused.status, 503, "{}\n{}", refused.text(), server.read_log());
    assert_eq!(refused.header("content-type"), Some("application/problem+json"));
    assert!(refused.header("retry-after").is_some(), "{:?}", refused.headers);
    assert!(server.read_log().contains("disk is full"), "{}", server.read_log());

    // Down to the last byte.
    let small = br#"{"title": "Small", "body": "One line."}"#;
    while server.send("POST", "/api/v3/posts", &key, small).status == 201 {
        kept.push("Small".to_owned());
        assert!(kept.len() < 1_000, "the disk does not fill");
    }

    // Reading goes on, also with a key whose first use this is.
    let titles = |page: Json| -> Vec<String> {
        let data = page["data"].as_array().cloned().unwrap_or_default();
        data.iter().rev().filter_map(|post| post["title"].as_str().map(str::to_owned)).collect()
    };
    assert_eq!(http::get(server.address, "/").status, 200);
    assert_eq!(titles(server.read("/api/v3/posts?limit=200", &key)), kept);
    let first_use = server.send("GET", "/api/v3/posts?limit=1", &reader, b"");
    let health = server.send("GET", "/api/v3/health", &key, b"");

    disk.make_room();
    wait_for("the first write after there is room", std::time::Duration::from_secs(10), || {
        (write(&server, &key, "Room again").status == 201).then_some(())
    });
    kept.push("Room again".to_owned());
    assert_eq!(titles(server.read("/api/v3/posts?limit=200", &key)), kept);
    let log = server.read_log();
    assert!(!log.contains("panicked"), "{log}");
    assert_eq!(server.stop(), 0);
    let doctor = finish(disk.inside(&home.command(&["doctor", "--json"])), b"");
    assert_eq!(doctor.code, 0, "{doctor:?}");

    assert_eq!(health.status, 503, "a full disk is not healthy: {}", health.text());
    assert_eq!(first_use.status, 200, "a key's first use must not need the disk: {}", first_use.text());
}
