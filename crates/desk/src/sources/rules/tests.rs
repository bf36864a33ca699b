use super::*;

fn rule(field: Field, test: Test, value: &str, action: Action) -> Rule {
    Rule { name: format!("{field:?} {value}"), field, test, value: value.to_owned(), action }
}

fn judge(rules: &[Rule], subject: &Subject) -> Verdict {
    Rules::read(rules, "/rules").unwrap().judge(subject)
}

fn drops(field: Field, test: Test, value: &str, subject: &Subject) -> bool {
    judge(&[rule(field, test, value, Action::Drop)], subject) == Verdict::Dropped(0)
}

const AUTHORS: &[&str] = &["Ada Price", "Öykü Işık"];

fn with<T>(then: impl FnOnce(&Subject) -> T) -> T {
    let authors: Vec<String> = AUTHORS.iter().map(|&name| name.to_owned()).collect();
    let categories = vec!["Local Politics".to_owned(), "sport".to_owned()];
    then(&Subject {
        title: "Council's vote: the party ends in Ankara'da",
        text: "The harbour wall was closed on Monday. Nobody was hurt, said the mayor of Port Alder.",
        authors: &authors,
        categories: &categories,
        url: Some("https://town.example/sport/wall?x=1"),
        language: "en",
    })
}

#[test]
fn words_and_phrases_are_found_whole_and_in_any_case() {
    with(|subject| {
        let drops = |field, value| drops(field, Test::Has, value, subject);
        for value in
            ["PARTY", "art, party", "port alder", "Harbour Wall, x", "ankara", "council", "sport", "local politics"]
        {
            assert!(drops(Field::Any, value), "{value}");
        }
        for value in ["art", "arty", "alder port", "harbour was", "wall harbour", "mayor of port alder said", "counci"]
        {
            assert!(!drops(Field::Any, value), "{value}");
        }
        assert!(drops(Field::Title, "party") && !drops(Field::Text, "party"));
        assert!(
            drops(Field::Author, "öykü ışık") && drops(Field::Author, "OYKU, PRICE") && !drops(Field::Title, "Price")
        );
        assert!(drops(Field::Category, "politics") && !drops(Field::Category, "wall"));
        assert!(drops(Field::Url, "sport") && drops(Field::Url, "town.example"));
    });
}

#[test]
fn whole_values_patterns_and_numbers() {
    with(|subject| {
        let drops = |field, test, value| drops(field, test, value, subject);
        assert!(drops(Field::Language, Test::Is, "de, EN") && !drops(Field::Language, Test::Is, "de"));
        assert!(drops(Field::Category, Test::Is, "Sport") && !drops(Field::Category, Test::Is, "politics"));
        assert!(drops(Field::Url, Test::Matches, r"/SPORT/\w+\?") && !drops(Field::Url, Test::Matches, "(?-i)SPORT"));
        assert!(
            drops(Field::Any, Test::Matches, "^the harbour") && !drops(Field::Title, Test::Matches, "^the harbour")
        );
        assert!(drops(Field::Length, Test::Below, "17") && !drops(Field::Length, Test::Below, "16"));
        assert!(drops(Field::Length, Test::Above, "15") && !drops(Field::Length, Test::Above, "16"));
        assert!(drops(Field::Score, Test::Below, "1.01") && !drops(Field::Score, Test::Above, "1"));
    });
}

#[test]
fn what_drops_goes_before_what_keeps() {
    with(|subject| {
        let keep = |value| rule(Field::Any, Test::Has, value, Action::Keep);
        let drop = |value| rule(Field::Any, Test::Has, value, Action::Drop);
        let judge = |rules: &[Rule]| judge(rules, subject);
        assert_eq!(judge(&[]), Verdict::Passes);
        assert_eq!(judge(&[keep("wall")]), Verdict::Passes);
        assert_eq!(judge(&[keep("moon")]), Verdict::NotKept);
        assert_eq!(judge(&[keep("moon"), keep("wall")]), Verdict::Passes);
        assert_eq!(judge(&[keep("wall"), drop("moon"), drop("party")]), Verdict::Dropped(2));
        assert_eq!(judge(&[drop("moon")]), Verdict::Passes);
        let rules = Rules::read(&[keep("moon"), drop("party")], "").unwrap();
        assert_eq!(rules.why(rules.judge(subject)).unwrap(), "rule: Any party");
        assert_eq!(rules.why(Verdict::Passes), None);
    });
}

#[test]
fn faults_are_all_told_with_their_places() {
    let bad = [
        rule(Field::Any, Test::Matches, "(unclosed", Action::Drop),
        rule(Field::Any, Test::Has, " , ", Action::Drop),
        rule(Field::Length, Test::Has, "3", Action::Drop),
        rule(Field::Title, Test::Below, "3", Action::Drop),
        rule(Field::Score, Test::Below, "good", Action::Drop),
        rule(Field::Score, Test::Above, "NaN", Action::Drop),
        rule(Field::Any, Test::Matches, r"(\w{100}){100}{100}", Action::Drop),
        Rule { name: "long".into(), ..rule(Field::Any, Test::Has, &"x".repeat(VALUE_CHARS + 1), Action::Drop) },
        Rule { name: " ".into(), ..rule(Field::Any, Test::Has, "x", Action::Drop) },
    ];
    let faults = Rules::read(&bad, "/rules").unwrap_err();
    let places: Vec<&str> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
    assert_eq!(
        places,
        [
            "/rules/0/value",
            "/rules/1/value",
            "/rules/2/test",
            "/rules/3/test",
            "/rules/4/value",
            "/rules/5/value",
            "/rules/6/value",
            "/rules/7/value",
            "/rules/8/name",
        ]
    );
    assert!(faults[0].detail.contains("unclosed group"), "{}", faults[0].detail);
    let many = vec![rule(Field::Any, Test::Has, "x", Action::Drop); RULES_MAX + 1];
    assert_eq!(Rules::read(&many, "/rules").unwrap_err()[0].pointer, "/rules");
}

#[test]
fn a_hostile_pattern_takes_no_longer_than_its_text() {
    let text = "a".repeat(100_000);
    let subject = Subject { title: "", text: &text, authors: &[], categories: &[], url: None, language: "und" };
    // Exponential for an engine that goes back.
    assert_eq!(judge(&[rule(Field::Text, Test::Matches, "(a+)+$b", Action::Drop)], &subject), Verdict::Passes);
}

#[test]
fn rules_are_read_from_what_the_console_sends() {
    let text = r#"{"name":"No sport","field":"category","test":"is","value":"sport","action":"drop"}"#;
    let read: Rule = serde_json::from_str(text).unwrap();
    assert_eq!(read, Rule { name: "No sport".into(), ..rule(Field::Category, Test::Is, "sport", Action::Drop) });
    assert_eq!(serde_json::to_string(&read).unwrap(), text);
}
