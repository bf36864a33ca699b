//! Articles as the bytes of a feed or of a page.

use std::fmt::Write;

use serde_json::json;
use stdx::Timestamp;

use super::outlets::{Charset, Format, Outlet};

/// One article, ready to be shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// Number of its event.
    pub index: u64,
    /// Does not depend on where the demo listens.
    pub id: String,
    /// Path of its page.
    pub path: String,
    pub title: String,
    pub author: String,
    pub category: &'static str,
    pub paragraphs: Vec<String>,
    pub published_at: Timestamp,
}

/// The outlet's feed with these items, newest first. `base` is where the outlet is reached, such as
/// `http://127.0.77.1:4080`.
pub fn feed(outlet: &Outlet, items: &[Item], base: &str) -> Vec<u8> {
    let text = match outlet.format {
        Format::Rss20 => rss20(outlet, items, base),
        Format::Rss20Messy => messy(outlet, items, base),
        Format::Rss10 => rss10(outlet, items, base),
        Format::Rss091 => rss091(outlet, items, base),
        Format::AtomXhtml | Format::AtomHtml => atom(outlet, items, base),
        Format::Atom03 => atom03(outlet, items, base),
        Format::Json11 => json_feed(outlet, items, base, true),
        Format::Json10 => json_feed(outlet, items, base, false),
    };
    outlet.charset.encode(&text)
}

/// The page of one article.
pub fn article(outlet: &Outlet, item: &Item, base: &str) -> String {
    let body = format!(
        "<article>\n<h1>{}</h1>\n<p class=\"by\">{} · <time datetime=\"{}\">{}</time> · {}</p>\n{}</article>\n",
        escape(&item.title),
        escape(&item.author),
        item.published_at,
        item.published_at.http_date(),
        escape(item.category),
        html(item)
    );
    page(outlet, &item.title, &format!("{base}{}", item.path), &body)
}

/// The front page, from which the feed can be discovered.
pub fn front(outlet: &Outlet, items: &[Item], base: &str) -> String {
    let mut list = format!("<h1>{}</h1>\n<p>{}</p>\n<ul>\n", escape(outlet.name), escape(outlet.tagline));
    for item in items {
        let _ = writeln!(list, "<li><a href=\"{}\">{}</a></li>", item.path, escape(&item.title));
    }
    list.push_str("</ul>\n");
    page(outlet, outlet.name, &format!("{base}/"), &list)
}

fn page(outlet: &Outlet, title: &str, canonical: &str, body: &str) -> String {
    let kind = match outlet.format {
        Format::AtomXhtml | Format::AtomHtml | Format::Atom03 => "application/atom+xml",
        Format::Json11 | Format::Json10 => "application/feed+json",
        _ => "application/rss+xml",
    };
    format!(
        "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n<title>{}</title>\n\
         <link rel=\"canonical\" href=\"{canonical}\">\n\
         <link rel=\"alternate\" type=\"{kind}\" title=\"{}\" href=\"{}\">\n\
         <style>body{{max-width:40em;margin:3em auto;padding:0 1em;font:1.1em/1.6 serif}}.by{{color:#666}}</style>\n\
         </head>\n<body>\n{body}<p><a href=\"/\">{}</a></p>\n</body>\n</html>\n",
        outlet.language.code(),
        escape(title),
        escape(outlet.name),
        outlet.feed_path,
        escape(outlet.name),
    )
}

fn rss20(outlet: &Outlet, items: &[Item], base: &str) -> String {
    let mut out = declaration(outlet.charset);
    let _ = write!(
        out,
        "<rss version=\"2.0\" xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" \
         xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:atom=\"http://www.w3.org/2005/Atom\">\n<channel>\n\
         <title>{}</title>\n<link>{base}/</link>\n<description>{}</description>\n<language>{}</language>\n\
         <atom:link href=\"{base}{}\" rel=\"self\" type=\"application/rss+xml\"/>\n<ttl>5</ttl>\n",
        escape(outlet.name),
        escape(outlet.tagline),
        outlet.language.code(),
        outlet.feed_path
    );
    for item in items {
        let _ = write!(
            out,
            "<item>\n<title>{}</title>\n<link>{base}{}</link>\n<guid isPermaLink=\"false\">{}</guid>\n\
             <pubDate>{}</pubDate>\n<dc:creator>{}</dc:creator>\n<category>{}</category>\n\
             <description>{}</description>\n<content:encoded><![CDATA[{}]]></content:encoded>\n</item>\n",
            escape(&item.title),
            item.path,
            escape(&item.id),
            item.published_at.http_date(),
            escape(&item.author),
            escape(item.category),
            escape(&item.paragraphs[0]),
            html(item)
        );
    }
    out + "</channel>\n</rss>\n"
}

