use proptest::prelude::*;

use super::*;

mod cases;

const SOURCE: &str = "ANKARA (AA) - Turkey's central bank raised its main rate to 45% on Thursday, two days after inflation reached 64.8 percent. \
    Governor Fatih Karahan said: “We will keep a tight stance until prices cool.” \
    Exports rose to $1.4 billion, with 1,250 firms in 12 cities taking part. The talks in the U.S. go on.";

fn found(draft: &str) -> Vec<(Kind, String)> {
    check(draft, &[SOURCE]).unsupported.into_iter().map(|u| (u.kind, u.text)).collect()
}

fn without(kinds: &[Kind], draft: &str, source: &str) -> bool {
    !check(draft, &[source]).unsupported.iter().any(|u| kinds.contains(&u.kind))
}

#[test]
fn source_sentences_are_verbatim() {
    for draft in [
        "Turkey's central bank raised its main rate to 45% on Thursday, two days after inflation reached 64.8 percent.",
        "Turkey’s central bank raised its main rate to 45% on Thursday, two days after inflation reached 64.8 percent. The talks in the U.S. go on.",
        "Governor Fatih Karahan said: \"We will keep a tight stance until prices cool.\"",
        "The talks in the U.S. go on.\n\nExports rose to $1.4 billion, with 1,250 firms in 12 cities taking part.",
    ] {
        let report = check(draft, &["other text", SOURCE]);
        assert!(report.verbatim && report.supported && report.unsupported.is_empty(), "{draft}: {report:?}");
        assert!(report.sentences.iter().all(|s| s.source == Some(1) && s.support == 1.0));
    }
    let cut = check("Inflation reached 64.8 percent.", &[SOURCE]);
    assert!(!cut.verbatim && cut.supported);
    assert!(!check("", &[SOURCE]).supported && !check("A sentence without any source.", &[]).verbatim);
}

#[test]
fn numbers_are_compared_by_value_and_unit() {
    let cases = [
        ("It was 1.4m.", "It was 1,400,000.", true),
        ("It was 1.4 million dollars.", "It was $1,400,000.", true),
        ("It was 1,4 Millionen Euro.", "It was €1.4 million.", true),
        ("Fiyat 1.250,50 TL oldu.", "Fiyat ₺1250,5 oldu.", true),
        ("Enflasyon %64,8 oldu.", "Inflation reached 64.8 per cent.", true),
        ("Enflasyon yüzde 64,8 oldu.", "Inflation reached 64.8%.", true),
        ("Two firms and 7 banks.", "2 firms and seven banks.", true),
        ("Zwei Firmen.", "İki firma.", true),
        ("On 3 May 2026 at 14:30.", "2026-05-03, 14:30, May", true),
        ("Between 5 and 7 percent.", "5–7 %", true),
        ("The 3rd of 21 rounds.", "Round 3 of 21", true),
        ("5 percent.", "between 5 and 7 percent", true),
        ("It was 1.5m.", "It was 1,400,000.", false),
        ("It rose 5 percent.", "It rose by 5 points.", false),
        ("It cost €5.", "It cost $5.", false),
        ("Three firms.", "Two firms.", false),
        ("At 15:30.", "At 14:30.", false),
        ("It grew 2.9.", "It grew 29.", false),
        ("It grew 9.", "It grew 2.9.", false),
        ("In 2027.", "In 2026.", false),
        ("It was 1,250 billion.", "It was 1,250 million.", false),
        ("It was 1.400.", "It was 1,400.", true),
        ("It was 0.400.", "It was 400.", false),
        ("It was 12.10.2027.", "It was 12.10.2026.", false),
        ("It was 1 000 and CHF 1'250'000.", "It was 1,000 and 1.250.000.", false),
        ("It was 1\u{a0}000 and CHF 1'250'000.", "It was 1,000 and 1.250.000.", true),
    ];
    for (draft, source, expected) in cases {
        let found = without(&[Kind::Number, Kind::Date, Kind::Unit], draft, source);
        assert_eq!(found, expected, "{draft} / {source}: {:?}", check(draft, &[source]).unsupported);
    }
}

#[test]
fn numerals_and_fractions_are_read() {
    let cases = [
        ("Dört bin beş yüz kişi geldi.", "4.500 kişi geldi.", true),
        ("Müzeyi bin iki yüz kişi gezdi.", "Müzeyi 1.200 kişi gezdi.", true),
        ("Müzeyi bin üç yüz kişi gezdi.", "Müzeyi 1.200 kişi gezdi.", false),
        ("Ürünün beşte dördü satıldı.", "Ürünün yüzde 80'i satıldı.", true),
        ("Ürünün beşte üçü satıldı.", "Ürünün yüzde 80'i satıldı.", false),
        ("Madencilerden dokuzu çıkarıldı.", "Dokuzunun çıkarıldığı bildirildi.", true),
        ("It has twelve hundred seats.", "It has 1,200 seats.", true),
        ("Nine out of ten colonies survived.", "Of 40 colonies, 36 survived.", true),
        ("Eight out of ten colonies survived.", "Of 40 colonies, 36 survived.", false),
        ("It takes a little under two weeks.", "It takes eleven days.", true),
        ("It was put off by three weeks.", "It was put off from 12 September to 3 October.", true),
        ("It happened shortly before 8.", "It happened at 7:42 a.m.", true),
        ("It happened shortly before 6.", "It happened at 7:42 a.m.", false),
        ("The B417 is closed.", "The B417 is closed.", true),
        ("The rate rose by 0.25 points.", "The rate rose by a quarter point.", true),
    ];
    for (draft, source, expected) in cases {
        let found = without(&[Kind::Number, Kind::Date, Kind::Unit], draft, source);
        assert_eq!(found, expected, "{draft} / {source}: {:?}", check(draft, &[source]).unsupported);
    }
}

