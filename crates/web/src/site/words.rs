//! The site's own words, dates and reading times, in English and Turkish.

use stdx::Timestamp;

/// Everything the site says by itself.
pub(super) struct Words {
    pub locale: &'static str,
    pub skip: &'static str,
    pub topics: &'static str,
    pub latest: &'static str,
    pub more_news: &'static str,
    /// `{}` is the topic.
    more_in: &'static str,
    pub older: &'static str,
    pub newest: &'static str,
    pub archive: &'static str,
    pub archive_text: &'static str,
    pub search: &'static str,
    pub search_hint: &'static str,
    /// `{}` is the number of pages; for one, and for any other.
    found: [&'static str; 2],
    /// `{}` is how many of them are shown.
    found_best: &'static str,
    pub found_none: &'static str,
    pub found_none_text: &'static str,
    pub published: &'static str,
    pub updated: &'static str,
    /// `{}` is a number of minutes.
    reading: &'static str,
    pub sources: &'static str,
    pub sources_text: &'static str,
    pub feeds: &'static str,
    pub pages: &'static str,
    pub empty_title: &'static str,
    pub empty_text: &'static str,
    pub missing_title: &'static str,
    pub missing_text: &'static str,
    pub broken_title: &'static str,
    pub broken_text: &'static str,
    pub request: &'static str,
    pub to_home: &'static str,
    months: [&'static str; 12],
}

static ENGLISH: Words = Words {
    locale: "en_GB",
    skip: "Skip to the content",
    topics: "Topics",
    latest: "Latest",
    more_news: "More news",
    more_in: "More in {}",
    older: "Older",
    newest: "Back to the newest",
    archive: "Archive",
    archive_text: "Everything we have published, newest first.",
    search: "Search",
    search_hint: "Search the site",
    found: ["{} page found", "{} pages found"],
    found_best: "The {} best matches",
    found_none: "Nothing found",
    found_none_text: "Try fewer or other words, or only the beginning of a word.",
    published: "Published",
    updated: "Updated",
    reading: "{} min read",
    sources: "Sources",
    sources_text: "This text was written from these reports.",
    feeds: "Feeds",
    pages: "About this site",
    empty_title: "Nothing here yet",
    empty_text: "The first page appears as soon as it is approved.",
    missing_title: "This page does not exist",
    missing_text: "It may have been moved or taken back. Search for it, or start from the front page.",
    broken_title: "This page cannot be shown just now",
    broken_text: "Something went wrong on our side. Please try again in a moment.",
    request: "Request",
    to_home: "To the front page",
    months: [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
};

static TURKISH: Words = Words {
    locale: "tr_TR",
    skip: "İçeriğe geç",
    topics: "Konular",
    latest: "Son haberler",
    more_news: "Diğer haberler",
    more_in: "{}: diğer haberler",
    older: "Daha eski",
    newest: "En yeniye dön",
    archive: "Arşiv",
    archive_text: "Yayımladığımız her şey, en yenisi başta.",
    search: "Ara",
    search_hint: "Sitede ara",
    found: ["{} sayfa bulundu", "{} sayfa bulundu"],
    found_best: "En uygun {} sonuç",
    found_none: "Sonuç bulunamadı",
    found_none_text: "Daha az ya da başka sözcükler veya bir sözcüğün yalnızca başını deneyin.",
    published: "Yayımlanma",
    updated: "Güncelleme",
    reading: "{} dk okuma",
    sources: "Kaynaklar",
    sources_text: "Bu metin şu haberlerden yazıldı.",
    feeds: "Akışlar",
    pages: "Site hakkında",
    empty_title: "Henüz bir şey yok",
    empty_text: "İlk sayfa onaylanır onaylanmaz burada görünecek.",
    missing_title: "Böyle bir sayfa yok",
    missing_text: "Taşınmış ya da geri çekilmiş olabilir. Arayın veya ana sayfadan başlayın.",
    broken_title: "Bu sayfa şu anda gösterilemiyor",
    broken_text: "Bizim tarafımızda bir sorun oldu. Lütfen birazdan yeniden deneyin.",
    request: "İstek",
    to_home: "Ana sayfaya",
    months: [
        "Ocak", "Şubat", "Mart", "Nisan", "Mayıs", "Haziran", "Temmuz", "Ağustos", "Eylül", "Ekim", "Kasım", "Aralık",
    ],
};

/// The words of a language; English where we have none.
pub(super) fn of(language: &str) -> &'static Words {
    if language == "tr" { &TURKISH } else { &ENGLISH }
}

impl Words {
    /// `20 November 2026`, in UTC.
    pub fn date(&self, at: Timestamp) -> String {
        let c = at.civil();
        format!("{} {} {}", c.day, self.months[c.month as usize - 1], c.year)
    }

    /// `20 November 2026, 09:14 UTC`.
    pub fn moment(&self, at: Timestamp) -> String {
        let c = at.civil();
        format!("{}, {:02}:{:02} UTC", self.date(at), c.hour, c.minute)
    }

    /// `November 2026`.
    pub fn month(&self, at: Timestamp) -> String {
        let c = at.civil();
        format!("{} {}", self.months[c.month as usize - 1], c.year)
    }

    /// How long a text of `words` words in `language` takes to read, in whole minutes.
    pub fn reading(&self, words: u32, language: &str) -> String {
        let minutes = words.div_ceil(words_per_minute(language)).max(1);
        self.reading.replace("{}", &minutes.to_string())
    }

    /// How many pages a search found; `cut` when there may be more than are shown.
    pub fn found(&self, count: usize, cut: bool) -> String {
        let text = if cut { self.found_best } else { self.found[usize::from(count != 1)] };
        text.replace("{}", &count.to_string())
    }

    pub fn more_in(&self, topic: &str) -> String {
        self.more_in.replacen("{}", topic, 1)
    }
}

/// Mean speed of silent reading. Source: Trauzettel-Klosinski and Dietz 2012 (IReST).
fn words_per_minute(language: &str) -> u32 {
    match language {
        "tr" => 166,
        "de" => 179,
        "fr" => 195,
        "es" => 218,
        _ => 228,
    }
}
