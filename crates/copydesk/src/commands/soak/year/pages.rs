//! What the sites of a simulated year write: titles, texts and documents.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use stdx::{Rng, Timestamp};

use super::world::{Dates, Format, Names, Site};

const WORDS: &[&str] = &[
    "harbour", "council", "bridge", "market", "winter", "school", "ferry", "report", "garden", "museum", "river",
    "budget", "signal", "tunnel", "orchard", "library", "valley", "election", "concert", "factory", "station",
    "weather", "village", "journal", "castle", "forest", "island", "doctor", "farmer", "teacher", "opens", "closes",
    "moves", "grows", "waits", "decides", "explains", "returns", "builds", "repairs", "quickly", "slowly", "early",
    "tomorrow", "again", "beside", "behind", "without", "between", "against", "yellow", "silent", "heavy", "narrow",
    "public", "modern", "quiet", "seven", "eleven", "thousand", "almost", "perhaps", "mostly", "nearby",
];
const COLUMNS: [&str; 7] =
    ["Morning briefing", "Weather", "The day in pictures", "Traffic", "Letters", "On this day", "Evening briefing"];

/// The word with which each text begins, so that it can be told whose an item is.
pub fn token(site: u32, article: usize) -> String {
    format!("s{site}a{article}")
}

/// The opposite of [`token`]: of a text's first word.
pub fn read_token(text: &str) -> Option<(u32, usize)> {
    let (site, article) = text.split_whitespace().next()?.strip_prefix('s')?.split_once('a')?;
    Some((site.parse().ok()?, article.parse().ok()?))
}

pub fn title(site: &Site, article: usize, edition: u16) -> String {
    if site.habits.same_titles {
        return COLUMNS[article % COLUMNS.len()].to_owned();
    }
    let dice = dice(site.number, article, "title");
    let mut title = format!("{} {} {} {article}", word(&dice), word(&dice), word(&dice));
    if edition > 0 {
        title += &format!(", corrected {edition}");
    }
    title
}

/// In paragraphs: the first as it was, and one for each later edition.
pub fn text(site: &Site, article: usize, edition: u16) -> Vec<String> {
    let dice = dice(site.number, article, "text");
    let words: Vec<&str> = (0..22 + dice.below(20)).map(|_| word(&dice)).collect();
    let mut parts = vec![format!("{} {}.", token(site.number, article), words.join(" "))];
    parts.extend((1..=edition).map(|n| format!("Update {n}: {} {} {}.", word(&dice), word(&dice), word(&dice))));
    parts
}

fn dice(site: u32, article: usize, what: &str) -> Rng {
    let mut hash = DefaultHasher::new();
    (site, article, what).hash(&mut hash);
    Rng::seeded(hash.finish())
}

fn word(dice: &Rng) -> &'static str {
    WORDS[dice.below(WORDS.len() as u64) as usize]
}

/// The document of these articles.
pub fn document(site: &Site, shown: &[usize], now: Timestamp) -> String {
    let made = if site.habits.restless { now.http_date() } else { String::new() };
    let home = format!("https://site{}.example/", site.number);
    let entries = shown.iter().map(|index| entry(site, *index, &home));
    match site.habits.format {
        Format::Rss => format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\"><channel><title>Site {}</title><link>{home}</link>\
             <lastBuildDate>{made}</lastBuildDate>\n{}</channel></rss>",
            site.number,
            entries.collect::<String>()
        ),
        Format::Atom => format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>Site {}</title>\
             <link href=\"{home}\"/><subtitle>{made}</subtitle>\n{}</feed>",
            site.number,
            entries.collect::<String>()
        ),
        Format::Json => format!(
            "{{\"version\":\"https://jsonfeed.org/version/1.1\",\"title\":\"Site {}\",\"home_page_url\":\"{home}\",\
             \"description\":\"{made}\",\"items\":[\n{}]}}",
            site.number,
            entries.collect::<Vec<_>>().join(",\n")
        ),
    }
}

/// Nothing in it needs to be escaped but the markup of the text.
fn entry(site: &Site, index: usize, home: &str) -> String {
    let (article, habits) = (&site.articles[index], &site.habits);
    let id = format!("{}-{index}.{}", site.number, article.names.0);
    let link = match habits.names {
        Names::IdAndAddress | Names::Address if article.names.1 == 0 => Some(format!("{home}{index}")),
        Names::IdAndAddress | Names::Address => Some(format!("{home}v{}/{index}", article.names.1)),
        Names::IdAndSharedAddress => Some(format!("{home}live")),
        Names::Id | Names::Nothing => None,
    };
    let id = Some(id).filter(|_| !matches!(habits.names, Names::Address | Names::Nothing));
    let title = title(site, index, article.edition.0);
    let text = text(site, index, article.edition.1);
    let part = |name: &str, value: Option<String>| value.map(|value| name.replace('$', &value)).unwrap_or_default();
    let unreadable = habits.dates == Dates::Unreadable;
    match habits.format {
        Format::Rss => {
            let date = article.dated.map(Timestamp::http_date).or(unreadable.then(|| "a while ago".to_owned()));
            let html: String = text.iter().map(|p| format!("&lt;p&gt;{p}&lt;/p&gt;")).collect();
            format!(
                "<item><title>{title}</title>{}{}{}<description>{html}</description></item>\n",
                part("<link>$</link>", link),
                part("<guid isPermaLink=\"false\">$</guid>", id),
                part("<pubDate>$</pubDate>", date)
            )
        }
        Format::Atom => {
            let date = article.dated.map(|at| at.to_string()).or(unreadable.then(|| "a while ago".to_owned()));
            let html: String = text.iter().map(|p| format!("&lt;p&gt;{p}&lt;/p&gt;")).collect();
            format!(
                "<entry><title>{title}</title>{}{}{}<content type=\"html\">{html}</content></entry>\n",
                part("<id>urn:$</id>", id),
                part("<link href=\"$\"/>", link),
                part("<published>$</published>", date)
            )
        }
        Format::Json => {
            let date = article.dated.map(|at| at.to_string()).or(unreadable.then(|| "a while ago".to_owned()));
            let html: String = text.iter().map(|p| format!("<p>{p}</p>")).collect();
            format!(
                "{{{}\"title\":\"{title}\",{}{}\"content_html\":\"{html}\"}}",
                part("\"id\":\"$\",", id),
                part("\"url\":\"$\",", link),
                part("\"date_published\":\"$\",", date)
            )
        }
    }
}

pub fn etag(body: &str) -> String {
    let mut hash = DefaultHasher::new();
    body.hash(&mut hash);
    format!("\"{:x}\"", hash.finish())
}