#[test]
fn who_is_ahead_is_told() {
    let source = "Rhea Santos leads the race with 39 percent; Diego Luna has 35 percent.";
    assert!(check("Rhea Santos is four points ahead of Diego Luna.", &[source]).supported);
    let source = "Ana Ruiz is four points ahead of Diego Luna.";
    assert!(check("Ana Ruiz is ahead of Diego Luna by four points.", &[source]).supported);
    assert!(!check("Ana Ruiz is four points behind Diego Luna.", &[source]).supported);
}

#[test]
fn a_rate_has_its_time() {
    let source = "The sharks covered 14 kilometres a day.";
    assert!(!check("The animals covered 14 kilometres an hour.", &[source]).supported);
    assert!(check("The animals covered 14 kilometres each day.", &[source]).supported);
    let source = "Drone günde 60 dönüm tarıyor.";
    assert!(!check("Drone saatte 60 dönüm tarıyor.", &[source]).supported);
}

#[test]
fn a_denied_claim_is_no_fact() {
    let source = "Brightwater denied on Thursday that it plans to sell its frozen pizza division.";
    assert!(
        check("Brightwater does not plan to sell its frozen pizza division, it said on Thursday.", &[source]).supported
    );
    assert!(!check("Brightwater plans to sell its frozen pizza division, it said on Thursday.", &[source]).supported);
    let source = "Yıldız Sineması'nın kapatılacağı yönündeki haberler yalanlandı.";
    assert!(check("Yıldız Sineması kapatılmıyor.", &[source]).supported);
    assert!(!check("Yıldız Sineması kapatılıyor.", &[source]).supported);
}

#[test]
fn exchanged_names_are_told() {
    let source = "Union leader Marcus Oyelaran accused the operator of 'gambling with passengers' lives' by extending shifts. \
        Director Helen Straw said the new rota complied with the law.";
    let turned = "According to Marcus Oyelaran, the new rota is legal, while Helen Straw says longer shifts amount to gambling with passengers' lives.";
    let report = check(turned, &[source]);
    assert!(report.unsupported.iter().any(|u| u.kind == Kind::Attribution), "{report:?}");
    let right = "According to Helen Straw, the new rota is legal, while Marcus Oyelaran says longer shifts amount to gambling with passengers' lives.";
    assert!(check(right, &[source]).supported, "{:?}", check(right, &[source]).unsupported);
}

#[test]
fn quotations_are_verbatim_but_for_punctuation() {
    let cases = [
        ("He said \"we will keep a tight stance\".", true),
        ("He said, “We will keep … until prices cool”.", true),
        ("He said ‘we will keep’ it.", true),
        ("»We will keep«, he said, and «a tight stance».", true),
        ("„We will keep a tight stance“, sagte er.", true),
        ("He said \"we will not keep a tight stance\".", false),
        ("He said “we will loosen”.", false),
        ("He spoke of a ‘soft landing’ there.", false),
        ("It's the bank's rate, and prices' fall.", true),
        ("A stray \" mark.", true),
    ];
    for (draft, expected) in cases {
        assert_eq!(without(&[Kind::Quotation], draft, SOURCE), expected, "{draft}");
    }
}

#[test]
fn foreign_names_decide() {
    assert_eq!(found("Governor Karahan raised the main rate."), []);
    assert_eq!(
        found("The central bank raised its main rate to 45% on Thursday, said Mehmet Öz in Ankara."),
        [(Kind::Name, "Mehmet Öz".to_owned())]
    );
    let report = check("Central bank governor John Karahan raised the main rate.", &[SOURCE]);
    assert!(!report.supported && report.unsupported.iter().any(|u| u.kind == Kind::Name && u.text == "John Karahan"));
    assert_eq!(
        check("Karahan'ın Ankara'daki açıklaması.", &["Karahan Ankara açıklaması"])
            .unsupported
            .iter()
            .filter(|u| u.kind == Kind::Name)
            .count(),
        0
    );
}

