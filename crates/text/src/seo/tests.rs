use super::*;
use crate::document::{Document, Format};
use crate::language::Language;
use crate::phrase::Lowered;

fn of(text: &str, context: Context) -> Seo {
    read(text, context, Language::English).0
}

fn read(text: &str, context: Context, language: Language) -> (Seo, Vec<String>) {
    let document = Document::of(text, Format::Markdown);
    let tokens = Tokens::of(&document.text);
    let lowered = Lowered::of(&tokens, language);
    let format = Format::Markdown;
    let reading = Reading { original: text, format, document: &document, tokens: &tokens, lowered: &lowered, language };
    let links = crate::structure::measure(&reading).2;
    let (seo, findings) = check(context, &reading, &links);
    (seo, findings.into_iter().map(|finding| text[finding.range].to_owned()).collect())
}

fn failed(seo: &Seo) -> Vec<&str> {
    seo.checks.iter().filter(|check| !check.passed).map(|check| check.name).collect()
}

#[test]
fn a_good_article_passes_and_a_bad_one_is_told_why() {
    let text = "## The school budget grows\n\nThe council approved the school budgets on Tuesday. Members voted nine to four after a long debate in the town hall of the old river port.";
    let good = Context {
        title: Some("Council approves a larger school budget"),
        keyphrase: Some("the school budget"),
        ..Context::default()
    };
    let seo = of(text, good);
    assert_eq!(seo.slug.as_deref(), Some("council-approves-a-larger-school-budget"));
    assert_eq!(seo.keyphrase_count, Some(2));
    assert_eq!(failed(&seo), ["keyphrase_density", "keyphrase_begins_title"]);
    let bad =
        Context { title: Some("NEWS"), keyphrase: Some("ferry"), description: Some("short"), slug: Some("Bad Slug") };
    assert_eq!(
        failed(&of(text, bad)),
        [
            "title_length",
            "title_case",
            "slug",
            "description_length",
            "keyphrase_density",
            "keyphrase_in_lead",
            "keyphrase_in_title",
            "keyphrase_in_description",
            "keyphrase_in_slug",
            "keyphrase_in_heading"
        ]
    );
}

#[test]
fn the_description_is_cut_at_a_sentence_or_a_word() {
    assert_eq!(
        describe(&Tokens::of("One sentence that is long enough to stand by itself here. Two more words.")),
        "One sentence that is long enough to stand by itself here. Two more words."
    );
    let cut = describe(&Tokens::of(&"word ".repeat(100)));
    assert!(cut.ends_with("word…") && cut.chars().count() <= 160);
    assert_eq!(describe(&Tokens::of("")), "");
}

/// Whether the check passes, or `None` when it is not judged.
fn passes(text: &str, context: Context, language: Language, name: &str) -> Option<bool> {
    let (seo, _) = read(text, context, language);
    let check = seo.checks.iter().find(|check| check.name == name)?;
    assert!(!check.reason.is_empty() && !check.remedy.is_empty() && check.value >= 0.0);
    Some(check.passed)
}

#[test]
fn names_are_judged_when_given() {
    let none = Context::default();
    assert!(read("Text.", none, Language::English).0.checks.is_empty());
    let long = "A wide and mighty title with many words in it that goes on and on";
    for (name, good, bad) in [
        (
            "title_length",
            Context { title: Some("A title of twenty words"), ..none },
            Context { title: Some("No"), ..none },
        ),
        ("title_width", Context { title: Some(long), ..none }, Context { title: Some(&"W".repeat(40)), ..none }),
        (
            "title_case",
            Context { title: Some("Köprü açıldı"), ..none },
            Context { title: Some("KÖPRÜ AÇILDI"), ..none },
        ),
        ("slug", Context { slug: Some("kopru-acildi"), ..none }, Context { slug: Some("Köprü Açıldı"), ..none }),
        (
            "description_length",
            Context { description: Some("Fifty characters and some more of what is in here."), ..none },
            Context { description: Some("short"), ..none },
        ),
    ] {
        for language in [Language::English, Language::Turkish] {
            assert_eq!(passes("Text.", good, language, name), Some(true), "{name}");
            assert_eq!(passes("Text.", bad, language, name), Some(false), "{name}");
        }
    }
}

