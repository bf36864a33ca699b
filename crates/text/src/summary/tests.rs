use proptest::prelude::*;

use super::*;
use crate::ground;

#[test]
fn lists_are_sorted_and_folded() {
    assert!(candidate::lists_are_sorted());
}

fn document<'a>(title: &'a str, text: &'a str) -> Document<'a> {
    Document { title, text, source: "Harbour Post", url: "https://www.harbourpost.example/a", published_at: None }
}

const FIRST: &str = "IZMIR, Nov 3 (Reuters) - The port of Izmir reopened on Monday after a storm had closed it for three days, the port authority said. \
    Forty ships had been waiting outside the bay since Friday. However, two of the nine cranes remain out of service. \
    “Repairs will take until the end of the week,” said harbour master Deniz Kaya. Subscribe to our newsletter for more harbour news. \
    The storm brought winds of 110 kilometres per hour and flooded warehouses on the northern quay. Insurers put the damage at 14 million lira.";
const SECOND: &str = "Ships began to enter the port of Izmir again on Monday, three days after a storm closed it. \
    A grain carrier from Odesa moored first, shortly before noon. He thanked the pilots. \
    Exporters of dried figs had warned that a longer closure would spoil 2,000 tonnes of fruit. Click here to read more about figs. \
    The railway to Manisa stays shut until Wednesday because a bridge was damaged.";
const THIRD: &str = "The port authority of Izmir said on Monday that the harbour is open again after the storm. \
    Fishermen in Foça lost eleven boats, the mayor said. What will the winter bring? \
    The meteorological service expects calm weather until the weekend.";

fn cluster() -> [Document<'static>; 3] {
    [
        document("PORT OF IZMIR REOPENS AFTER STORM | Harbour Post", FIRST),
        document("Why did the port close? You need to know this - Harbour Post", SECOND),
        document("Izmir harbour open again", THIRD),
    ]
}

#[test]
fn a_cluster_becomes_a_story() {
    let documents = cluster();
    let summary = summarise(&documents, &Settings { share_max: 0.8, ..Settings::default() });
    let text = summary.text();
    let words = crate::word::words(&text).count();
    assert!((100..=220).contains(&words), "{words}: {text}");
    assert_eq!(summary.headline, "Izmir harbour open again", "not the one in capitals, not the question");
    assert!(
        text.starts_with("The port of Izmir reopened")
            || text.starts_with("Ships began")
            || text.starts_with("The port authority"),
        "{text}"
    );
    for absent in ["Subscribe", "Click here", "He thanked", "Reuters", "What will"] {
        assert!(!text.contains(absent), "{absent}: {text}");
    }
    // One way to say that it is open again is enough.
    assert!(summary.sentences.iter().filter(|p| p.text.contains("again") || p.text.contains("reopened")).count() < 3);
    let used: std::collections::BTreeSet<usize> = summary.sentences.iter().map(|p| p.document).collect();
    assert_eq!(used.len(), 3);
    assert_eq!(summary, summarise(&documents, &Settings { share_max: 0.8, ..Settings::default() }));
    let report = ground::check(&text, &[FIRST, SECOND, THIRD]);
    assert!(report.verbatim && report.supported, "{report:?}");
}

#[test]
fn leaning_sentences_follow_their_support() {
    let summary =
        summarise(&cluster(), &Settings { share_max: 1.0, words_max: 400, sentences: 40, run_words_max: 400 });
    for (i, pick) in summary.sentences.iter().enumerate() {
        if pick.text.starts_with("However") || pick.text.starts_with("He ") {
            let before = &summary.sentences[i - 1];
            assert_eq!(before.document, pick.document);
            assert!(before.sentence_end + 1 == pick.sentence_start);
        }
    }
    assert!(
        summary.text().contains("Forty ships had been waiting outside the bay since Friday. However, two"),
        "{}",
        summary.text()
    );
}

#[test]
fn limits_hold() {
    let documents = cluster();
    let two = summarise(&documents, &Settings { sentences: 2, ..Settings::default() });
    assert_eq!(two.sentences.len(), 2);
    let few = summarise(&documents, &Settings { words_max: 30, ..Settings::default() });
    assert!(crate::word::words(&few.text()).count() <= 30 && !few.sentences.is_empty());
    let single = summarise(&documents[..1], &Settings { share_max: 0.3, ..Settings::default() });
    let words = |t: &str| crate::word::words(t).count() as f32;
    assert!(words(&single.text()) <= 0.31 * words(FIRST), "{}", single.text());
    assert_eq!(summarise(&[], &Settings::default()), Summary::default());
    let bare = summarise(&[document("A title and no text at all", "")], &Settings::default());
    assert_eq!((bare.headline.as_str(), bare.sentences.len()), ("A title and no text at all", 0));
    let untitled = summarise(&[document("", SECOND)], &Settings::default());
    assert!(untitled.headline.starts_with("Ships began to enter the port"), "{}", untitled.headline);
}

#[test]
fn a_source_is_not_taken_over_in_one_piece() {
    let settings = Settings { share_max: 1.0, run_words_max: 40, ..Settings::default() };
    let summary = summarise(&cluster()[..1], &settings);
    let longest = crate::lift::find(&summary.text(), &[FIRST], 1).lifts.iter().map(|lift| lift.words).max();
    assert!(longest <= Some(40) && summary.sentences.len() > 2, "{longest:?} {}", summary.text());
    let free = summarise(&cluster()[..1], &Settings { share_max: 1.0, run_words_max: 400, ..Settings::default() });
    assert!(free.sentences.len() > summary.sentences.len());
}

