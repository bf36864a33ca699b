use std::io;

use super::*;

fn file(text: &str) -> Sources {
    Sources { file: Some(("copydesk.toml".into(), text.to_owned())), ..Sources::none() }
}

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn told(sources: &Sources) -> String {
    load(sources).map(|loaded| loaded.show()).unwrap_err().to_string()
}

#[test]
fn an_empty_file_is_a_working_desk() {
    let loaded = load(&file("")).unwrap();
    assert_eq!(loaded.config.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(loaded.config.queue, queue::Settings::default());
    assert!(loaded.config.origins.is_empty());
}

#[test]
fn flags_win_over_environment_over_file_over_default() {
    let sources = Sources {
        environment: map(&[("COPYDESK_QUEUE__WORKERS_MAX", "8"), ("COPYDESK_DATA", "from-env"), ("PATH", "/bin")]),
        flags: map(&[("data", "from-flag")]),
        ..file("data = \"from-file\"\n[queue]\nworkers_max = 4\ndeadline_s = 60\n")
    };
    let Loaded { config } = load(&sources).unwrap();
    assert_eq!(config.data.to_str(), Some("from-flag"));
    assert_eq!((config.queue.workers_max, config.queue.deadline_s), (8, 60));
    let origin = |path: &str| config.origins.get(path).copied();
    assert_eq!(origin("data"), Some(Origin::Flag));
    assert_eq!(origin("queue.workers_max"), Some(Origin::Environment));
    assert_eq!(origin("queue.deadline_s"), Some(Origin::File));
    assert_eq!(origin("queue.heartbeat_s"), None);
}

#[test]
fn the_environment_speaks_every_type() {
    let sources = Sources {
        environment: map(&[
            ("COPYDESK_CACHE__MEMORY_SIZE", "64MiB"),
            ("COPYDESK_CONNECT__ALLOW", "127.0.0.1:11434, [fd00::7]:8080"),
            ("COPYDESK_SITE__TRUSTED_PROXIES", "[\"10.0.0.0/8\"]"),
            ("COPYDESK_LOG__FORMAT", "json"),
            ("COPYDESK_STORE__URL", "postgres://desk@127.0.0.1/desk"),
            ("COPYDESK_DESK__UNDO_MS", "1_000"),
        ]),
        ..Sources::none()
    };
    let config = load(&sources).unwrap().config;
    assert_eq!(config.cache.memory_size, stdx::ByteSize::mib(64));
    assert_eq!(config.connect.allow, ["127.0.0.1:11434", "[fd00::7]:8080"]);
    assert_eq!(config.site.trusted_proxies, ["10.0.0.0/8"]);
    assert_eq!(config.log.format, Format::Json);
    assert_eq!(config.store.url.unwrap().reveal(), "postgres://desk@127.0.0.1/desk");
    assert_eq!(config.desk.undo_ms, 1_000);
}

#[test]
fn all_mistakes_are_told_at_once_where_they_were_made() {
    let sources = Sources {
        environment: map(&[("COPYDESK_QUEUE__WORKER_MAX", "8"), ("COPYDESK_QUEUE__HISTORY_DAYS", "many")]),
        flags: map(&[("listen", "nowhere")]),
        ..file(
            "workers_max = 1\n[queue]\nworkers_max = 0\ndeadline_s = \"long\"\n[cache]\nmemory_siz = 3\n[log]\nlevel = \"loud\"\n",
        )
    };
    let expected = "\
copydesk.toml: 5 problems
  cache.memory_siz              unknown key; did you mean cache.memory_size?
  log.level = \"loud\"            unknown variant `loud`, expected one of `error`, `warn`, `info`, `debug`, `trace`
  queue.deadline_s = \"long\"     must be a whole number, 0 or more
  workers_max                   unknown key; did you mean queue.workers_max?
  queue.workers_max = 0         must be 1 to 4096; remove the line to use 32
environment: 2 problems
  COPYDESK_QUEUE__HISTORY_DAYS = \"many\"  must be a whole number from 0 to 4294967295
  COPYDESK_QUEUE__WORKER_MAX             unknown key; did you mean COPYDESK_QUEUE__WORKERS_MAX?
flags: 1 problem
  listen = \"nowhere\"            must be an address and a port, such as \"127.0.0.1:8080\"";
    assert_eq!(told(&sources), expected);
}

#[test]
fn a_mistake_of_grammar_has_a_place() {
    let text = told(&file("[queue]\nworkers_max = \n"));
    assert!(text.starts_with("copydesk.toml: 1 problem\n  line 2, column 15 "), "{text}");
    assert!(told(&file("queue = 3\n")).contains("is a section; write [queue]"));
    assert!(told(&file("[quue]\nx = 1\n")).contains("did you mean queue?"));
    assert!(told(&file("qwertz = 1\n")).contains("`copydesk config show` lists all"));
}

#[test]
fn secrets_come_from_files_and_are_never_shown() {
    let read_secret = |path: &std::path::Path| match path.to_str() {
        Some("/run/secret") => Ok("postgres://desk:hidden@127.0.0.1/desk\n".to_owned()),
        _ => Err(io::Error::from(io::ErrorKind::NotFound)),
    };
    let sources = Sources { read_secret, ..file("[store]\nurl_file = \"/run/secret\"\n") };
    let loaded = load(&sources).unwrap();
    assert_eq!(loaded.config.store.url.as_ref().unwrap().reveal(), "postgres://desk:hidden@127.0.0.1/desk");
    let settings = loaded.config.settings();
    let url = settings.iter().find(|setting| (setting.section, setting.key) == ("store", "url")).unwrap();
    assert_eq!((&url.value, &url.default), (&Some("***".into()), &None));
    assert!(url.source != "default" && !url.doc.is_empty() && !format!("{settings:?}").contains("hidden"), "{url:?}");
    let listen = settings.iter().find(|setting| (setting.section, setting.key) == ("", "listen")).unwrap();
    assert_eq!((listen.value.as_ref(), listen.source), (listen.default.as_ref(), "default"));
    let shown = loaded.show();
    assert!(shown.contains("store.url = \"***\"") && !shown.contains("hidden"), "{shown}");

    let gone = Sources { read_secret, ..file("[store]\nurl_file = \"/run/gone\"\n") };
    assert!(told(&gone).contains("store.url_file = \"/run/gone\""), "{}", told(&gone));
    assert!(told(&file("[store]\nurl = 12345\n")).contains("store.url = ***"));
    let twice = Sources { read_secret, ..file("[store]\nurl = \"x\"\nurl_file = \"/run/secret\"\n") };
    assert!(told(&twice).contains("remove one of the two"), "{}", told(&twice));
    assert!(told(&file("[queue]\nworkers_max_file = \"x\"\n")).contains("unknown key"), "only secrets have files");
}

#[test]
fn tables_of_a_list_are_judged_key_by_key() {
    let read_secret = |_: &std::path::Path| Ok("sk-hidden\n".to_owned());
    let good = "[[llm.providers]]\nname = \"a\"\nmodel = \"m\"\nbase_url = \"https://models.example/v1\"\napi_key_file = \"/run/key\"\n";
    let loaded = load(&Sources { read_secret, ..file(good) }).unwrap();
    assert_eq!(loaded.config.llm.providers[0].api_key.reveal(), "sk-hidden");
    assert!(!loaded.show().contains("sk-hidden"));

    let bad = told(&file("[[llm.providers]]\nname = \"a\"\nmodell = \"m\"\napi_key = 7\ntimeout_ms = -1\n"));
    for line in [
        "copydesk.toml: 3 problems",
        "llm.providers[0].modell       unknown key; did you mean model?",
        "llm.providers[0].api_key = ***",
        "llm.providers[0].timeout_ms = -1  must be a whole number, 0 or more",
    ] {
        assert!(
            bad.contains(line.split("  ").next().unwrap()) && bad.contains(line.rsplit("  ").next().unwrap()),
            "{line}\n{bad}"
        );
    }
    let bad =
        told(&file(&good.replace("https://models.example/v1", "nowhere").replace("api_key_file = \"/run/key\"", "")));
    assert!(bad.starts_with("copydesk.toml: 1 problem\n  llm.providers[0].base_url = nowhere "), "{bad}");
    assert!(told(&file("[llm]\nproviders = [1]\n")).contains("write [[llm.providers]] above its keys"));
}

#[test]
fn what_others_put_into_the_environment_is_left_alone() {
    let sources = Sources {
        environment: map(&[
            ("COPYDESK_CONFIG", "x.toml"),
            ("COPYDESK_TEST_POSTGRES", "postgres://"),
            ("COPYDESK_SERVICE_HOST", "10.0.0.1"),
            ("COPYDESK_PORT_8080_TCP", "tcp://10.0.0.1:8080"),
        ]),
        ..Sources::none()
    };
    assert!(load(&sources).unwrap().config.origins.is_empty());
    let typo = Sources { environment: map(&[("COPYDESK_LISTN", "127.0.0.1:1")]), ..Sources::none() };
    assert!(told(&typo).contains("did you mean COPYDESK_LISTEN?"));
}

#[test]
fn what_is_shown_can_be_loaded_again() {
    let first = load(&file("listen = \"127.0.0.1:9\"\n[connect]\nallow = [\"127.0.0.1:1\"]\n")).unwrap();
    let shown = first.show();
    assert!(
        shown.lines().any(|line| line.starts_with("listen = \"127.0.0.1:9\" ") && line.ends_with("  # file")),
        "{shown}"
    );
    assert!(shown.lines().any(|line| line.starts_with("# store.url ") && line.ends_with("  # not set")), "{shown}");
    let second = load(&file(&shown)).unwrap();
    assert_eq!(second.config.connect, first.config.connect);
    let values = |text: String| {
        text.lines().map(|line| line.rsplit_once("  # ").unwrap().0.trim().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(values(second.show()), values(shown));
}

/// `UPDATE_EXPECT=1 cargo test -p copydesk config` writes the page anew.
#[test]
fn the_reference_is_fresh() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/configuration.md");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&path, reference()).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), reference(), "docs/configuration.md is stale");
}
