//! The page's own words, in English and Turkish.

use http::{HeaderMap, header};

/// Everything the page says by itself.
pub(super) struct Words {
    pub code: &'static str,
    pub review: &'static str,
    /// `{}` is the site's name.
    intro: &'static str,
    pub by: &'static str,
    pub until: &'static str,
    pub note: &'static str,
    pub sources: &'static str,
    pub sources_none: &'static str,
    pub score: &'static str,
    pub score_text: &'static str,
    pub comment: &'static str,
    pub comment_hint: &'static str,
    pub approve: &'static str,
    pub send_back: &'static str,
    pub approved: &'static str,
    pub approved_text: &'static str,
    pub endorsed_text: &'static str,
    pub sent_back: &'static str,
    pub sent_back_text: &'static str,
    pub expired: &'static str,
    pub revoked: &'static str,
    pub ask_again: &'static str,
    pub newer: &'static str,
    pub newer_text: &'static str,
    pub settled: &'static str,
    pub settled_text: &'static str,
    pub refused: &'static str,
    pub refused_text: &'static str,
    pub unknown: &'static str,
    pub unknown_text: &'static str,
    pub too_many: &'static str,
    pub too_many_text: &'static str,
    pub broken: &'static str,
    pub broken_text: &'static str,
    pub comment_needed: &'static str,
    pub comment_needed_text: &'static str,
}

impl Words {
    /// The first language of `Accept-Language` that is spoken here; English when there is none.
    pub fn of(headers: &HeaderMap) -> &'static Words {
        let asked = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let mut best: (&Words, u32) = (&ENGLISH, 0);
        for wish in asked.split(',').take(20) {
            let mut parts = wish.split(';');
            let tag = parts.next().unwrap_or_default().trim().split('-').next().unwrap_or_default();
            let words = match tag.to_ascii_lowercase().as_str() {
                "tr" => &TURKISH,
                "en" => &ENGLISH,
                _ => continue,
            };
            let quality = parts.find_map(|part| part.trim().strip_prefix("q=")).map_or(Some(1.0), |q| q.parse().ok());
            let quality = (quality.unwrap_or(0.0f64).clamp(0.0, 1.0) * 1_000.0) as u32;
            if quality > best.1 {
                best = (words, quality);
            }
        }
        best.0
    }

    pub fn intro(&self, site: &str) -> String {
        self.intro.replace("{}", site)
    }
}

static ENGLISH: Words = Words {
    code: "en",
    review: "Review",
    intro: "{} would like your word on this text.",
    by: "You decide as",
    until: "The link works until",
    note: "A word to you",
    sources: "Sources",
    sources_none: "No sources are given.",
    score: "Quality",
    score_text: "of 100, as measured",
    comment: "Comment",
    comment_hint: "Needed to send it back",
    approve: "Approve",
    send_back: "Send back",
    approved: "Approved. Thank you!",
    approved_text: "Your approval is noted. The text goes out as planned.",
    endorsed_text: "Your approval is noted. A second person must approve as well.",
    sent_back: "Sent back. Thank you!",
    sent_back_text: "Your comment has reached the desk.",
    expired: "This link has expired",
    revoked: "This link was taken back",
    ask_again: "Ask whoever sent it for a new one.",
    newer: "There is a newer version",
    newer_text: "The text has changed since the link was made. Ask for a link to the new version.",
    settled: "This was decided already",
    settled_text: "Somebody else has decided on this text. Nothing is left to do for you.",
    refused: "This link cannot decide here",
    refused_text: "Two different people must approve this text, and this link does not count as one of them.",
    unknown: "This link does not work",
    unknown_text: "It may be incomplete. Open it again exactly as it was sent to you.",
    too_many: "Too many tries",
    too_many_text: "Please wait a minute and try again.",
    broken: "Something went wrong",
    broken_text: "Please try again in a moment.",
    comment_needed: "Say why it goes back",
    comment_needed_text: "Write a comment of at most 2000 characters, then send it back.",
};

static TURKISH: Words = Words {
    code: "tr",
    review: "İnceleme",
    intro: "{} bu metin hakkında görüşünüzü istiyor.",
    by: "Kararı veren:",
    until: "Bağlantının geçerlilik sonu:",
    note: "Size bir not",
    sources: "Kaynaklar",
    sources_none: "Kaynak belirtilmemiş.",
    score: "Kalite",
    score_text: "/ 100 (ölçülen)",
    comment: "Yorum",
    comment_hint: "Geri göndermek için gereklidir",
    approve: "Onayla",
    send_back: "Geri gönder",
    approved: "Onaylandı. Teşekkürler!",
    approved_text: "Onayınız kaydedildi. Metin planlandığı gibi yayımlanacak.",
    endorsed_text: "Onayınız kaydedildi. İkinci bir kişinin de onaylaması gerekiyor.",
    sent_back: "Geri gönderildi. Teşekkürler!",
    sent_back_text: "Yorumunuz masaya ulaştı.",
    expired: "Bu bağlantının süresi doldu",
    revoked: "Bu bağlantı geri alındı",
    ask_again: "Gönderen kişiden yeni bir bağlantı isteyin.",
    newer: "Daha yeni bir sürüm var",
    newer_text: "Bağlantı oluşturulduktan sonra metin değişti. Yeni sürüm için bir bağlantı isteyin.",
    settled: "Karar zaten verildi",
    settled_text: "Bu metin hakkında başka biri karar verdi. Yapmanız gereken bir şey kalmadı.",
    refused: "Bu bağlantıyla karar verilemez",
    refused_text: "Bu metni iki farklı kişi onaylamalı ve bu bağlantı onlardan biri sayılmıyor.",
    unknown: "Bu bağlantı çalışmıyor",
    unknown_text: "Eksik olabilir. Size gönderildiği gibi yeniden açın.",
    too_many: "Çok fazla deneme",
    too_many_text: "Lütfen bir dakika bekleyip yeniden deneyin.",
    broken: "Bir sorun oluştu",
    broken_text: "Lütfen birazdan yeniden deneyin.",
    comment_needed: "Neden geri gönderildiğini yazın",
    comment_needed_text: "En çok 2000 karakterlik bir yorum yazıp geri gönderin.",
};
