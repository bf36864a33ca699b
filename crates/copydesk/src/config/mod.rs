//! One typed configuration from defaults, a file, the environment and flags, in this order.
//!
//! Each crate owns the settings of its section; this module only lists the sections, lays the layers
//! over each other and says what is wrong: everything at once, each mistake where it was made.

mod layers;
mod mistake;
mod nearest;
mod root;
mod section;
mod show;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

pub use layers::Sources;
pub use mistake::Mistakes;
pub use root::{Format, Level, Log};
pub use section::Origin;
pub use show::reference;

use layers::Given;
use root::Root;
use section::{Section, Settings};

macro_rules! sections {
    ($( $(#[doc = $doc:literal])+ $name:ident : $kind:ty ),+ $(,)?) => {
        /// Every setting, checked.
        #[derive(Clone, Debug)]
        pub struct Config {
            /// Folder of everything that Copydesk keeps.
            pub data: PathBuf,
            /// Where the site, the API and the console are served.
            pub listen: SocketAddr,
            /// File of the key that seals stored secrets; `None` for the one in the data folder.
            pub secret_key_file: Option<PathBuf>,
            /// Folder of a built console that is served instead of the one in the binary.
            pub console_dir: Option<PathBuf>,
            $( $(#[doc = $doc])+ pub $name: $kind, )+
            /// Where each value came from, by dotted path; a key that is not here has its default.
            pub origins: BTreeMap<String, Origin>,
        }

        $( impl Settings for $kind {
            const FIELDS: &'static [stdx::config::Field] = <$kind>::FIELDS;

            fn validate(&self, section: &str) -> Vec<stdx::config::Problem> {
                <$kind>::validate(self, section)
            }
        } )+

        /// The keys at the root of the file, then the sections in the order of the reference.
        static SECTIONS: &[Section] = &[
            Section::of::<Root>("", "What stands at the root of the file, above all sections."),
            $( Section::of::<$kind>(stringify!($name), concat!($($doc, "\n"),+)), )+
        ];

        impl Config {
            fn read(given: &Given, mistakes: &mut Mistakes) -> Config {
                let Root { data, listen, secret_key_file, console_dir } = given.section("", mistakes);
                Config {
                    data,
                    listen,
                    secret_key_file,
                    console_dir,
                    $( $name: given.section(stringify!($name), mistakes), )+
                    origins: given.origins(),
                }
            }

            /// The values of one section; nothing for a key that is not set.
            fn values(&self, section: &str) -> toml::Table {
                match section {
                    $( stringify!($name) => section::table(&self.$name), )+
                    _ => {
                        let Config { data, listen, secret_key_file, console_dir, .. } = self.clone();
                        section::table(&Root { data, listen, secret_key_file, console_dir })
                    }
                }
            }
        }
    };
}

sections! {
    /// What is written to standard error.
    log: Log,
    /// The database.
    store: store::Settings,
    /// How jobs run and are retried.
    queue: queue::Settings,
    /// How the outside is called.
    connect: connect::Settings,
    /// Language models that may write drafts.
    llm: connect::llm::Settings,
    /// What is kept in memory.
    cache: cache::Settings,
    /// How sources are polled and posts are made.
    desk: desk::Settings,
    /// How much each part counts in the quality score of a text. Only the proportions matter; 0 leaves a part out.
    score: text::score::Weights,
    /// The public site.
    site: web::Settings,
    /// Remote caches that are told what has changed.
    purge: connect::cdn::Settings,
    /// What a listener accepts.
    edge: edge::Settings,
    /// What `copydesk edge` puts in front of a site.
    proxy: edge::proxy::Settings,
}

/// Lists of tables within a section, each table with keys of its own.
static LISTS: &[Section] = &[
    Section::of::<connect::llm::Provider>("llm.providers", "One table for each provider, in the order they are tried."),
    Section::of::<connect::cdn::Target>("purge.targets", "One table for each cache in front of the site."),
    Section::of::<edge::shared::Rule>(
        "proxy.rules",
        "One table for each rule; of several that fit a path the first one counts.",
    ),
];

impl Settings for connect::llm::Provider {
    const FIELDS: &'static [stdx::config::Field] = connect::llm::Provider::FIELDS;

    /// Judged with its section, which sees all of them.
    fn validate(&self, _: &str) -> Vec<stdx::config::Problem> {
        Vec::new()
    }
}

impl Settings for connect::cdn::Target {
    const FIELDS: &'static [stdx::config::Field] = connect::cdn::Target::FIELDS;

    /// Judged with its section, which sees all of them.
    fn validate(&self, _: &str) -> Vec<stdx::config::Problem> {
        Vec::new()
    }
}

impl Settings for edge::shared::Rule {
    const FIELDS: &'static [stdx::config::Field] = edge::shared::Rule::FIELDS;

    /// Judged with its section.
    fn validate(&self, _: &str) -> Vec<stdx::config::Problem> {
        Vec::new()
    }
}

/// A configuration as it was told.
#[derive(Clone, Debug)]
pub struct Loaded {
    pub config: Config,
}

/// Lays the layers over each other. A function of `sources` alone, so that a test needs no process.
///
/// # Errors
/// Every mistake that can be seen without trying: unknown keys, values that cannot be read or cannot work.
pub fn load(sources: &Sources) -> Result<Loaded, Mistakes> {
    let mut mistakes = Mistakes::new(sources.file_name());
    let given = Given::gather(sources, &mut mistakes);
    let config = Config::read(&given, &mut mistakes);
    if mistakes.is_empty() { Ok(Loaded { config }) } else { Err(mistakes) }
}

#[cfg(test)]
mod tests;
