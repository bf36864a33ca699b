use super::*;

#[test]
fn costs_are_exact_and_round_up() {
    let p = Provider { price_in_microdollars: 150_000, price_out_microdollars: 600_000, ..Provider::default() };
    let cost =
        |prompt_tokens, completion_tokens| p.cost(Usage { prompt_tokens, completion_tokens, ..Usage::default() });
    assert_eq!(cost(1_000_000, 1_000_000), 750_000);
    assert_eq!(cost(1_234, 567), 526); // 185.1 + 340.2
    assert_eq!((cost(0, 0), cost(1, 0)), (0, 1));
    let dear = Provider { price_in_microdollars: u64::MAX, ..p };
    assert_eq!(dear.cost(Usage { prompt_tokens: u64::MAX, completion_tokens: u64::MAX, ..Usage::default() }), u64::MAX);
}

#[test]
fn cached_tokens_have_their_price() {
    let p = Provider { price_in_microdollars: 1_000_000, price_out_microdollars: 2_000_000, ..Provider::default() };
    let usage = Usage { prompt_tokens: 100, completion_tokens: 10, cached_tokens: 80, reasoning_tokens: 9 };
    assert_eq!(p.cost(usage), 120, "without a price of their own they cost as the others");
    let p = Provider { price_cached_microdollars: 100_000, ..p };
    assert_eq!(p.cost(usage), 20 + 8 + 20);
    assert_eq!(p.cost(Usage { cached_tokens: 900, ..usage }), 10 + 20, "never more than there are");
    assert_eq!(p.cost_most(usage), 120);
    let dear = Provider { price_cached_microdollars: 3_000_000, ..p };
    assert_eq!(dear.cost_most(usage), 320);
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
    for bad in ["", "api.example", "ftp://api.example", "https://me:secret@api.example", "https://api.example/v1?key=x"]
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
    assert_eq!(with(|p| p.connect_timeout_ms = 0), "llm.providers[0].connect_timeout_ms");
    assert_eq!(with(|p| p.first_token_ms = 900_001), "llm.providers[0].first_token_ms");
    assert_eq!(with(|p| p.stall_ms = 0), "llm.providers[0].stall_ms");
    assert_eq!(with(|p| p.drip_chars_min = 10_001), "llm.providers[0].drip_chars_min");
    assert_eq!(with(|p| p.keep_alive = "for ever".into()), "llm.providers[0].keep_alive");
    assert_eq!(with(|p| p.num_ctx = 10_000_001), "llm.providers[0].num_ctx");
    let twice =
        Settings { providers: vec![good.clone(), good], attempts_max: 0, retry_delay_ms_max: 1, ..Settings::default() };
    assert_eq!(twice.validate("llm").len(), 3);
}
