//! The folder, the configuration and the database of one test, and the product at work in it.

use std::cell::{OnceCell, RefCell};
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::Value as Json;
use store::testing::Place;

use crate::http::{self, Answer};
use crate::wait_for;

/// Everything that a test has for itself; deleted at its end.
pub struct Home {
    folder: PathBuf,
    database_url: Option<String>,
    settings: RefCell<Vec<(String, String)>>,
    admin: OnceCell<String>,
    /// The PostgreSQL database goes with it.
    _place: Option<Place>,
}

/// What a command came to.
#[derive(Debug)]
pub struct Output {
    pub code: i32,
    pub out: String,
    pub err: String,
}

/// `copydesk serve` or `copydesk demo`, killed at the end unless it was stopped.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
    pub log: PathBuf,
    lines: Receiver<String>,
}

/// Longest time for a command.
const COMMAND_MAX: Duration = Duration::from_secs(60);
/// Longest time until a server says where it listens; other tests start theirs at the same time.
const START_MAX: Duration = Duration::from_secs(30);

static NUMBER: AtomicU32 = AtomicU32::new(0);

impl Home {
    /// On the engine that the environment asks for.
    pub fn new() -> Home {
        if std::env::var_os("COPYDESK_TEST_POSTGRES").is_none() {
            return Home::on_sqlite();
        }
        let place = block_on(Place::new());
        let url = place.settings().url.as_ref().map(|url| url.reveal().to_owned());
        let mut home = Home::on_sqlite();
        home.database_url = url;
        home._place = Some(place);
        // Many tests share the server's connections.
        home.set("store.write_pool", "4").set("store.read_pool", "2");
        home
    }

