//! `copydesk gateway` before a simulated provider.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::home::{Home, Server, bare, finish};
use crate::http::{self, Answer};
use crate::wait_for;

const ANY: &str = "127.0.0.1:0";
const TEXT: &str = "The bridge opened on 4 May. It cost 12 euros in all.";

fn provider(home: &Home, script: &str) -> Server {
    let file = home.file("script", script);
    Server::start(
        home.command(&["simulate", "llm", "--listen", ANY, "--script", &file]),
        home.folder().join("provider.log"),
    )
}

fn gateway(home: &Home, words: &[&str]) -> Server {
    let words = [&["gateway", "--listen", ANY][..], words].concat();
    Server::start(home.command(&words), home.folder().join("gateway.log"))
}

fn ask(address: SocketAddr, key: Option<&str>, question: &Json) -> Answer {
    let bearer = key.map(|key| format!("Bearer {key}"));
    let headers: Vec<(&str, &str)> = bearer.iter().map(|bearer| ("Authorization", bearer.as_str())).collect();
    http::send(address, "POST", "/v1/chat/completions", &headers, question.to_string().as_bytes())
        .unwrap_or_else(|error| panic!("{question}: {error}"))
}

fn question(is_streamed: bool) -> Json {
    json!({ "model": "any-model", "messages": [{ "role": "user", "content": TEXT }], "stream": is_streamed })
}

#[test]
fn gateway_says_what_it_wants() {
    let help = finish(bare(&["gateway", "--help"]), b"");
    let flags = ["--upstream", "--listen", "--key-file", "--dialect", "--admin", "--anywhere"];
    assert!(help.code == 0 && flags.iter().all(|flag| help.out.contains(flag)), "{help:?}");
    let home = Home::on_sqlite();
    let empty = home.file("keys", "\n\n");
    for (words, part) in [
        (&["gateway"][..], "--upstream"),
        (&["gateway", "--upstream", "ftp://models.example"], "https://"),
        (&["gateway", "--upstream", "http://127.0.0.1:9/v1", "--listen", "0.0.0.0:0"], "--key-file"),
        (&["gateway", "--upstream", "http://127.0.0.1:9/v1", "--key-file", "/nowhere/keys"], "/nowhere/keys"),
        (&["gateway", "--upstream", "http://127.0.0.1:9/v1", "--key-file", &empty], "holds no key"),
        (&["gateway", "--upstream", "http://127.0.0.1:9/v1", "--dialect", "latin"], "latin"),
    ] {
        let refused = home.run(words);
        assert!(refused.code != 0 && refused.err.contains(part), "{words:?}: {refused:?}");
    }
}

#[test]
fn questions_pass_and_what_happens_to_them_is_told() {
    let home = Home::on_sqlite();
    let provider = provider(&home, "ok\nok\n500\nok\n401\nok\n");
    let upstream = format!("http://{}/v1", provider.address);
    let gateway = gateway(&home, &["--upstream", &upstream, "--admin", ANY]);
    let whole = ask(gateway.address, Some("sk-of-the-caller"), &question(false));
    assert_eq!((whole.status, &whole.json()["choices"][0]["message"]["content"]), (200, &json!(TEXT)));
    assert_eq!(whole.json()["model"], "any-model");
    let streamed = ask(gateway.address, None, &question(true));
    assert!(
        streamed.text().contains("chat.completion.chunk") && streamed.text().contains("data: [DONE]"),
        "{streamed:?}"
    );
    // The third answer is a fault that passes.
    let again = ask(gateway.address, None, &question(false));
    assert_eq!((again.status, again.header("x-copydesk-attempts")), (200, Some("2")));
    let refused = ask(gateway.address, Some("sk-wrong"), &question(false));
    assert_eq!(refused.status, 401, "the caller's own key was refused: {}", refused.text());
    assert!(!gateway.read_log().contains("sk-wrong"), "{}", gateway.read_log());
    assert_eq!(ask(gateway.address, None, &question(false)).status, 200, "which closes the provider to nobody");
    let unread = http::send(gateway.address, "POST", "/v1/chat/completions", &[], b"{\"model\":1}").unwrap();
    assert_eq!((unread.status, &unread.json()["error"]["param"]), (400, &json!("model")));
    assert_eq!(http::get(gateway.address, "/v1/nothing").status, 404);

    let admin: SocketAddr = gateway.line("health and metrics: http://").trim_end_matches('/').parse().unwrap();
    let health = http::get(admin, "/health").json();
    assert_eq!(
        (&health["providers"][0]["breaker"], &health["providers"][0]["answered"]),
        (&json!("closed"), &json!(4))
    );
    let metrics = http::get(admin, "/metrics").text();
    assert!(metrics.contains("provider=\"upstream\""), "{metrics}");
    provider.stop();
    wait_for("a fault", Duration::from_secs(20), || {
        let gone = ask(gateway.address, None, &question(false));
        (gone.status == 502).then_some(())
    });
    assert_eq!(gateway.stop(), 0);
}

#[test]
fn keys_are_asked_for_where_they_are_named() {
    let home = Home::on_sqlite();
    let provider = provider(&home, "ok");
    let keys = home.file("keys", "alpha\n  beta  \n");
    let gateway = gateway(&home, &["--upstream", &format!("http://{}/v1", provider.address), "--key-file", &keys]);
    for (key, status) in [(None, 401), (Some(""), 401), (Some("alph"), 401), (Some("alpha"), 200), (Some("beta"), 200)]
    {
        assert_eq!(ask(gateway.address, key, &question(false)).status, status, "{key:?}");
    }
    assert_eq!(http::get(gateway.address, "/v1/models").status, 401);
}

#[test]
fn providers_of_the_configuration_are_named_by_callers() {
    let home = Home::on_sqlite();
    let (one, two) = (provider(&home, "500"), provider(&home, "ok"));
    let of = |name: &str, server: &Server, dialect: &str| {
        format!(
            "{{ name = \"{name}\", dialect = \"{dialect}\", base_url = \"http://{}\", model = \"m-{name}\" }}",
            server.address
        )
    };
    let providers = [of("broken", &one, "anthropic"), of("sound", &two, "ollama")].join(", ");
    home.allow(&[one.address, two.address])
        .set("llm.retry_delay_ms_min", "1")
        .set("llm.providers", &format!("[{providers}]"));
    let gateway = gateway(&home, &[]);
    let models = http::get(gateway.address, "/v1/models").json();
    let names: Vec<&str> =
        models["data"].as_array().unwrap().iter().map(|model| model["id"].as_str().unwrap()).collect();
    assert_eq!(names, ["broken", "m-broken", "sound", "m-sound"]);
    let named = |model: &str, is_streamed: bool| {
        let mut asked = question(is_streamed);
        asked["model"] = model.into();
        ask(gateway.address, None, &asked)
    };
    let auto = named("auto", false);
    assert_eq!((auto.status, auto.header("x-copydesk-provider")), (200, Some("sound")));
    assert_eq!(auto.json()["choices"][0]["message"]["content"], TEXT, "another dialect, in the caller's form");
    assert!(named("m-sound", true).text().ends_with("data: [DONE]\n\n"));
    assert_eq!(named("broken", false).status, 502);
    assert_eq!(named("nobody", false).status, 404);
    let mut tools = question(false);
    (tools["model"], tools["tools"]) = ("sound".into(), json!([{ "type": "function" }]));
    let unspeakable = ask(gateway.address, None, &tools);
    assert_eq!((unspeakable.status, &unspeakable.json()["error"]["code"]), (400, &json!("unsupported")));
}
