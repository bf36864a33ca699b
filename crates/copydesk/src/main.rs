//! The `copydesk` command.

mod bench;
mod cli;
mod commands;
mod config;
mod console;
mod demo;
mod log;
mod process;
mod serve;
mod server;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser as _;
use cli::{Cli, Command};

fn main() -> ExitCode {
    let cli = Cli::parse();
    allow_files();
    let outcome = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_name("copydesk")
        .build()
        .map_err(anyhow::Error::from)
        .and_then(|runtime| runtime.block_on(run(cli)));
    match outcome {
        Ok(code) => code,
        Err(error) => {
            if let Some(refused) = error.downcast_ref::<commands::Refused>() {
                complain(&refused.to_string());
                return ExitCode::from(2);
            }
            complain(&format!("copydesk: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// As many open files as the system lets us have: many systems start with 1,024, which thousands of readers and sources
/// would meet.
fn allow_files() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    // What is refused stays as it was.
    let _ = setrlimit(Resource::Nofile, rustix::process::Rlimit { current: limit.maximum, ..limit });
}

fn complain(text: &str) {
    // Where nobody can be told, nothing can be done.
    let _ = commands::complain(text);
}

async fn run(cli: Cli) -> Result<ExitCode> {
    // What needs no configuration first: a broken file must not keep anybody from measuring a text.
    match &cli.command {
        Command::Feed(cli::feed::Feed::Parse { file, url, json }) => {
            return done(commands::texts::feed_parse(file, url.as_deref(), *json));
        }
        Command::Feed(cli::feed::Feed::Bench(args)) => return done(bench::feed::run(args)),
        Command::Stories(args) => return done(commands::cluster::run(args)),
        Command::Ground(_) => return done(commands::ground::run()),
        Command::Inspect(_) => return done(commands::inspect::run()),
        Command::Bench(cli::Bench::Cluster(args)) => return done(bench::cluster::run(args)),
        Command::Bench(cli::Bench::Ingest(args)) if args.serve => return done(bench::ingest::site::serve().await),
        Command::Soak(cli::Soak::Decode { file }) => return done(commands::soak::decode(file)),
        Command::Soak(cli::Soak::Fuzz { seeds, seconds, seed }) => {
            return done(commands::soak::fuzz::run(seeds, *seconds, *seed));
        }
        Command::Simulate(cli::simulate::Simulate::Llm(args)) => return done(commands::simulate::llm(args).await),
        Command::Cron(cli::Cron::Next { schedule, zone, count, json }) => {
            return done(commands::cron::next(schedule, zone, usize::from(*count), *json));
        }
        Command::Prompt(cli::prompt::Prompt::Check { file }) => return done(commands::prompt::check(file)),
        Command::Prompt(cli::prompt::Prompt::Render(args)) => return done(commands::prompt::render(args)),
        Command::Version => return done(commands::say(format!("copydesk {}", env!("CARGO_PKG_VERSION")))),
        Command::Openapi => return done(commands::say(web::api::document().to_json()?)),
        Command::Config(cli::Config::Reference) => return done(commands::say(config::reference())),
        _ => {}
    }
    if let Command::Analyze(args) = &cli.command {
        return commands::texts::analyze(args, &weights(cli.common.config.as_ref())?);
    }
    let mut flags = BTreeMap::new();
    if let Some(data) = &cli.common.data {
        flags.insert("data".to_owned(), data.display().to_string());
    }
    if let Some(url) = &cli.common.database_url {
        flags.insert("store.url".to_owned(), url.clone());
    }
    if let Command::Serve(cli::Serve { console_dir: Some(folder), .. })
    | Command::Demo(cli::Demo { console_dir: Some(folder), .. }) = &cli.command
    {
        flags.insert("console_dir".to_owned(), folder.display().to_string());
    }
    let loaded =
        config::Sources::of_process(cli.common.config.clone(), flags).and_then(|sources| config::load(&sources));
    let loaded = match loaded {
        Ok(loaded) => loaded,
        Err(mistakes) => {
            complain(mistakes.to_string().trim_end());
            return Ok(ExitCode::FAILURE);
        }
    };
    let config = loaded.config.clone();
    log::start(&config.log, matches!(cli.command, Command::Serve(_) | Command::Edge(_) | Command::Gateway(_)));
    match &cli.command {
        Command::Demo(args) => done(demo::run(config, args, cli.common.data.clone()).await),
        Command::Serve(args) => done(serve::run(config, args).await),
        Command::Edge(args) => done(commands::edge::run(config, args).await),
        Command::Gateway(args) => done(commands::gateway::run(config, args).await),
        Command::Item(command) => done(commands::items::run(&config, command).await),
        Command::Source(command) => done(commands::sources::run(&config, command).await),
        Command::User(command) => done(commands::users::run(&config, command).await),
        Command::Key(command) => done(commands::keys::run(&config, command).await),
        Command::Jobs(command) => done(commands::jobs::run(&config, command).await),
        Command::Cache(command) => done(commands::cache::run(&config, command).await),
        Command::Cron(command) => done(commands::cron::run(&config, command).await),
        Command::Db(command) => {
            let sound = commands::db::run(&config, command).await?;
            Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        Command::Migrate(args) => done(commands::archive::migrate(&config, args.check).await),
        Command::Doctor(args) => {
            let sound = commands::doctor::run(&config, args.json).await?;
            Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        Command::Config(cli::Config::Show) => done(commands::say(loaded.show().trim_end())),
        Command::Config(_) => done(commands::say("the configuration has no mistakes")),
        Command::Backup { file } => done(commands::archive::backup(&config, file).await),
        Command::Restore { file } => done(commands::archive::restore(&config, file).await),
        Command::Export(cli::export::Export { what: None }) => done(commands::setup::export(&config).await),
        Command::Export(cli::export::Export { what: Some(cli::export::What::Finetune(args)) }) => {
            done(commands::finetune::run(&config, args).await)
        }
        Command::Apply { file } => done(commands::setup::apply(&config, file).await),
        Command::Bench(cli::Bench::Line { posts, json }) => done(bench::line(&config, *posts, *json).await),
        Command::Bench(cli::Bench::Ingest(args)) => done(bench::ingest::run(&config, args).await),
        Command::Bench(cli::Bench::Live(args)) => done(bench::live::run(&config, args).await),
        Command::Bench(cli::Bench::Queue(args)) => done(bench::queue::run(&config, args).await),
        Command::Bench(cli::Bench::Seed(args)) => done(bench::seed::run(&config, args).await),
        Command::Bench(cli::Bench::Text(args)) => done(bench::text::run(args)),
        Command::Soak(command) => done(commands::soak::run(&config, command).await),
        Command::Prompt(command) => done(commands::prompt::run(&config, command).await),
        Command::Improve(args) => done(commands::improve::run(&config, args).await),
        Command::Feed(_)
        | Command::Stories(_)
        | Command::Ground(_)
        | Command::Inspect(_)
        | Command::Analyze(_)
        | Command::Simulate(_)
        | Command::Bench(cli::Bench::Cluster(_))
        | Command::Version
        | Command::Openapi => Ok(ExitCode::SUCCESS),
    }
}

/// The configured weights of the score. A mistake in a file that nobody named must not keep anybody from measuring a
/// text: the usual weights count then, and the user is told.
fn weights(named: Option<&PathBuf>) -> Result<text::score::Weights> {
    let loaded =
        config::Sources::of_process(named.cloned(), BTreeMap::new()).and_then(|sources| config::load(&sources));
    match loaded {
        Ok(loaded) => Ok(loaded.config.score),
        Err(mistakes) if named.is_some() => anyhow::bail!("{}", mistakes.to_string().trim_end()),
        Err(mistakes) => {
            complain(&format!("{}\nthe score is made with the usual weights", mistakes.to_string().trim_end()));
            Ok(text::score::Weights::default())
        }
    }
}

fn done(result: Result<()>) -> Result<ExitCode> {
    result.map(|()| ExitCode::SUCCESS)
}