    /// On SQLite, whatever the environment says.
    pub fn on_sqlite() -> Home {
        let name = format!("copydesk-it-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).expect("the folder for temporary files is writable");
        // Politeness is for others; here it would only take time. The feeds of the fixtures have their dates for good.
        let settings = [
            ("connect.host_delay_ms", "0"),
            ("connect.host_parallel_max", "16"),
            ("desk.draft_delay_ms", "400"),
            ("desk.news_age_max_h", "0"),
        ];
        let settings = settings.map(|(key, value)| (key.to_owned(), value.to_owned()));
        Home {
            folder,
            database_url: None,
            settings: RefCell::new(settings.to_vec()),
            admin: OnceCell::new(),
            _place: None,
        }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    pub fn is_postgres(&self) -> bool {
        self.database_url.is_some()
    }

    /// Where the database is when it is not a file in the folder.
    pub fn database_url(&self) -> Option<stdx::config::Secret> {
        self.database_url.as_ref().map(|url| stdx::config::Secret::new(url.clone()))
    }

    /// Sets a key of the configuration; `value` is TOML.
    pub fn set(&self, key: &str, value: &str) -> &Home {
        let mut settings = self.settings.borrow_mut();
        settings.retain(|(known, _)| known != key);
        settings.push((key.to_owned(), value.to_owned()));
        self
    }

    /// Lets the product call a server of the test.
    pub fn allow(&self, addresses: &[SocketAddr]) -> &Home {
        let list: Vec<String> = addresses.iter().map(|address| format!("\"{address}\"")).collect();
        self.set("connect.allow", &format!("[{}]", list.join(", ")))
    }

    /// Puts a file into the folder and gives its path.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.folder.join(name);
        std::fs::write(&path, content).expect("the test's folder is writable");
        path.display().to_string()
    }

    /// The binary with this home's data, configuration and database; nothing of the caller's environment.
    pub fn command(&self, words: &[&str]) -> Command {
        let lines: Vec<String> =
            self.settings.borrow().iter().map(|(key, value)| format!("{key} = {value}\n")).collect();
        let config = self.file("copydesk.toml", lines.concat());
        let mut command = bare(words);
        command.args(["--config", &config, "--data"]).arg(self.data()).current_dir(&self.folder);
        if let Some(url) = &self.database_url {
            command.args(["--database-url", url]);
        }
        command
    }

    pub fn run(&self, words: &[&str]) -> Output {
        finish(self.command(words), b"")
    }

    pub fn run_with(&self, words: &[&str], input: &[u8]) -> Output {
        finish(self.command(words), input)
    }

    /// Runs a command that must succeed; what it prints.
    pub fn ok(&self, words: &[&str]) -> String {
        let output = self.run(words);
        assert_eq!(output.code, 0, "copydesk {}: {output:?}", words.join(" "));
        output.out
    }

    /// Starts the desk for the first time and keeps the key it prints.
    pub fn serve(&self) -> Server {
        let server = self.serve_again();
        let key = server.line("first key (administrator; shown this once): ");
        self.admin.set(key).expect("a home is served for the first time once");
        server
    }

    /// Starts the desk where there are keys already.
    pub fn serve_again(&self) -> Server {
        Server::start(self.command(&["serve", "--listen", "127.0.0.1:0"]), self.folder.join("serve.log"))
    }

    /// The administrator's key from the first start.
    pub fn admin(&self) -> &str {
        self.admin.get().expect("the home was served")
    }

    /// Makes a key with the command line.
    pub fn key(&self, role: &str) -> String {
        let said = self.ok(&["key", "create", &format!("the {role}"), "--role", role]);
        said.split_whitespace().next().expect("the key is the first word").to_owned()
    }

    /// `doctor --json` with its exit code.
    pub fn doctor(&self) -> (i32, Json) {
        let output = self.run(&["doctor", "--json"]);
        let findings = serde_json::from_str(&output.out).unwrap_or_else(|error| panic!("{error}: {output:?}"));
        (output.code, findings)
    }

    /// # Panics
    /// When the doctor finds a problem.
    pub fn is_sound(&self) {
        let (code, findings) = self.doctor();
        assert_eq!(code, 0, "the doctor finds {findings:#}");
        assert_eq!(findings["problems"], serde_json::json!([]));
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Server {
    /// Starts a server command and waits for the line that says where it listens.
    pub fn start(mut command: Command, log: PathBuf) -> Server {
        let file = File::options().create(true).append(true).open(&log).expect("the log is writable");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(file);
        let mut child = command.spawn().expect("the product starts");
        let out = BufReader::new(child.stdout.take().expect("stdout is piped"));
        let (sender, lines) = channel();
        std::thread::spawn(move || out.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let mut server = Server { child, address: ([127, 0, 0, 1], 0).into(), log, lines };
        let said = server.line("http://");
        let address = said.split('/').next().expect("an address has a host");
        server.address = address.parse().unwrap_or_else(|error| panic!("{error} in {said:?}"));
        server
    }

    /// What follows `mark` on the next line of standard output that has it.
    pub fn line(&self, mark: &str) -> String {
        let started = Instant::now();
        loop {
            let line = self.lines.recv_timeout(START_MAX.saturating_sub(started.elapsed()));
            let line =
                line.unwrap_or_else(|_| panic!("the product did not print {mark:?}; its log: {}", self.read_log()));
            if let Some((_, rest)) = line.split_once(mark) {
                return rest.to_owned();
            }
        }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn read_log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// A request with a key.
    pub fn send(&self, method: &str, path: &str, key: &str, body: &[u8]) -> Answer {
        let bearer = format!("Bearer {key}");
        let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
        http::send(self.address, method, path, &headers, body)
            .unwrap_or_else(|error| panic!("{method} {path}: {error}; the log: {}", self.read_log()))
    }

    pub fn read(&self, path: &str, key: &str) -> Json {
        let answer = self.send("GET", path, key, b"");
        assert_eq!(answer.status, 200, "GET {path}: {}", answer.text());
        answer.json()
    }

    /// Asks again until `is_good` likes the answer.
    pub fn wait(&self, path: &str, key: &str, is_good: impl Fn(&Json) -> bool) -> Json {
        let mut last = Json::Null;
        let started = Instant::now();
        while started.elapsed() < Duration::from_secs(30) {
            last = self.read(path, key);
            if is_good(&last) {
                return last;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("GET {path} never came to what was waited for; the last answer: {last:#}\nthe log: {}", self.read_log())
    }

    /// SIGTERM, and the exit code.
    pub fn stop(mut self) -> i32 {
        self.signal("TERM");
        wait_for("the end of the product after SIGTERM", Duration::from_secs(40), || self.ended())
    }

    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.id().to_string()]).status();
        assert!(sent.expect("kill is installed").success());
    }

    /// The exit code once the process has ended; -1 for one that was killed.
    pub fn ended(&mut self) -> Option<i32> {
        let status = self.child.try_wait().expect("the child is ours");
        status.map(|status| status.code().unwrap_or(-1))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The binary without a home.
pub fn bare(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_copydesk"));
    command.args(words);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("COPYDESK_") {
            command.env_remove(name);
        }
    }
    command
}

/// Runs a command to its end with `input` on its standard input.
pub fn finish(mut command: Command, input: &[u8]) -> Output {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the product starts");
    let mut stdin = child.stdin.take().expect("stdin is piped");
    let input = input.to_vec();
    // A command that does not read its input is in its right.
    std::thread::spawn(move || stdin.write_all(&input));
    let read = |pipe: Option<Box<dyn std::io::Read + Send>>| {
        let mut pipe = pipe.expect("the output is piped");
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            let _ = pipe.read_to_end(&mut bytes);
            String::from_utf8_lossy(&bytes).into_owned()
        })
    };
    let out = read(child.stdout.take().map(|pipe| Box::new(pipe) as _));
    let err = read(child.stderr.take().map(|pipe| Box::new(pipe) as _));
    let started = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("the child is ours") {
            break status;
        }
        if started.elapsed() > COMMAND_MAX {
            let _ = child.kill();
            let _ = child.wait();
            panic!("{command:?} did not end within {} s", COMMAND_MAX.as_secs());
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let text = |reader: std::thread::JoinHandle<String>| reader.join().expect("a reader does not panic");
    Output { code: status.code().unwrap_or(-1), out: text(out), err: text(err) }
}

pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
    runtime.block_on(future)
}