/// What a home-made script writes: blanks before the declaration, HTML entities, bare ampersands,
/// markup in titles, paragraphs that are never closed, and each date in another form.
fn messy(outlet: &Outlet, items: &[Item], base: &str) -> String {
    let mut out = format!(
        "\n\n<?xml version=\"1.0\"?>\n<rss version=\"2.0\">\n<channel>\n<title>{} &nbsp;&raquo; news & more</title>\n\
         <link>{base}</link>\n<description><![CDATA[{} &copy; all rights]]></description>\n",
        outlet.name, outlet.tagline
    );
    for item in items {
        let title = match item.index % 3 {
            0 => format!("<![CDATA[<b>{}</b>]]>", escape(&item.title)),
            1 => format!("{} &hellip; & more", escape(&item.title)),
            _ => escape(&escape(&item.title)),
        };
        let text = item.paragraphs.iter().map(|p| format!("<p>{}<br>", escape(p))).collect::<String>();
        let _ = write!(
            out,
            "<item>\n<title>{title}</title>\n<link>\n  {base}{}?utm_source=rss&utm_medium=feed\n</link>\n\
             <pubDate>{}</pubDate>\n<author>desk@{} ({})</author>\n\
             <description><![CDATA[{text}<script>count('{}')</script>]]></description>\n",
            item.path,
            odd_date(item),
            outlet.domain,
            item.author,
            item.index
        );
        // Some items have an identifier, some have none.
        if !item.index.is_multiple_of(3) {
            let _ = writeln!(out, "<guid isPermaLink='false'>{}</guid>", item.index);
        }
        out.push_str("</item>\n");
    }
    out + "</channel>\n</rss>\n"
}

fn odd_date(item: &Item) -> String {
    let date = item.published_at;
    let http = date.http_date();
    let c = date.civil();
    match item.index % 4 {
        // Without weekday and seconds.
        0 => format!("{} {:02}:{:02} GMT", &http[5..16], c.hour, c.minute),
        1 => format!("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", c.year, c.month, c.day, c.hour, c.minute, c.second),
        // An hour ahead, as it is written an hour to the east.
        2 => {
            let east = (date + std::time::Duration::from_secs(3600)).http_date();
            east.replace("GMT", "+0100")
        }
        _ => http.replace("GMT", "Z"),
    }
}

fn rss10(outlet: &Outlet, items: &[Item], base: &str) -> String {
    let mut out = declaration(outlet.charset);
    let _ = write!(
        out,
        "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" xmlns=\"http://purl.org/rss/1.0/\" \
         xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:content=\"http://purl.org/rss/1.0/modules/content/\">\n\
         <channel rdf:about=\"{base}{}\">\n<title>{}</title>\n<link>{base}/</link>\n<description>{}</description>\n\
         <dc:language>{}</dc:language>\n<items><rdf:Seq>\n",
        outlet.feed_path,
        escape(outlet.name),
        escape(outlet.tagline),
        outlet.language.code()
    );
    for item in items {
        let _ = writeln!(out, "<rdf:li rdf:resource=\"{base}{}\"/>", item.path);
    }
    out.push_str("</rdf:Seq></items>\n</channel>\n");
    for item in items {
        let _ = write!(
            out,
            "<item rdf:about=\"{base}{}\">\n<title>{}</title>\n<link>{base}{}</link>\n<description>{}</description>\n\
             <dc:date>{}</dc:date>\n<dc:creator>{}</dc:creator>\n<dc:subject>{}</dc:subject>\n\
             <dc:identifier>{}</dc:identifier>\n<content:encoded>{}</content:encoded>\n</item>\n",
            item.path,
            escape(&item.title),
            item.path,
            escape(&item.paragraphs[0]),
            item.published_at,
            escape(&item.author),
            escape(item.category),
            escape(&item.id),
            escape(&html(item))
        );
    }
    out + "</rdf:RDF>\n"
}

fn rss091(outlet: &Outlet, items: &[Item], base: &str) -> String {
    let mut out = declaration(outlet.charset);
    let _ = write!(
        out,
        "<rss version=\"0.91\">\n<channel>\n<title>{}</title>\n<link>{base}/</link>\n<description>{}</description>\n\
         <language>{}</language>\n",
        escape(outlet.name),
        escape(outlet.tagline),
        outlet.language.code()
    );
    for item in items {
        let _ = write!(
            out,
            "<item>\n<title>{}</title>\n<link>{base}{}</link>\n<description>{}</description>\n</item>\n",
            escape(&item.title),
            item.path,
            escape(&html(item))
        );
    }
    out + "</channel>\n</rss>\n"
}

