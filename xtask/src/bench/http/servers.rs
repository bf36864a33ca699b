//! The servers, each with one origin's pages: nginx serves the files, and is the origin of those that cache.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result, ensure};

use crate::need;
use crate::run::{self, Owned};

pub const KEYS: usize = 1_000;
pub const PAGE_BYTES: usize = 10_240;
const SMALL_BYTES: usize = 1_024;
pub const OURS: &str = "copydesk edge";
pub const NGINX: &str = "nginx static";
/// What a page of the product says, on top of what a server says by itself.
const POLICY: &[(&str, &str)] = &[
    ("Cache-Control", "public, max-age=3600, stale-while-revalidate=60"),
    ("Content-Security-Policy", "default-src 'self'; img-src 'self' https:; frame-ancestors 'none'; base-uri 'none'"),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "strict-origin-when-cross-origin"),
    ("Strict-Transport-Security", "max-age=63072000"),
    ("Vary", "Accept-Encoding"),
    ("Surrogate-Key", "site page front"),
];

pub struct Server {
    pub name: &'static str,
    pub port: u16,
    process: Owned,
}

/// A server is asked to end before it is killed: nginx's and Varnish's processes for the work outlive a killed parent.
impl Drop for Server {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.id().to_string()).status();
        let _ = run::wait_at_most(&mut self.process.0, Duration::from_secs(5));
    }
}

impl Server {
    pub fn is_ours(&self) -> bool {
        self.name == OURS
    }

    /// Of the process, which may have children.
    pub fn id(&self) -> u32 {
        self.process.0.id()
    }

    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }
}

/// All servers at work, and who may use which processors.
pub struct Fleet {
    pub servers: Vec<Server>,
    /// Those that speak TLS: nginx and ours.
    pub secure: Vec<Server>,
    /// Lists for `taskset`.
    pub server_cores: String,
    pub load_cores: String,
    pub peer: PathBuf,
    /// Of the pages.
    pub etag: String,
}

impl Fleet {
    pub fn start(ours: &Path, peer: &Path, folder: &Path) -> Result<Fleet> {
        let cores = std::thread::available_parallelism()?.get();
        ensure!(cores >= 2, "one processor cannot serve and make the load apart");
        let mut fleet = Fleet {
            servers: Vec::new(),
            secure: Vec::new(),
            server_cores: list(0, cores / 2),
            load_cores: list(cores / 2, cores),
            peer: peer.to_owned(),
            etag: String::new(),
        };
        pages(&folder.join("www"))?;
        let origin = fleet.nginx(NGINX, folder, None, false)?;
        let port = origin.port;
        fleet.servers.push(origin);
        fleet.servers.push(fleet.nginx("nginx proxy_cache", folder, Some(port), false)?);
        fleet.servers.push(fleet.varnish(folder, port)?);
        fleet.servers.push(fleet.ours(ours, folder, port, false)?);
        fleet.secure.push(fleet.nginx(NGINX, folder, None, true)?);
        fleet.secure.push(fleet.ours(ours, folder, port, true)?);
        let address = fleet.servers.last().context("ours was started")?.address();
        fleet.etag = etag(&address)?;
        let known = format!("If-None-Match: {}\r\n", fleet.etag);
        // As ours says it: the floor is the same bytes without a server's thoughts.
        for (name, path, more) in [("page", "/p/1", ""), ("small", "/s/1", ""), ("known", "/p/1", known.as_str())] {
            // The second answer is a hit.
            ask(&address, path, more)?;
            fs::write(folder.join(name), ask(&address, path, more)?)?;
        }
        let known = ["page", "small", "known"];
        fleet.servers.push(fleet.peer("hyper", &[&["hyper"][..], &known].concat(), folder)?);
        fleet.servers.push(fleet.peer("bare loop", &[&["raw"][..], &known].concat(), folder)?);
        fleet.compare()?;
        Ok(fleet)
    }

    /// Starts a program on the servers' processors, with as many files open as the system lets it.
    fn start_one(
        &self,
        name: &'static str,
        port: u16,
        words: &[&str],
        more: &[(&str, String)],
        folder: &Path,
    ) -> Result<Server> {
        let log = File::create(folder.join(format!("{port}.log")))?;
        let mut command = Command::new(need::find("sh").context("there is no sh")?);
        command
            .args(["-c", "ulimit -n \"$(ulimit -Hn)\"; exec \"$@\"", "sh", "taskset", "-c", &self.server_cores])
            .args(words)
            .current_dir(folder)
            .env("COPYDESK_EDGE__CONNECTIONS_MAX", "20000")
            .env("COPYDESK_EDGE__HEADER_TIMEOUT_S", "300")
            .envs(more.iter().map(|(key, value)| (key, value)))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        let mut process = Owned(command.spawn().with_context(|| format!("starting {name}"))?);
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let log = || fs::read_to_string(folder.join(format!("{port}.log"))).unwrap_or_default();
            if let Some(status) = process.0.try_wait()? {
                anyhow::bail!("{name} ended with {status}: {}", log());
            }
            ensure!(began.elapsed() < Duration::from_secs(30), "{name} does not listen: {}", log());
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(Server { name, port, process })
    }

