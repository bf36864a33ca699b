//! The `connect` section of the configuration.

use std::net::SocketAddr;
use std::time::Duration;

use stdx::ByteSize;
use stdx::config::Problem;

use crate::client::Limits;

stdx::settings! {
    /// How the outside is called.
    pub struct Settings {
        /// Addresses that may be called although they are not on the public internet, each an exact
        /// pair of address and port such as `127.0.0.1:11434` or `[fd00::7]:8080`.
        allow: Vec<String> = Vec::new(),
        /// An address or e-mail at which the owners of other sites reach you; part of the User-Agent.
        contact: String = String::new(),
        /// Longest time to look up a name and connect, in seconds.
        connect_timeout_s: u64 = 10,
        /// Longest wait for the head of an answer once connected, in seconds.
        first_byte_timeout_s: u64 = 15,
        /// Longest pause in the middle of an answer, in seconds.
        stall_timeout_s: u64 = 10,
        /// Longest time for a whole call with its redirects, in seconds.
        total_timeout_s: u64 = 20,
        /// Largest body, after decompression.
        body_max: ByteSize = ByteSize(15_000_000),
        /// Most redirects followed in one call.
        redirects_max: u32 = 10,
        /// Idle connections kept per host.
        idle_per_host_max: usize = 2,
        /// How long an idle connection is kept, in seconds.
        idle_timeout_s: u64 = 30,
        /// Most requests to one host at the same time.
        host_parallel_max: usize = 2,
        /// Shortest time between the starts of two requests to one host, in milliseconds.
        host_delay_ms: u64 = 1_000,
    }
}

impl Settings {
    /// The limits of an ordinary call.
    pub fn limits(&self) -> Limits {
        Limits {
            connect_timeout: Duration::from_secs(self.connect_timeout_s),
            first_byte_timeout: Duration::from_secs(self.first_byte_timeout_s),
            stall_timeout: Duration::from_secs(self.stall_timeout_s),
            total_timeout: Duration::from_secs(self.total_timeout_s),
            body_max: self.body_max,
            redirects_max: self.redirects_max,
        }
    }

    /// All mistakes in this section, whose keys begin with `section`.
    pub fn validate(&self, section: &str) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (i, entry) in self.allow.iter().enumerate() {
            if parse_allowed(entry).is_none() {
                let remedy =
                    "must be an address and a port, such as 127.0.0.1:8080 or [::1]:8080; names are not accepted";
                problems.push(Problem::new(format!("{section}.allow[{i}]"), entry, remedy));
            }
        }
        if self.contact.len() > 200
            || self.contact.bytes().any(|c| !(c.is_ascii_graphic() || c == b' ') || b"()\\".contains(&c))
        {
            let remedy =
                "must be at most 200 plain ASCII characters without brackets, such as https://example.org/about";
            problems.push(Problem::new(format!("{section}.contact"), &self.contact, remedy));
        }
        let times = [
            ("connect_timeout_s", self.connect_timeout_s, 300),
            ("first_byte_timeout_s", self.first_byte_timeout_s, 600),
            ("stall_timeout_s", self.stall_timeout_s, 600),
            ("total_timeout_s", self.total_timeout_s, 3_600),
            ("idle_timeout_s", self.idle_timeout_s, 3_600),
        ];
        for (key, value, most) in times {
            if !(1..=most).contains(&value) {
                problems.push(Problem::new(format!("{section}.{key}"), value, format!("must be 1 to {most} seconds")));
            }
        }
        if self.body_max < ByteSize::kib(1) || self.body_max > ByteSize::mib(1_024) {
            problems.push(Problem::new(format!("{section}.body_max"), self.body_max, "must be 1KiB to 1GiB"));
        }
        if self.redirects_max > 20 {
            problems.push(Problem::new(format!("{section}.redirects_max"), self.redirects_max, "must be 0 to 20"));
        }
        if self.idle_per_host_max > 64 {
            problems.push(Problem::new(
                format!("{section}.idle_per_host_max"),
                self.idle_per_host_max,
                "must be 0 to 64",
            ));
        }
        if !(1..=64).contains(&self.host_parallel_max) {
            problems.push(Problem::new(
                format!("{section}.host_parallel_max"),
                self.host_parallel_max,
                "must be 1 to 64",
            ));
        }
        if self.host_delay_ms > 600_000 {
            let remedy = "must be 0 to 600000 milliseconds";
            problems.push(Problem::new(format!("{section}.host_delay_ms"), self.host_delay_ms, remedy));
        }
        problems
    }
}

/// An entry of `allow`; `None` when it is not an address with a port.
pub(crate) fn parse_allowed(entry: &str) -> Option<SocketAddr> {
    let pair: SocketAddr = entry.trim().parse().ok()?;
    (pair.port() != 0).then(|| SocketAddr::new(pair.ip().to_canonical(), pair.port()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_right_and_all_mistakes_are_told() {
        assert_eq!(Settings::default().validate("connect"), []);
        let wrong = Settings {
            allow: vec!["127.0.0.1:80".into(), "localhost:80".into(), "10.0.0.0/8".into(), "127.0.0.1:0".into()],
            contact: "me (here)\r\nx: y".into(),
            connect_timeout_s: 0,
            first_byte_timeout_s: 601,
            stall_timeout_s: 0,
            total_timeout_s: 0,
            body_max: ByteSize(0),
            redirects_max: 21,
            idle_per_host_max: 65,
            idle_timeout_s: 0,
            host_parallel_max: 0,
            host_delay_ms: 600_001,
        };
        let keys: Vec<_> = wrong.validate("connect").into_iter().map(|p| p.key).collect();
        assert_eq!(keys.len(), Settings::FIELDS.len() + 2, "three bad entries in one list: {keys:?}");
        assert_eq!(&keys[..3], ["connect.allow[1]", "connect.allow[2]", "connect.allow[3]"]);
    }
}