fn atom(outlet: &Outlet, items: &[Item], base: &str) -> String {
    let mut out = declaration(outlet.charset);
    let _ = write!(
        out,
        "<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:base=\"{base}/\" xml:lang=\"{}\">\n<id>tag:{},2026:feed</id>\n\
         <title>{}</title>\n<subtitle>{}</subtitle>\n<updated>{}</updated>\n<link rel=\"alternate\" href=\"/\"/>\n\
         <link rel=\"self\" href=\"{}\"/>\n",
        outlet.language.code(),
        outlet.domain,
        escape(outlet.name),
        escape(outlet.tagline),
        newest(items),
        outlet.feed_path
    );
    for item in items {
        let content = match outlet.format {
            Format::AtomXhtml => {
                let inside = html(item);
                format!("<content type=\"xhtml\"><div xmlns=\"http://www.w3.org/1999/xhtml\">{inside}</div></content>")
            }
            _ => format!("<content type=\"html\">{}</content>", escape(&html(item))),
        };
        let _ = write!(
            out,
            "<entry>\n<id>{}</id>\n<title>{}</title>\n<link rel=\"alternate\" href=\"{}\"/>\n\
             <published>{date}</published>\n<updated>{date}</updated>\n<author><name>{}</name></author>\n\
             <category term=\"{}\"/>\n<summary>{}</summary>\n{content}\n</entry>\n",
            escape(&item.id),
            escape(&item.title),
            // Relative, to be read against xml:base.
            item.path.trim_start_matches('/'),
            escape(&item.author),
            escape(item.category),
            escape(&item.paragraphs[0]),
            date = item.published_at
        );
    }
    out + "</feed>\n"
}

fn atom03(outlet: &Outlet, items: &[Item], base: &str) -> String {
    let mut out = declaration(outlet.charset);
    let _ = write!(
        out,
        "<feed version=\"0.3\" xmlns=\"http://purl.org/atom/ns#\" xml:lang=\"{}\">\n<title>{}</title>\n\
         <tagline>{}</tagline>\n<link rel=\"alternate\" type=\"text/html\" href=\"{base}/\"/>\n<modified>{}</modified>\n",
        outlet.language.code(),
        escape(outlet.name),
        escape(outlet.tagline),
        newest(items)
    );
    for item in items {
        let _ = write!(
            out,
            "<entry>\n<title>{}</title>\n<link rel=\"alternate\" type=\"text/html\" href=\"{base}{}\"/>\n<id>{}</id>\n\
             <issued>{date}</issued>\n<modified>{date}</modified>\n<author><name>{}</name></author>\n\
             <content type=\"text/html\" mode=\"escaped\">{}</content>\n</entry>\n",
            escape(&item.title),
            item.path,
            escape(&item.id),
            escape(&item.author),
            escape(&html(item)),
            date = item.published_at
        );
    }
    out + "</feed>\n"
}

fn json_feed(outlet: &Outlet, items: &[Item], base: &str, newer: bool) -> String {
    let entry = |item: &Item| {
        let mut entry = json!({
            "id": item.id,
            "url": format!("{base}{}", item.path),
            "title": item.title,
            "summary": item.paragraphs[0],
            "content_html": html(item),
            "date_published": item.published_at,
            "tags": [item.category],
        });
        let author = json!({ "name": item.author });
        if newer {
            entry["authors"] = json!([author]);
        } else {
            entry["author"] = author;
        }
        entry
    };
    let mut feed = json!({
        "version": if newer { "https://jsonfeed.org/version/1.1" } else { "https://jsonfeed.org/version/1" },
        "title": outlet.name,
        "description": outlet.tagline,
        "home_page_url": format!("{base}/"),
        "feed_url": format!("{base}{}", outlet.feed_path),
        "items": items.iter().map(entry).collect::<Vec<_>>(),
    });
    if newer {
        feed["language"] = json!(outlet.language.code());
    }
    feed.to_string()
}

fn newest(items: &[Item]) -> Timestamp {
    items.iter().map(|i| i.published_at).max().unwrap_or(Timestamp::EPOCH)
}

fn declaration(charset: Charset) -> String {
    format!("<?xml version=\"1.0\" encoding=\"{}\"?>\n", charset.name())
}

fn html(item: &Item) -> String {
    item.paragraphs.iter().map(|p| format!("<p>{}</p>\n", escape(p))).collect()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests;