    fn nginx(&self, name: &'static str, folder: &Path, origin: Option<u16>, is_secure: bool) -> Result<Server> {
        let port = run::free_port()?;
        let here = folder.join(format!("nginx-{port}"));
        fs::create_dir_all(&here)?;
        let root = if need::is_root() { "user root;" } else { "" };
        let cores = self.server_cores.split(',').count();
        let temp: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .iter()
            .map(|kind| format!("{kind}_temp_path {}/{kind};\n", here.display()))
            .collect();
        let policy: String = POLICY.iter().map(|(name, value)| format!("add_header {name} \"{value}\";\n")).collect();
        let site = match origin {
            None => format!("root {}/www;\n{policy}", folder.display()),
            Some(origin) => format!(
                "location / {{ proxy_pass http://127.0.0.1:{origin}; proxy_cache z; proxy_cache_lock on; proxy_cache_key $uri; \
                 add_header X-Cache $upstream_cache_status; }}"
            ),
        };
        let speaks = if is_secure { "ssl http2" } else { "" };
        let [certificate, key] = certificate();
        let tls = if is_secure {
            format!("ssl_certificate {certificate}; ssl_certificate_key {key};")
        } else {
            String::new()
        };
        let cache = origin.map_or_else(String::new, |_| {
            format!(
                "proxy_cache_path {}/cache keys_zone=z:20m max_size=200m inactive=60m use_temp_path=off;",
                here.display()
            )
        });
        let config = format!(
            "{root}\nworker_processes {cores}; daemon off; pid {here}/pid; error_log {here}/error crit; worker_rlimit_nofile 60000;\n\
             events {{ worker_connections 25000; multi_accept on; }}\n\
             http {{ access_log off; sendfile on; tcp_nopush on; tcp_nodelay on; keepalive_requests 100000000; keepalive_timeout 300;\n\
             client_header_timeout 300; default_type text/html; etag on; open_file_cache max=4000 inactive=600s; open_file_cache_valid 600s;\n\
             {temp}{cache}\nserver {{ listen 127.0.0.1:{port} {speaks} reuseport backlog=4096; {tls} {site} }} }}\n",
            here = here.display(),
        );
        let file = here.join("nginx.conf");
        fs::write(&file, config)?;
        let nginx = find("nginx")?;
        let (file, error) = (file.display().to_string(), here.join("error").display().to_string());
        self.start_one(name, port, &[&nginx, "-c", &file, "-e", &error], &[], folder)
    }

    fn varnish(&self, folder: &Path, origin: u16) -> Result<Server> {
        let port = run::free_port()?;
        let vcl = folder.join("default.vcl");
        fs::write(&vcl, format!("vcl 4.1;\nbackend default {{ .host = \"127.0.0.1\"; .port = \"{origin}\"; }}\n"))?;
        let (varnish, vcl) = (find("varnishd")?, vcl.display().to_string());
        let (state, address) = (folder.join("varnish").display().to_string(), format!("127.0.0.1:{port}"));
        let words = ["-j", "none", "-F", "-n", &state, "-a", &address, "-f", &vcl, "-s", "malloc,256m", "-t", "3600"];
        let tuned = [
            "-p",
            "thread_pool_min=200",
            "-p",
            "thread_pool_max=2000",
            "-p",
            "listen_depth=4096",
            "-p",
            "timeout_idle=300",
        ];
        self.start_one("Varnish", port, &[&[varnish.as_str()][..], &words, &tuned].concat(), &[], folder)
    }

    fn ours(&self, program: &Path, folder: &Path, origin: u16, is_secure: bool) -> Result<Server> {
        let port = run::free_port()?;
        let (program, site, address) =
            (program.display().to_string(), format!("http://127.0.0.1:{origin}"), format!("127.0.0.1:{port}"));
        let [certificate, key] = certificate();
        let tls = [("COPYDESK_EDGE__TLS_CERTIFICATE_FILE", certificate), ("COPYDESK_EDGE__TLS_KEY_FILE", key)];
        let more: &[_] = if is_secure { &tls } else { &[] };
        self.start_one(OURS, port, &[&program, "edge", "--upstream", &site, "--listen", &address], more, folder)
    }

