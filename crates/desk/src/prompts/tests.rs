use super::*;
use crate::testing::Bench;

fn source(system: &str, user: &str) -> String {
    format!("---\nname: mine\nkind: news_post\n---\n[system]\n{system}\n[user]\n{user}\n")
}

fn told(source: &str) -> String {
    let faults = Template::read(source).map(|template| template.name).unwrap_err();
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

fn ready(name: &str) -> Ready {
    let template = Template::read(built_in(name).unwrap()).unwrap_or_else(|faults| panic!("{name}: {faults:?}"));
    Ready { template, voice: None, channel: String::new(), words_max: 240, sentences_max: 9 }
}

#[test]
fn what_came_with_the_product_can_be_used() {
    let mut seen = Vec::new();
    for name in built_in_names() {
        let ready = ready(name);
        assert_eq!(ready.template.name, name);
        assert!(name.ends_with(&format!("-{}", ready.template.language)), "{name}");
        assert!(!ready.template.description.is_empty());
        seen.push((ready.template.kind, ready.template.language.clone()));
        for count in [1, 4] {
            let told = ready.tell(count).unwrap();
            assert!(told.system.contains(RULES) && told.system.contains(ready.template.kind.told()), "{name}");
            assert!(!told.before.contains("  ") && !told.system.contains("\n\n\n"), "{name}: {told:?}");
            assert_eq!(told.before.contains('4'), count == 4, "{name}: {}", told.before);
        }
    }
    for kind in Kind::ALL {
        for language in ["en", "tr"] {
            assert!(seen.contains(&(kind, language.to_owned())), "{kind:?} {language}");
        }
    }
}

#[test]
fn faults_are_told_with_their_lines() {
    let good = source("Write.", "{{ sources }}");
    assert!(Template::read(&good).is_ok());
    for (bad, wanted) in [
        ("hello".to_owned(), "line 1: a template begins with"),
        (good.replace("kind: news_post", "kind: poem"), "line 3: kind must be one of news_post"),
        (good.replace("kind: news_post", "kind: news_post\ntone: loud"), "line 4: \"tone\" is not known"),
        (good.replace("kind: news_post", "kind: news_post\nkind: news_post"), "line 4: kind is said twice"),
        (good.replace("kind: news_post", "kind: news_post\nwords_max: 3"), "line 4: words_max must be 20"),
        (good.replace("kind: news_post", "kind: news_post\nlanguage: klingon"), "line 4: language must be"),
        (good.replace("kind: news_post", "kind: news_post\ntemperature: hot"), "line 4: temperature must be 0 to 2"),
        (good.replace("name: mine", "name: Mine"), "line 2: name must have"),
        ("---\nname: mine\n".to_owned(), "the front matter does not end"),
        (good.replace("[user]\n", ""), "a line of [user]"),
        (good.replace("[system]\n", ""), "line 5: text stands before the line of [system]"),
        (source("Write.", "Nothing."), "line 7: the user part does not place {{ sources }}"),
        (source("Write.", "{{ sources|lower }}"), "does not place {{ sources }}, just so"),
        (source("Write.", "{% if count > 2 %}{{ sources }}{% endif %}"), "whatever the values are"),
        (source("Write.", "{{ sources }}{{ sources }}"), "places {{ sources }} more than once"),
        (source("{{ sources }}", "{{ sources }}"), "{{ sources }} belongs into the user part"),
        (source("a\nb {{ nothing }}", "{{ sources }}"), "line 7: nothing does not exist; a template can name sources"),
        (source("{% if count > 99 %}\n{{ never }}{% endif %}", "{{ sources }}"), "line 7: never does not exist"),
        (source("a\n{{ voice.mood }}", "{{ sources }}"), "line 7: voice.mood does not exist"),
        (source("{{ count.of }}", "{{ sources }}"), "line 6: a value is used that does not exist"),
        (source("a\n\n{% if %}", "{{ sources }}"), "line 8: unexpected end of block"),
        (source("{% include \"/etc/passwd\" %}", "{{ sources }}"), "line 6: this statement cannot be used"),
        (source("{{ debug() }}", "{{ sources }}"), "debug does not exist"),
        (source("{{ \"a\"|safe_html }}", "{{ sources }}"), "line 6: filter safe_html is unknown"),
        (source("a\u{0}b", "{{ sources }}"), "line 6: it holds a control character"),
        (source("a\u{E0F0}b", "{{ sources }}"), "line 6: it holds a control character or one of the private use area"),
        (source(&"a".repeat(SOURCE_MAX), "{{ sources }}"), "it has more than 16000 bytes"),
    ] {
        let said = told(&bad);
        assert!(said.contains(wanted), "{bad}: {said}");
    }
    let both = told(&source("{{ one }}", "\n{{ two }}\n{{ sources }}"));
    assert_eq!(both.lines().count(), 2, "{both}");
}

/// None of these may take long or much room, whatever it is meant to do.
#[test]
fn a_template_without_an_end_is_stopped() {
    let nested = |n: usize, open: &str, close: &str| format!("{}x{}", open.repeat(n), close.repeat(n));
    let cases = [
        "{% for a in range(900) %}{% for b in range(900) %}{% for c in range(900) %}.{% endfor %}{% endfor %}{% endfor %}".to_owned(),
        format!("{{% set a = \"xxxxxxxx\" %}}{}{{{{ a }}}}", "{% set a = a ~ a %}".repeat(60)),
        format!("{{% set a = \"xxxxxxxx\" %}}{}{{{{ a }}}}", "{% set a %}{{ a }}{{ a }}{% endset %}".repeat(60)),
        format!("{{% set a = \"xxxxxxxx\" %}}{}{{{{ a }}}}", "{% set a = a|replace(\"x\", a) %}".repeat(20)),
        "{{ \"x\" * 100000000000 }}".to_owned(),
        format!("{{% set a = [1, 1] %}}{}{{{{ a }}}}", "{% set a = [a, a] %}".repeat(60)),
        format!("{{% set a = (1, 1) %}}{}{{{{ a }}}}", "{% set a = (a, a) %}".repeat(60)),
        format!("{{% set a = 1, 1 %}}{}{{{{ a == a }}}}", "{% set a = a, a %}".repeat(60)),
        format!("{{% set a = {{\"a\": 1}} %}}{}{{{{ a }}}}", "{% set a = {\"a\": a, \"b\": a} %}".repeat(60)),
        "{% for a in \"ab\" recursive %}{{ loop(\"ab\") }}{% endfor %}".to_owned(),
        "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}".to_owned(),
        nested(300, "{% for a in \"ab\" %}", "{% endfor %}"),
        format!("{{{{ {} }}}}", nested(4_000, "(", ")")),
    ];
    for case in cases {
        let shown: String = case.chars().take(100).collect();
        let outcome = Template::read(&source(&case, "{{ sources }}"));
        assert!(outcome.is_err_and(|faults| faults.iter().all(|fault| fault.line.is_some())), "{shown}");
    }
    // These end by themselves, or are refused.
    for harmless in [
        format!("{{{{ {}1 }}}}", "not ".repeat(3_000)),
        format!("{{{{ \"a\"{} }}}}", "|trim".repeat(2_500)),
        format!("{{{{ voice{} }}}}", ".name".repeat(2_500)),
        nested(600, "{% if 1 %}", "{% endif %}"),
    ] {
        fuzz(source(&harmless, "{{ sources }}").as_bytes());
    }
    let endless =
        told(&source("{% for a in range(900) %}{% for b in range(900) %}.{% endfor %}{% endfor %}", "{{ sources }}"));
    assert!(endless.starts_with("line 6: it takes too long"), "{endless}");
}

#[test]
fn a_version_is_its_source_and_nothing_else() {
    let one = Template::read(&source("Write.", "{{ sources }}")).unwrap();
    let windows = Template::read(&source("Write.", "{{ sources }}").replace('\n', "\r\n")).unwrap();
    let other = Template::read(&source("Write!", "{{ sources }}")).unwrap();
    assert_eq!(one.version().len(), 16);
    assert_eq!(one.version(), windows.version());
    assert_ne!(one.version(), other.version());
    let mut ready =
        Ready { template: one.clone(), voice: None, channel: String::new(), words_max: 240, sentences_max: 9 };
    let plain = ready.version();
    ready.voice = Some(Voice { tone: "calm".into(), ..Voice::default() });
    assert_ne!(ready.version(), plain);
    assert!(plain.starts_with(&format!("{}-", one.version())) && ready.version().starts_with(&one.version()));
}

#[test]
fn a_voice_is_told_and_its_variant_counts_on_its_channel() {
    let voice = Voice {
        name: "desk".into(),
        tone: "calm and exact".into(),
        audience: "commuters".into(),
        dos: vec!["End with the words: this and more every evening in our newsletter".into()],
        donts: vec!["No exclamation marks".into()],
        examples: vec!["The ferry stops on Monday.".into()],
        channels: [(
            "linkedin".to_owned(),
            Variant {
                tone: Some("bold".into()),
                language: Some("tr".into()),
                words_max: Some(50),
                ..Variant::default()
            },
        )]
        .into(),
        ..Voice::default()
    };
    assert_eq!(voice.faults(), []);
    let on = |kind: &str| {
        let mut ready = ready("linkedin-post-en");
        (ready.voice, ready.channel) = (Some(voice.on(kind)), kind.to_owned());
        ready.tell(2).unwrap()
    };
    let (site, linkedin) = (on("site"), on("linkedin"));
    for part in [
        "Tone: calm and exact",
        "Readers: commuters",
        "Do: End with the words",
        "Do not: No exclamation marks",
        "The ferry stops on Monday.",
        "Write in English.",
        "At most 180 words",
    ] {
        assert!(site.system.contains(part), "{part}: {}", site.system);
    }
    for part in ["Tone: bold", "Readers: commuters", "Write in Turkish.", "At most 50 words"] {
        assert!(linkedin.system.contains(part), "{part}: {}", linkedin.system);
    }
    assert!(!linkedin.system.contains("calm"));
    assert!(site.system.contains("what it changes for commuters"), "{}", site.system);
    assert!(!site.guarded.contains("every evening in our newsletter"), "what is wanted may be said");
    let wrong = Voice {
        name: "A b".into(),
        tone: "x".repeat(501),
        channels: [(
            "site".to_owned(),
            Variant { words_max: Some(1), language: Some("xx".into()), ..Variant::default() },
        )]
        .into(),
        ..Voice::default()
    };
    let pointers: Vec<String> = wrong.faults().into_iter().map(|fault| fault.pointer).collect();
    assert_eq!(pointers, ["/name", "/tone", "/channels/site/language", "/channels/site/words_max"]);
}

#[test]
fn answers_become_what_the_desk_keeps() {
    use serde_json::json;
    let of = |kind: Kind, value: serde_json::Value| {
        let faults = kind.schema().check(&value);
        assert!(faults.is_empty(), "{kind:?}: {faults:?}");
        form::Answer::of(kind, &value)
    };
    let (thread, pieces) =
        of(Kind::SocialThread, json!({ "title": "Ferry", "posts": ["It stops\non Monday.", "It costs 2.4 million."] }));
    assert_eq!(
        (thread.title.as_str(), thread.body.as_str()),
        ("Ferry", "1. It stops on Monday.\n2. It costs 2.4 million.")
    );
    assert_eq!(pieces[1], ("/posts/0".to_owned(), "It stops on Monday.".to_owned()));
    let (set, _) = of(Kind::HeadlineSet, json!({ "headlines": ["Ferry stops", "Cracks found", "Buses run"] }));
    assert_eq!((set.title.as_str(), set.body.as_str()), ("Ferry stops", "- Ferry stops\n- Cracks found\n- Buses run"));
    let (post, _) = of(
        Kind::LinkedinPost,
        json!({ "title": "Ferry", "text": "It stops.", "hashtags": ["Port Alder", "#ferry", "!"] }),
    );
    assert_eq!(post.body, "It stops.\n\n#PortAlder #ferry");
    let (product, _) = of(
        Kind::ProductText,
        json!({ "title": "Lamp", "summary": "A lamp.", "description": "It shines.", "points": ["Weight: 1 kg"] }),
    );
    assert_eq!((product.excerpt.as_str(), product.body.as_str()), ("A lamp.", "It shines.\n\n- Weight: 1 kg"));
    let (item, _) =
        of(Kind::NewsletterItem, json!({ "subject": "Ferry", "teaser": "It stops.", "body": "On Monday." }));
    assert_eq!((item.title.as_str(), item.excerpt.as_str(), item.body.as_str()), ("Ferry", "It stops.", "On Monday."));
    for (kind, value) in [
        (Kind::SocialThread, json!({ "title": "Ferry", "posts": ["a".repeat(281), "b"] })),
        (Kind::SocialThread, json!({ "title": "Ferry", "posts": ["only one"] })),
        (Kind::HeadlineSet, json!({ "headlines": ["a", "b"] })),
        (Kind::NewsletterItem, json!({ "subject": "a".repeat(91), "body": "b" })),
    ] {
        assert!(!kind.schema().check(&value).is_empty(), "{value}");
    }
}

#[tokio::test]
async fn versions_stay_and_can_be_restored() {
    let bench = Bench::new().await;
    let (desk, actor) = (&bench.desk, Actor::system());
    let first = put(desk, &actor, "mine", &source("Write.", "{{ sources }}"), "the first").await.unwrap();
    bench.clock.advance(std::time::Duration::from_secs(60));
    let second = put(desk, &actor, "mine", &source("Write well.", "{{ sources }}"), "").await.unwrap();
    assert_eq!((second.origin, second.versions), (Origin::Own, 2));
    let known = versions(&mut desk.store.read_fresh(), "mine").await.unwrap();
    assert_eq!(
        known.iter().map(|v| (v.version.as_str(), v.is_current)).collect::<Vec<_>>(),
        [(second.template.version().as_str(), true), (first.template.version().as_str(), false)]
    );
    assert_eq!((known[1].note.as_str(), known[1].by.as_deref()), ("the first", Some("system")));
    let restored = restore(desk, &actor, "mine", &first.template.version()).await.unwrap();
    assert_eq!((restored.template.version(), restored.versions), (first.template.version(), 2));
    assert!(matches!(restore(desk, &actor, "mine", "0000000000000000").await, Err(Error::NotFound { .. })));
    let wrong = put(desk, &actor, "other", &source("Write.", "{{ sources }}"), "").await;
    assert!(matches!(wrong, Err(Error::Invalid(_))), "{wrong:?}");
    delete(desk, &actor, "mine").await.unwrap();
    assert!(matches!(get(&mut desk.store.read_fresh(), "mine").await, Err(Error::NotFound { .. })));
    let again = put(desk, &actor, "mine", &source("Write.", "{{ sources }}"), "").await.unwrap();
    assert_eq!(again.versions, 2, "what was is still known");
}

#[tokio::test]
async fn a_changed_prompt_goes_back_to_what_came_with_the_product() {
    let bench = Bench::new().await;
    let (desk, actor) = (&bench.desk, Actor::system());
    let name = "news-post-en";
    let original = get(&mut desk.store.read_fresh(), name).await.unwrap();
    assert_eq!((original.origin, original.versions), (Origin::BuiltIn, 1));
    let changed = built_in(name).unwrap().replace("[user]", "- No adverbs.\n[user]");
    let changed = put(desk, &actor, name, &changed, "drier").await.unwrap();
    assert_eq!((changed.origin, changed.versions), (Origin::Changed, 2));
    assert_eq!(list(desk, &actor).await.unwrap()[0].versions, 2);
    let back = restore(desk, &actor, name, &original.template.version()).await.unwrap();
    assert_eq!(back.origin, Origin::BuiltIn);
    restore(desk, &actor, name, &changed.template.version()).await.unwrap();
    delete(desk, &actor, name).await.unwrap();
    let now = get(&mut desk.store.read_fresh(), name).await.unwrap();
    assert_eq!((now.origin, now.template.version()), (Origin::BuiltIn, original.template.version()));
    assert_eq!(list(desk, &actor).await.unwrap().len(), 12);
}

#[test]
fn any_bytes_are_read_or_refused() {
    for name in built_in_names() {
        let good = built_in(name).unwrap().as_bytes();
        fuzz(good);
        let dice = stdx::Rng::seeded(5);
        (0..50).for_each(|_| fuzz(&stdx::damage::damaged(&[good.to_vec()], &dice)));
    }
}
