//! The `llm` section: which providers there are and how patiently they are asked.

use serde::{Deserialize, Serialize};
use stdx::ByteSize;
use stdx::config::{Problem, Secret};
use url::Url;

use super::{Dialect, Usage};

/// In which order targets are asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Route {
    /// By rank, then as they stand.
    #[default]
    Ordered,
    /// By rank; among those of one rank, of two drawn at random the one that is quicker and has less to do.
    Balanced,
}

stdx::settings! {
    /// Language models. Without a provider nothing is called.
    pub struct Settings {
        /// The providers in the order they are tried.
        providers: Vec<Provider> = Vec::new(),
        /// `ordered` asks them by their rank, then in their order; `balanced` spreads the calls among those of one rank, by
        /// what each has to do and how quick it was lately.
        route: Route = Route::Ordered,
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
        /// For callers who wait for a stream: of the attempts at a provider and of their cost, how many in a hundred may be spent
        /// on asking another one too when the first words are later than 95 in 100 were. 0: none.
        hedge_percent: u32 = 5,
        /// Largest answer.
        body_max: ByteSize = ByteSize::mib(2),
    }
}

stdx::settings! {
    /// One model at one provider.
    pub struct Provider {
        /// How the provider is called here, such as `openai`.
        name: String = String::new(),
        /// What it speaks: `openai` (chat completions, as most servers do), `anthropic`, `gemini` or `ollama`.
        dialect: Dialect = Dialect::OpenAi,
        /// The address before `/chat/completions`, such as `https://api.openai.com/v1`; `https://api.anthropic.com`,
        /// `https://generativelanguage.googleapis.com` or `http://127.0.0.1:11434` for the other dialects.
        base_url: String = String::new(),
        /// The provider's key; empty for servers that ask for none.
        api_key: Secret = Secret::default(),
        /// The model's name at the provider.
        model: String = String::new(),
        /// Whether the answer is asked for as a stream, so that a provider that hangs or drips is left early.
        stream: bool = true,
        /// Longest time for one attempt, in milliseconds.
        timeout_ms: u64 = 60_000,
        /// Of that, longest time to look up the name and connect, in milliseconds.
        connect_timeout_ms: u64 = 10_000,
        /// Longest wait for the first words of a stream, or for signs of reasoning, in milliseconds. A server that loads the
        /// model first may need more.
        first_token_ms: u64 = 30_000,
        /// Longest silence in the middle of a stream, in milliseconds.
        stall_ms: u64 = 15_000,
        /// A stream with fewer characters than this in five seconds is left; 0 lets every pace pass.
        drip_chars_min: u32 = 40,
        /// Whose turn it is, lowest first; providers of one rank share the calls if the route is `balanced`. Without it, its
        /// place in the list, counted from 0.
        rank: Option<u32> = None,
        /// Price of a million tokens of the question, in millionths of a dollar.
        price_in_microdollars: u64 = 0,
        /// Price of a million of those tokens that the provider had in its cache; 0: as the others.
        price_cached_microdollars: u64 = 0,
        /// Price of a million tokens of the answer, in millionths of a dollar.
        price_out_microdollars: u64 = 0,
        /// How long Ollama keeps the model loaded after a call, such as `10m`; empty leaves it to the server.
        keep_alive: String = String::new(),
        /// Tokens of context that Ollama is asked for; 0 asks for what question and answer need.
        num_ctx: u32 = 0,
    }
}

impl Provider {
    /// What `usage` costs in millionths of a dollar, rounded up.
    pub fn cost(&self, usage: Usage) -> u64 {
        let part = |tokens: u64, price: u64| u128::from(tokens) * u128::from(price);
        let cached = usage.cached_tokens.min(usage.prompt_tokens);
        let price_cached = match self.price_cached_microdollars {
            0 => self.price_in_microdollars,
            price => price,
        };
        let all = part(usage.prompt_tokens - cached, self.price_in_microdollars)
            .saturating_add(part(cached, price_cached))
            .saturating_add(part(usage.completion_tokens, self.price_out_microdollars));
        u64::try_from(all.div_ceil(1_000_000)).unwrap_or(u64::MAX)
    }

    /// What `usage` costs where no token of the question is in the provider's cache, or all are, whichever is more.
    pub fn cost_most(&self, usage: Usage) -> u64 {
        let cached_tokens = usage.prompt_tokens;
        self.cost(Usage { cached_tokens: 0, ..usage }).max(self.cost(Usage { cached_tokens, ..usage }))
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
        let times = [
            ("timeout_ms", self.timeout_ms),
            ("connect_timeout_ms", self.connect_timeout_ms),
            ("first_token_ms", self.first_token_ms),
            ("stall_ms", self.stall_ms),
        ];
        for (key, value) in times {
            if !(1..=900_000).contains(&value) {
                wrong(key, &value, "must be 1 to 900000 milliseconds");
            }
        }
        if self.drip_chars_min > 10_000 {
            wrong("drip_chars_min", &self.drip_chars_min, "must be 0 to 10000 characters");
        }
        if self.keep_alive.len() > 20 || !self.keep_alive.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-') {
            wrong("keep_alive", &self.keep_alive, "must be a time as Ollama writes it, such as 10m, or -1 for ever");
        }
        if self.num_ctx > 10_000_000 {
            wrong("num_ctx", &self.num_ctx, "must be 0 to 10000000 tokens");
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
            ("hedge_percent", u64::from(self.hedge_percent), 0, 100),
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
mod tests;