    /// The newsroom itself; with the key of its administrator.
    pub fn desk(&self, program: &Path, folder: &Path) -> Result<(Server, String)> {
        let port = run::free_port()?;
        let (program, address) = (program.display().to_string(), format!("127.0.0.1:{port}"));
        let data = folder.join("desk").display().to_string();
        let words = [program.as_str(), "serve", "--listen", &address, "--data", &data];
        let desk = self.start_one("copydesk serve", port, &words, &[], folder)?;
        let file = folder.join(format!("{port}.log"));
        let began = Instant::now();
        loop {
            let said = fs::read_to_string(&file)?;
            let key = said
                .split_once("first key (administrator; shown this once): ")
                .and_then(|(_, key)| key.split_once('\n'));
            if let Some((key, _)) = key {
                return Ok((desk, key.trim().to_owned()));
            }
            ensure!(began.elapsed() < Duration::from_secs(30), "the desk gives no key: {said}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub fn peer(&self, name: &'static str, words: &[&str], folder: &Path) -> Result<Server> {
        let port = run::free_port()?;
        let (program, address) = (self.peer.display().to_string(), format!("127.0.0.1:{port}"));
        let (kind, files) = words.split_first().context("a peer has a kind")?;
        self.start_one(name, port, &[&[program.as_str(), kind, &address][..], files].concat(), &[], folder)
    }

    /// All say the same body to the same question, and nothing to whoever has it.
    fn compare(&self) -> Result<()> {
        let known = format!("If-None-Match: {}\r\n", self.etag);
        for (path, more, status, length) in
            [("/p/7", "", 200, PAGE_BYTES), ("/s/7", "", 200, SMALL_BYTES), ("/p/7", known.as_str(), 304, 0)]
        {
            let mut first: Option<Vec<u8>> = (length == 0).then(Vec::new);
            for server in &self.servers {
                // Whatever caches has it after the first time.
                ask(&server.address(), path, more)?;
                let answer = ask(&server.address(), path, more)?;
                let end = head_end(&answer).with_context(|| format!("{} gives no head for {path}", server.name))?;
                let said = String::from_utf8_lossy(&answer[..end]).into_owned();
                ensure!(
                    said.starts_with(&format!("HTTP/1.1 {status} ")),
                    "{} answers {path} with {said:?}",
                    server.name
                );
                let body = &answer[end..];
                ensure!(body.len() == length, "{} gives {} bytes for {path}, not {length}", server.name, body.len());
                ensure!(
                    *first.get_or_insert_with(|| body.to_vec()) == *body,
                    "{} gives other bytes for {path}",
                    server.name
                );
            }
        }
        Ok(())
    }
}

/// For `one.test`, as the tests of the edge have it: certificate and key.
fn certificate() -> [String; 2] {
    ["one.pem", "one.key"].map(|file| run::root().join("crates/edge/fixtures/tls").join(file).display().to_string())
}

/// `0,1,2` for 0 to before 3.
fn list(from: usize, to: usize) -> String {
    (from..to).map(|core| core.to_string()).collect::<Vec<_>>().join(",")
}

fn find(program: &str) -> Result<String> {
    let at =
        need::find(program).or_else(|| Some(PathBuf::from("/usr/sbin").join(program)).filter(|file| file.exists()));
    Ok(at.with_context(|| format!("{program} is not on this machine"))?.display().to_string())
}

/// All of one size have one time and therefore, by nginx's way of making them, one entity tag.
fn pages(folder: &Path) -> Result<()> {
    let text = "The council has agreed on the new bridge; the old one stays open until spring. ";
    for (name, bytes) in [("p", PAGE_BYTES), ("s", SMALL_BYTES)] {
        let folder = folder.join(name);
        fs::create_dir_all(&folder)?;
        let body: String = text.chars().cycle().take(bytes).collect();
        for key in 0..KEYS {
            let file = File::create(folder.join(key.to_string()))?;
            (&file).write_all(body.as_bytes())?;
            file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000))?;
        }
    }
    Ok(())
}

fn etag(address: &str) -> Result<String> {
    let answer = ask(address, "/p/1", "")?;
    let head = String::from_utf8_lossy(&answer[..head_end(&answer).context("no head")?]).into_owned();
    let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with("etag: "));
    Ok(line.context("the origin gives no entity tag")?[6..].to_owned())
}

/// One request on a connection of its own, and all that comes back until the body is whole.
pub fn ask(address: &str, path: &str, more: &str) -> Result<Vec<u8>> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: site.test\r\n{more}\r\n").as_bytes())?;
    let (mut answer, mut buffer) = (Vec::new(), [0; 16 << 10]);
    loop {
        let n = stream.read(&mut buffer).with_context(|| format!("reading {path} from {address}"))?;
        answer.extend_from_slice(&buffer[..n]);
        if let Some(end) = head_end(&answer) {
            let head = String::from_utf8_lossy(&answer[..end]).to_ascii_lowercase();
            let length =
                head.lines().find_map(|line| line.strip_prefix("content-length: ")?.trim().parse::<usize>().ok());
            let wanted = if head.starts_with("http/1.1 304") { 0 } else { length.unwrap_or(0) };
            if answer.len() >= end + wanted {
                return Ok(answer);
            }
        }
        ensure!(n > 0, "{address} has closed the connection within {path}");
    }
}

fn head_end(answer: &[u8]) -> Option<usize> {
    answer.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 4)
}
