use stdx::config::Problem;

stdx::settings! {
    /// The public site, and how the process is reached.
    pub struct Settings {
        /// Name of the site.
        name: String = "Copydesk".to_owned(),
        /// One sentence about the site, for readers and search engines.
        tagline: String = "News, drafted from the sources and checked by people".to_owned(),
        /// Language of the site's own words: `en` or `tr`.
        language: String = "en".to_owned(),
        /// Address under which readers reach the site, such as `https://news.example.org`; without it,
        /// links are made from the request's own host.
        public_url: Option<String> = None,
        /// Path of an SVG, PNG, JPEG or WebP file shown beside the name.
        logo: Option<String> = None,
        /// Text under every page; Markdown.
        footer: String = String::new(),
        /// Folder of Markdown files, each shown as a page of its own: `imprint.md` as `/imprint`.
        pages_folder: Option<String> = None,
        /// Networks of reverse proxies whose `X-Forwarded-For` is believed, such as `10.0.0.0/8`.
        trusted_proxies: Vec<String> = Vec::new(),
        /// Largest body of a request to the API.
        body_max: stdx::ByteSize = stdx::ByteSize::mib(2),
        /// How long readers and caches may keep a page of the site, in seconds.
        page_ttl_s: u32 = 300,
    }
}

/// One of the user's own pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SitePage {
    pub slug: String,
    pub title: String,
    pub html: String,
}

impl Settings {
    /// Every value that cannot work, with its remedy.
    pub fn validate(&self, section: &str) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut wrong = |key: &str, value: &dyn std::fmt::Display, remedy: &str| {
            problems.push(Problem::new(format!("{section}.{key}"), value, remedy));
        };
        if self.name.trim().is_empty() || self.name.chars().count() > 80 {
            wrong("name", &self.name, "must have 1 to 80 characters");
        }
        if !matches!(self.language.as_str(), "en" | "tr") {
            wrong("language", &self.language, "must be \"en\" or \"tr\"");
        }
        if let Some(url) = &self.public_url
            && !is_origin(url)
        {
            wrong("public_url", url, "must be http:// or https:// and a host, without a path");
        }
        if edge::client_ip::Proxies::parse(&self.trusted_proxies).is_err() {
            wrong(
                "trusted_proxies",
                &self.trusted_proxies.join(", "),
                "must be addresses or networks, such as \"10.0.0.0/8\"",
            );
        }
        for (key, path) in [("logo", &self.logo), ("pages_folder", &self.pages_folder)] {
            if let Some(path) = path
                && !std::path::Path::new(path).exists()
            {
                wrong(key, path, "does not exist; give the path of something that does, or remove the line");
            }
        }
        if !(1_024..=1 << 30).contains(&self.body_max.bytes()) {
            wrong("body_max", &self.body_max, "must be 1KiB to 1GiB");
        }
        problems
    }
}

fn is_origin(url: &str) -> bool {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    rest.is_some_and(|host| !host.is_empty() && !host.contains(['/', '?', '#', '@', ' ', '"', '<']))
}