#[test]
fn a_sentence_from_nowhere_is_reported() {
    let report = check("Penguins enjoy warm herring soup. Inflation reached 64.8 percent.", &[SOURCE]);
    let kinds: Vec<(Kind, usize)> = report.unsupported.iter().map(|u| (u.kind, u.start)).collect();
    assert_eq!(kinds, [(Kind::Sentence, 0)]);
    assert_eq!((report.sentences[0].source, report.sentences[1].source), (None, Some(0)));
    assert!(report.sentences[1].support > 0.9);
}

#[test]
fn a_copied_sentence_may_have_company() {
    let source = "The mayor of Stowe, Ellen Marsh, opened the bridge on Friday. Critics said the minister, Paul Reed, had delayed it for 3 years.";
    let cases = [
        ("Critics said the minister, Paul Reed, had delayed it for 3 years. https://news.example/12-bridge", true),
        ("The mayor of Stowe, Ellen Marsh, opened the bridge on Friday (https://news.example/a/12).", true),
        ("In Stowe: the mayor of Stowe, Ellen Marsh, opened the bridge on Friday!", true),
        ("According to Agence Zeta, the mayor of Stowe, Ellen Marsh, opened the bridge on Friday.", false),
        ("Critics said the minister, Paul Reed, had delayed it for 4 years. https://news.example/12-bridge", false),
    ];
    for (draft, expected) in cases {
        let report = check(draft, &[source]);
        assert_eq!(report.supported, expected, "{draft}: {:?}", report.unsupported);
    }
}

#[test]
fn numbers_may_be_worked_out() {
    let cases = [
        ("They wait 12 weeks less.", "Waiting fell from 41 weeks to 29 weeks.", true),
        ("Two in five children were ill.", "Of the children 40 percent were ill.", true),
        ("It lasted about three hours.", "It began at 11 p.m. and ended at 2 a.m.", true),
        ("Half of it, 600 tonnes, is wheat.", "Half of the 1,200 tonnes is wheat.", true),
        ("Landing fees rose by 20 per cent.", "Landing fees rose by a fifth.", true),
        ("They wait 13 weeks less.", "Waiting fell from 41 weeks to 29 weeks.", false),
        ("Three in five children were ill.", "Of the children 40 percent were ill.", false),
        ("Fewer than 300 homes were dark.", "More than 300 homes were dark.", false),
        ("It was her second novel.", "It was her third novel.", false),
        ("Profit was $840 million.", "Revenue was $840 million.", false),
    ];
    for (draft, source, expected) in cases {
        let found = without(&[Kind::Number, Kind::Date, Kind::Unit], draft, source);
        assert_eq!(found, expected, "{draft} / {source}: {:?}", check(draft, &[source]).unsupported);
    }
}

#[test]
fn a_draft_may_glue_what_was_apart() {
    // The splitter cannot know that "U.S." ends here, the parts are still source sentences.
    let report = check("They met in the U.S. Leaders smiled.", &["They met in the U.S.", "Leaders smiled."]);
    assert!(report.verbatim);
    assert!(!check("They met in the U.S. Leaders frowned.", &["They met in the U.S.", "Leaders smiled."]).verbatim);
}

#[test]
fn long_input_is_bounded() {
    let long = "Word after word comes in here. ".repeat(20_000);
    let report = check(&long, &[&long]);
    let compared = report.sentences.iter().filter(|s| s.source.is_some()).count();
    assert!(!report.verbatim && compared == DRAFT_SENTENCES_MAX);
    // What is kept of the sources, and with it every loop over it, has an end.
    let known = Known::of(&[&long, &long]);
    assert_eq!(known.support.len(), SOURCE_SENTENCES_MAX);
    assert!(known.readings.iter().all(|reading| reading.tokens.len() <= 30_000));
    let marks = known.readings.iter().flat_map(|reading| &reading.tokens).map(|token| token.mark);
    assert!(marks.into_iter().all(|mark| known.spots(mark).len() <= known::SPOTS_MAX + 1));
    let marks = "\"“‘«".repeat(20_000) + &"9,".repeat(50_000) + &"1 million ".repeat(10_000);
    assert!(check(&marks, &[&marks]).unsupported.is_empty());
}

proptest! {
    #[test]
    fn any_text_is_checked(draft in ".{0,120}", source in ".{0,120}") {
        let report = check(&draft, &[&source]);
        for u in &report.unsupported {
            prop_assert_eq!(&draft[u.start..u.end], u.text.as_str());
        }
    }

    #[test]
    fn a_text_supports_itself(text in "([A-Z][a-zı]{1,8} [0-9.,]{1,6}[0-9] ([a-zç]{1,7} ?){1,6}%?[.!?] ?){1,5}") {
        let report = check(&text, &[&text]);
        prop_assert!(report.supported && report.verbatim, "{:?}", report);
        prop_assert!(number::numbers("no digits", false).0.is_empty());
        let mut numbers = number::Numbers::default();
        let (found, _) = number::numbers(&text, false);
        numbers.add(&text, &found);
        numbers.finish();
        prop_assert!(found.iter().all(|number| numbers.holds(&text, number)));
    }
}
