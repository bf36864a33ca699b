//! A real server of a test's own, to be killed, stopped and filled. Only where `COPYDESK_TEST_REDIS_SERVER` and
//! `COPYDESK_TEST_MEMCACHED_SERVER` name the programs.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// Length of the values for which [`Server::fill`] leaves no room.
pub const VALUE_BYTES: usize = 20_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Redis,
    Memcached,
}

/// One process on a loopback port; it does not outlive its owner.
pub struct Server {
    pub kind: Kind,
    program: String,
    port: u16,
    folder: TempDir,
    running: Option<Child>,
}

impl Server {
    /// `None` where nothing names the program.
    pub fn start(kind: Kind) -> Option<Server> {
        let variable = match kind {
            Kind::Redis => "COPYDESK_TEST_REDIS_SERVER",
            Kind::Memcached => "COPYDESK_TEST_MEMCACHED_SERVER",
        };
        let Ok(program) = std::env::var(variable) else {
            eprintln!("skipped: {variable} does not name a program");
            return None;
        };
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut server = Server { kind, program, port, folder: tempfile::tempdir().unwrap(), running: None };
        server.start_again(&[]);
        Some(server)
    }

    /// On the same port. A Redis comes back with everything that it ever answered for.
    pub fn start_again(&mut self, more: &[&str]) {
        let port = self.port.to_string();
        let mut command = Command::new(&self.program);
        match self.kind {
            Kind::Redis => command.args(["--port", &port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "yes"]),
            // It does not run as root, and others are as whom they are.
            Kind::Memcached => command.args(["-p", &port, "-l", "127.0.0.1", "-U", "0", "-u", "nobody"]),
        };
        command.args(more).current_dir(self.folder.path());
        let silent = || Stdio::null();
        self.running = Some(command.stdin(silent()).stdout(silent()).stderr(silent()).spawn().unwrap());
        for _ in 0..2_000 {
            if self.answers() {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("{} does not answer", self.program);
    }

    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        if let Some(mut running) = self.running.take() {
            running.kill().unwrap();
            running.wait().unwrap();
        }
    }

    /// It keeps its connections, and says nothing.
    pub fn freeze(&self) {
        self.signal(Signal::STOP);
    }

    pub fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    /// No room for anything new from now on, or for everything again.
    pub fn fill(&mut self, full: bool) {
        match (self.kind, full) {
            // Whatever it has is too much.
            (Kind::Redis, true) => drop(self.say("CONFIG SET maxmemory 1mb").unwrap()),
            (Kind::Redis, false) => drop(self.say("CONFIG SET maxmemory 0").unwrap()),
            // Its memory is a number at its start.
            (Kind::Memcached, true) => {
                self.kill();
                self.start_again(&["-m", "2", "-M"]);
                // Each class of lengths has room of its own.
                let value = "x".repeat(VALUE_BYTES + 150);
                let mut tries = 0;
                while self.say(&format!("set fill{tries} 0 0 {}\r\n{value}", value.len())).unwrap() == "STORED" {
                    tries += 1;
                    assert!(tries < 1_000, "it is never full");
                }
            }
            (Kind::Memcached, false) => {
                self.kill();
                self.start_again(&[]);
            }
        }
    }

    fn answers(&self) -> bool {
        let (question, answer) = match self.kind {
            Kind::Redis => ("PING", "+PONG"),
            Kind::Memcached => ("version", "VERSION"),
        };
        self.say(question).is_ok_and(|said| said.starts_with(answer))
    }

    /// The first line of the answer.
    fn say(&self, command: &str) -> std::io::Result<String> {
        let mut stream = TcpStream::connect(self.address())?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        stream.write_all(format!("{command}\r\n").as_bytes())?;
        let mut answer = Vec::new();
        let mut byte = [0];
        while stream.read(&mut byte)? == 1 && byte[0] != b'\n' {
            answer.push(byte[0]);
        }
        Ok(String::from_utf8_lossy(&answer).trim_end().to_owned())
    }

    fn signal(&self, signal: Signal) {
        let running = self.running.as_ref().expect("it runs");
        kill_process(Pid::from_child(running), signal).unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut running) = self.running.take() {
            // Both fail only when it has ended already.
            let _ = running.kill();
            let _ = running.wait();
        }
    }
}