#[test]
fn other_headlines_are_told_without_bait() {
    let documents = [
        document("Izmir harbour is open to ships again", THIRD),
        document("Why did the port close? You need to know this", SECOND),
        document("Port of Izmir reopens on Monday after storm | Harbour Post", FIRST),
        document("Izmir Harbour Is Open To Ships Again", THIRD),
    ];
    let summary = summarise(&documents, &Settings::default());
    let all: Vec<&str> = std::iter::once(&summary.headline).chain(&summary.alternatives).map(|t| &**t).collect();
    assert_eq!(all.len(), 2, "{all:?}");
    assert!(all.contains(&"Port of Izmir reopens on Monday after storm"));
}

#[test]
fn headlines_are_cleaned() {
    let cleaned = |title: &str, text: &str| summarise(&[document(title, text)], &Settings::default()).headline;
    assert_eq!(cleaned("BREAKING: Port reopens after storm - Harbour Post", THIRD), "Port reopens after storm");
    assert_eq!(cleaned("Storm - a long one - closes port", THIRD), "Storm - a long one - closes port");
    assert_eq!(cleaned("Port reopens | World | Harbour Post", THIRD), "Port reopens");
    assert_eq!(
        cleaned(
            "SON DAKİKA: İZMİR LİMANI FIRTINADAN SONRA AÇILDI",
            "Fırtınadan sonra İzmir Limanı yeniden açıldı. Valilik İzmir Limanı için açıklama yaptı."
        ),
        "İzmir Limanı fırtınadan sonra açıldı"
    );
    assert_eq!(cleaned("Update 2: Port reopens after storm", THIRD), "Port reopens after storm");
}

#[test]
fn turkish_and_german_sources() {
    let turkish = "İZMİR (AA) – İzmir Limanı, fırtına nedeniyle üç gün kapalı kaldıktan sonra pazartesi günü yeniden açıldı. \
        Ancak dokuz vinçten ikisi hâlâ çalışmıyor. Liman Başkanı Deniz Kaya, onarımın hafta sonuna kadar süreceğini söyledi. \
        Bültenimize abone olun ve haberleri kaçırmayın. Sigortacılar zararı 14 milyon lira olarak hesapladı.";
    let summary = summarise(
        &[document("İzmir Limanı yeniden açıldı", turkish)],
        &Settings { share_max: 1.0, ..Settings::default() },
    );
    assert!(summary.sentences.len() >= 3 && !summary.text().contains("abone"), "{}", summary.text());
    assert!(summary.sentences[0].text.starts_with("İzmir Limanı, fırtına"));
    assert!(ground::check(&summary.text(), &[turkish]).verbatim);
    let german = "Berlin (dpa) - Die Bundesbank erwartet für 2027 ein Wachstum von 1,2 Prozent. „Die Lage hellt sich auf“, sagte Präsident Joachim Nagel am 3. Oktober. \
        Er nannte die Exporte als Grund. Hier klicken und weiterlesen für mehr Nachrichten.";
    let summary = summarise(
        &[document("Bundesbank erwartet Wachstum", german)],
        &Settings { share_max: 1.0, ..Settings::default() },
    );
    assert_eq!(summary.sentences.len(), 3, "{}", summary.text());
    assert!(ground::check(&summary.text(), &[german]).verbatim);
}

#[test]
fn excerpts_end_well() {
    let text = "One sentence is here. Another, longer sentence follows\n it (with brackets).";
    assert_eq!(excerpt(text, 200), "One sentence is here. Another, longer sentence follows it (with brackets).");
    assert_eq!(excerpt(text, 30), "One sentence is here.");
    assert_eq!(excerpt(text, 20), "One sentence is…");
    assert_eq!(excerpt("Überraschung,ohne", 8), "Überras…");
    assert_eq!(excerpt("ab, cd", 4), "ab…");
    assert_eq!((excerpt("", 10), excerpt("word", 0)), (String::new(), String::new()));
}

#[test]
fn large_clusters_take_bounded_time() {
    let text = format!("{SECOND} {FIRST} ").repeat(400);
    let documents: Vec<Document<'_>> = (0..60).map(|_| document("A title for all of them", &text)).collect();
    let start = std::time::Instant::now();
    let summary = summarise(&documents, &Settings::default());
    assert!(!summary.sentences.is_empty() && start.elapsed().as_secs() < 10, "{:?}", start.elapsed());
}

proptest! {
    #[test]
    fn picks_are_source_text_and_grounded(
        texts in prop::collection::vec("(([A-ZİÇ][a-zçğı]{1,9}|[a-zş]{1,9}|[0-9]{1,4}%?|\"[a-z]{2,6}\"|However,|U\\.S\\.|[(][a-z]+[)])[ \n]){0,40}([A-Z][a-z]{1,6}( [a-z]{1,8}){4,9}[.!?]\"? ?){0,8}", 0..5),
        title in ".{0,60}",
    ) {
        let documents: Vec<Document<'_>> = texts.iter().map(|text| document(&title, text)).collect();
        let summary = summarise(&documents, &Settings::default());
        for pick in &summary.sentences {
            prop_assert_eq!(&texts[pick.document][pick.sentence_start..pick.sentence_end], pick.text.as_str());
        }
        let sources: Vec<&str> = texts.iter().map(|t| &**t).collect();
        let report = ground::check(&summary.text(), &sources);
        prop_assert!(summary.sentences.is_empty() || (report.supported && report.verbatim), "{:?}", report);
    }

    #[test]
    fn excerpts_fit(text in ".{0,120}", max in 0usize..60) {
        let short = excerpt(&text, max);
        prop_assert!(short.chars().count() <= max, "{short:?}");
    }
}
