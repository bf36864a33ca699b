use std::path::PathBuf;

use stdx::ByteSize;
use stdx::config::Problem;

use crate::h1::parse::FIELDS_MAX;

stdx::settings! {
    /// What one listener accepts.
    pub struct Settings {
        /// Threads that read and write connections, each with a socket of its own; 0 takes one per core.
        threads: usize = 0,
        /// Connections open at once; further ones wait in the kernel until one ends.
        connections_max: usize = 10_000,
        /// Longest time for a request's head, and for a kept connection between two requests, in seconds.
        header_timeout_s: u64 = 30,
        /// Longest time in which no byte of a request's body comes, in seconds.
        body_timeout_s: u64 = 30,
        /// Longest time in which a caller takes no byte of an answer, in seconds.
        write_timeout_s: u64 = 30,
        /// Largest head of a request; a larger one is answered with 431. At least 8 KiB.
        header_size_max: ByteSize = ByteSize::kib(32),
        /// Most header fields of a request, up to 256; more are answered with 431.
        header_count_max: usize = 100,
        /// Requests at once on one HTTP/2 connection.
        streams_max: u32 = 100,
        /// Longest time that running requests get to finish at shutdown, in seconds.
        drain_timeout_s: u64 = 10,
        /// A file with the certificate for TLS and those that lead to its root, in PEM; without it there is no TLS. Read anew when it changes.
        tls_certificate_file: Option<PathBuf> = None,
        /// The file with the certificate's private key, in PEM.
        tls_key_file: Option<PathBuf> = None,
        /// Serve HTTP/3 too, by datagrams (UDP) on the same port, and tell callers of it in `Alt-Svc`. Takes a certificate.
        http3: bool = false,
        /// Longest time for a TLS handshake, in seconds.
        handshake_timeout_s: u64 = 10,
        /// TLS handshakes at once; a handshake costs as much as many requests.
        handshakes_max: usize = 256,
    }
}

impl Settings {
    /// Every mistake, keys prefixed by `section`.
    pub fn validate(&self, section: &str) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut within = |key: &str, value: u64, min: u64, max: u64| {
            let remedy = match (value < min, value > max) {
                (true, _) => format!("must be {min} or more"),
                (_, true) => format!("must be {max} or less"),
                _ => return,
            };
            problems.push(Problem::new(format!("{section}.{key}"), value, remedy));
        };
        // A day is as good as for ever, and fits wherever it is counted.
        let day = 86_400;
        within("threads", self.threads as u64, 0, 1024);
        within("connections_max", self.connections_max as u64, 1, u64::MAX);
        within("header_timeout_s", self.header_timeout_s, 1, day);
        within("body_timeout_s", self.body_timeout_s, 1, day);
        within("write_timeout_s", self.write_timeout_s, 1, day);
        within("header_size_max", self.header_size_max.bytes(), 8 << 10, 1 << 20);
        within("header_count_max", self.header_count_max as u64, 10, FIELDS_MAX as u64);
        within("streams_max", u64::from(self.streams_max), 1, u64::MAX);
        within("handshake_timeout_s", self.handshake_timeout_s, 1, day);
        within("handshakes_max", self.handshakes_max as u64, 1, u64::MAX);
        if self.http3 && self.tls_certificate_file.is_none() {
            let remedy = "HTTP/3 takes a certificate: name tls_certificate_file and tls_key_file";
            problems.push(Problem::new(format!("{section}.http3"), true, remedy));
        }
        for (key, file, other) in [
            ("tls_certificate_file", &self.tls_certificate_file, &self.tls_key_file),
            ("tls_key_file", &self.tls_key_file, &self.tls_certificate_file),
        ] {
            if file.is_none() && other.is_some() {
                problems.push(Problem::new(
                    format!("{section}.{key}"),
                    "",
                    "TLS takes a certificate and its key: name both files",
                ));
            }
        }
        problems
    }
}