#[test]
fn the_keyphrase_is_found_inflected_and_where_it_belongs() {
    let filler = "Words go on and on here today. ".repeat(16);
    let spread = format!("School budgets grew. {filler}The budget of schools. {filler}School budget.");
    let bunched = format!("School budgets grew. The budget of schools. {filler}{filler}");
    let english = |text: &str, phrase: &str, name: &str| {
        let context = Context {
            title: Some("School budgets: what changes now"),
            slug: Some("school-budgets"),
            description: Some("What the budgets of schools will be next year, and why that matters."),
            keyphrase: Some(phrase),
        };
        passes(text, context, Language::English, name)
    };
    for (name, good, bad) in [
        ("keyphrase_density", spread.as_str(), "Nothing here at all."),
        ("keyphrase_in_lead", "The budgets of the school grew.", "Nothing here. Or here.\n\nSchool budget."),
        ("keyphrase_distribution", spread.as_str(), bunched.as_str()),
        ("keyphrase_in_heading", "## A school budget\n\nText.", "## Else\n\nText."),
        ("keyphrase_in_image_alt", "![School budget](a.png)", "![A dog](a.png)"),
        ("keyphrase_competing_links", "[the report](http://a.b)", "[Our school budget](http://a.b)"),
    ] {
        assert_eq!(english(good, "school budget", name), Some(true), "{name}");
        assert_eq!(english(bad, "school budget", name), Some(false), "{name}");
    }
    for name in ["keyphrase_in_title", "keyphrase_in_slug", "keyphrase_in_description", "keyphrase_begins_title"] {
        assert_eq!(english("Text.", "school budget", name), Some(true), "{name}");
    }
    for name in ["keyphrase_in_title", "keyphrase_in_slug", "keyphrase_in_description"] {
        assert_eq!(english("Text.", "ferry", name), Some(false), "{name}");
    }
    assert_eq!(english("Text.", "change", "keyphrase_begins_title"), Some(false));
    assert_eq!(english("Text.", "of the", "keyphrase_function_words"), Some(false));
    assert_eq!(english("Text.", "school budget", "keyphrase_function_words"), None);
    assert_eq!(english("Text.", "red blue green black white", "keyphrase_length"), Some(false));
    assert_eq!(english("Text.", "red blue", "keyphrase_length"), Some(true));

    let turkish = |text: &str, phrase: &str, name: &str| {
        let context = Context {
            title: Some("Okul bütçesi büyüdü"),
            slug: Some("okul-butcesi-buyudu"),
            description: Some("Okulların bütçesi gelecek yıl yüzde on iki büyüyecek."),
            keyphrase: Some(phrase),
        };
        passes(text, context, Language::Turkish, name)
    };
    for (name, good, bad) in [
        ("keyphrase_in_lead", "Okulların bütçesini artırdılar.", "Burada yok. Burada da.\n\nOkul bütçesi."),
        ("keyphrase_in_heading", "## Okul bütçeleri\n\nMetin.", "## Başka\n\nMetin."),
        ("keyphrase_in_image_alt", "![Okulun bütçesi](a.png)", "![Köpek](a.png)"),
        ("keyphrase_competing_links", "[rapor](http://a.b)", "[Okul bütçesi](http://a.b)"),
    ] {
        assert_eq!(turkish(good, "okul bütçesi", name), Some(true), "{name}");
        assert_eq!(turkish(bad, "okul bütçesi", name), Some(false), "{name}");
    }
    for name in ["keyphrase_in_title", "keyphrase_in_slug", "keyphrase_in_description", "keyphrase_begins_title"] {
        assert_eq!(turkish("Metin.", "okul bütçesi", name), Some(true), "{name}");
        assert_ne!(turkish("Metin.", "vapur", name), Some(true), "{name}");
    }
    assert_eq!(turkish("Metin.", "ve bu", "keyphrase_function_words"), Some(false));
}

#[test]
fn many_headings_need_not_all_name_the_keyphrase() {
    let headings = |with: usize, all: usize| {
        let text: String = (0..all)
            .map(|at| if at < with { "## School budget\n\nText.\n\n" } else { "## Else\n\nText.\n\n" })
            .collect();
        passes(
            &text,
            Context { keyphrase: Some("school budget"), ..Context::default() },
            Language::English,
            "keyphrase_in_heading",
        )
    };
    assert_eq!(
        (headings(2, 5), headings(5, 5), headings(1, 5), headings(1, 1)),
        (Some(true), Some(false), Some(false), Some(true))
    );
}

#[test]
fn competing_links_are_shown_where_they_stand() {
    let context = Context { keyphrase: Some("school budget"), ..Context::default() };
    let (_, found) = read("See the [School *budgets*](http://a.b) page.", context, Language::English);
    assert_eq!(found, ["[School *budgets*](http://a.b)"]);
}
