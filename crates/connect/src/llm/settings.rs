//! The `llm` section: which providers there are and how patiently they are asked.

use stdx::ByteSize;
use stdx::config::{Problem, Secret};
use url::Url;

use super::Usage;

stdx::settings! {
    /// Language models. Without a provider nothing is called.
    pub struct Settings {
        /// The providers in the order they are tried.
        providers: Vec<Provider> = Vec::new(),
        /// Most attempts at one provider for one completion.
        attempts_max: u32 = 3,
        /// The whole time for one completion with all its attempts, in seconds.
        deadline_s: u64 = 120,
        /// Longest first wait before another attempt, in milliseconds; it doubles with each attempt.
        retry_delay_ms_min: u64 = 500,
        /// Longest wait before another attempt, in milliseconds; a provider that asks for more is
        /// left for the next one.
        retry_delay_ms_max: u64 = 20_000,
        /// Failures in a row after which a provider is left alone.
        breaker_failures: u32 = 5,
        /// How long it is left alone, in seconds.
        breaker_pause_s: u64 = 60,
        /// Largest answer.
        body_max: ByteSize = ByteSize::mib(2),
    }
}

stdx::settings! {
    /// One model at one provider that speaks OpenAI's chat completions.
    pub struct Provider {
        /// How the provider is called here, such as `openai`.
        name: String = String::new(),
        /// The address before `/chat/completions`, such as `https://api.openai.com/v1`.
        base_url: String = String::new(),
        /// The provider's key; empty for servers that ask for none.
        api_key: Secret = Secret::default(),
        /// The model's name at the provider.
        model: String = String::new(),
        /// Longest time for one attempt, in milliseconds.
        timeout_ms: u64 = 60_000,
        /// Price of a million tokens of the question, in millionths of a dollar.
        price_in_microdollars: u64 = 0,
        /// Price of a million tokens of the answer, in millionths of a dollar.
        price_out_microdollars: u64 = 0,
    }
}

impl Provider {
    /// What `usage` costs in millionths of a dollar, rounded up.
    pub fn cost(&self, usage: Usage) -> u64 {
        let part = |tokens: u64, price: u64| u128::from(tokens) * u128::from(price);
        let all = part(usage.prompt_tokens, self.price_in_microdollars)
            .saturating_add(part(usage.completion_tokens, self.price_out_microdollars));
        u64::try_from(all.div_ceil(1_000_000)).unwrap_or(u64::MAX)
    }

    fn validate(&self, path: &str) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut wrong = |key: &str, value: &dyn std::fmt::Display, remedy: &str| {
            problems.push(Problem::new(format!("{path}.{key}"), value, remedy));
        };
        let plain = |c: u8| c.is_ascii_alphanumeric() || b"-_.".contains(&c);
        if self.name.is_empty() || self.name.len() > 40 || !self.name.bytes().all(plain) {
            wrong("name", &self.name, "must be 1 to 40 letters, digits, dots, dashes or underscores");
        }
        if self.model.is_empty() || self.model.len() > 200 {
            wrong("model", &self.model, "must name the model as the provider calls it");
        }
        match Url::parse(&self.base_url) {
            Ok(url) if !matches!(url.scheme(), "http" | "https") || url.host().is_none() => {
                wrong("base_url", &self.base_url, "must begin with https:// or http://");
            }
            Ok(url) if !url.username().is_empty() || url.password().is_some() => {
                wrong("base_url", &"(not shown)", "must not hold a user or a password; use api_key");
            }
            Ok(url) if url.query().is_some() || url.fragment().is_some() => {
                wrong("base_url", &self.base_url, "must end before any ? or #");
            }
            // A key in the clear is only acceptable where the settings name the address by number.
            Ok(url) if url.scheme() == "http" && url.domain().is_some() && !self.api_key.reveal().is_empty() => {
                wrong("base_url", &self.base_url, "must be https, because the key would be sent in the clear");
            }
            Ok(_) => {}
            Err(_) => wrong("base_url", &self.base_url, "must be an address such as https://api.openai.com/v1"),
        }
        if !self.api_key.reveal().bytes().all(|c| c.is_ascii_graphic()) {
            wrong("api_key", &"***", "must not hold blanks, line breaks or other than ASCII characters");
        }
        if !(1..=900_000).contains(&self.timeout_ms) {
            wrong("timeout_ms", &self.timeout_ms, "must be 1 to 900000 milliseconds");
        }
        problems
    }
}

impl Settings {
    /// All mistakes in this section, whose keys begin with `section`.
    pub fn validate(&self, section: &str) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (i, provider) in self.providers.iter().enumerate() {
            let path = format!("{section}.providers[{i}]");
            problems.extend(provider.validate(&path));
            if self.providers[..i].iter().any(|p| p.name == provider.name && p.model == provider.model) {
                problems.push(Problem::new(
                    format!("{path}.name"),
                    &provider.name,
                    "must differ from the providers before it in name or model",
                ));
            }
        }
        let ranges = [
            ("attempts_max", u64::from(self.attempts_max), 1, 10),
            ("deadline_s", self.deadline_s, 1, 3_600),
            ("retry_delay_ms_min", self.retry_delay_ms_min, 1, 60_000),
            ("retry_delay_ms_max", self.retry_delay_ms_max, self.retry_delay_ms_min, 600_000),
            ("breaker_failures", u64::from(self.breaker_failures), 1, 1_000),
            ("breaker_pause_s", self.breaker_pause_s, 1, 86_400),
        ];
        for (key, value, least, most) in ranges {
            if !(least..=most).contains(&value) {
                problems.push(Problem::new(format!("{section}.{key}"), value, format!("must be {least} to {most}")));
            }
        }
        if self.body_max < ByteSize::kib(1) || self.body_max > ByteSize::mib(64) {
            problems.push(Problem::new(format!("{section}.body_max"), self.body_max, "must be 1KiB to 64MiB"));
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_are_exact_and_round_up() {
        let p = Provider { price_in_microdollars: 150_000, price_out_microdollars: 600_000, ..Provider::default() };
        let cost = |prompt_tokens, completion_tokens| p.cost(Usage { prompt_tokens, completion_tokens });
        assert_eq!(cost(1_000_000, 1_000_000), 750_000);
        assert_eq!(cost(1_234, 567), 526); // 185.1 + 340.2
        assert_eq!((cost(0, 0), cost(1, 0)), (0, 1));
        let dear = Provider { price_in_microdollars: u64::MAX, ..p };
        assert_eq!(dear.cost(Usage { prompt_tokens: u64::MAX, completion_tokens: u64::MAX }), u64::MAX);
    }

    #[test]
    fn mistakes_are_told() {
        assert_eq!(Settings::default().validate("llm"), []);
        let good = Provider {
            name: "a".into(),
            base_url: "https://api.example/v1".into(),
            model: "m".into(),
            ..Provider::default()
        };
        let with = |change: fn(&mut Provider)| {
            let mut provider = good.clone();
            change(&mut provider);
            let settings = Settings { providers: vec![provider], ..Settings::default() };
            settings.validate("llm").into_iter().map(|p| p.key).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(with(|_| {}), "");
        assert_eq!(with(|p| p.name = "a b".into()), "llm.providers[0].name");
        assert_eq!(with(|p| p.model.clear()), "llm.providers[0].model");
        for bad in
            ["", "api.example", "ftp://api.example", "https://me:secret@api.example", "https://api.example/v1?key=x"]
        {
            let settings =
                Settings { providers: vec![Provider { base_url: bad.into(), ..good.clone() }], ..Settings::default() };
            let problems = settings.validate("llm");
            assert_eq!(problems.len(), 1, "{bad}");
            assert!(!problems[0].value.contains("secret"));
        }
        assert_eq!(
            with(|p| (p.base_url, p.api_key) = ("http://api.example".into(), Secret::new("k"))),
            "llm.providers[0].base_url"
        );
        assert_eq!(with(|p| (p.base_url, p.api_key) = ("http://127.0.0.1:11434/v1".into(), Secret::new("k"))), "");
        assert_eq!(with(|p| p.api_key = Secret::new("k\r\nx: y")), "llm.providers[0].api_key");
        assert_eq!(with(|p| p.timeout_ms = 0), "llm.providers[0].timeout_ms");
        let twice = Settings {
            providers: vec![good.clone(), good],
            attempts_max: 0,
            retry_delay_ms_max: 1,
            ..Settings::default()
        };
        assert_eq!(twice.validate("llm").len(), 3);
    }
}
