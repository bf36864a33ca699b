//! Which language a text is in, and the function words of the languages that have a list.
//!
//! Scripts with one main language decide alone. Latin text is judged by a model of letter n-grams (`whichlang`) on its
//! first kilobyte, together with the share of its words that are function words of a language.

use serde::{Serialize, Serializer};

use crate::lexeme;
use crate::token::Tokens;

macro_rules! languages {
    ($($variant:ident $code:literal $name:literal),* $(,)?) => {
        /// A language by its ISO 639-1 code; `Undetermined` (`und`) for a text without words or of another language.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Language { $(#[doc = $name] $variant,)* }

        impl Language {
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The language of a code such as `tr` or `en-GB`; only the part before the first hyphen counts.
            pub fn from_code(code: &str) -> Option<Self> {
                match code.split(['-', '_']).next()?.to_ascii_lowercase().as_str() {
                    $($code => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

languages! {
    Arabic "ar" "Arabic", Chinese "zh" "Chinese", Dutch "nl" "Dutch", English "en" "English", French "fr" "French",
    German "de" "German", Greek "el" "Greek", Hebrew "he" "Hebrew", Hindi "hi" "Hindi", Italian "it" "Italian",
    Japanese "ja" "Japanese", Korean "ko" "Korean", Portuguese "pt" "Portuguese", Russian "ru" "Russian",
    Spanish "es" "Spanish", Swedish "sv" "Swedish", Thai "th" "Thai", Turkish "tr" "Turkish",
    Ukrainian "uk" "Ukrainian", Vietnamese "vi" "Vietnamese", Undetermined "und" "undetermined",
}

impl Serialize for Language {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

/// The languages with a list of function words.
const LISTED: [(Language, &str); 8] = [
    (Language::English, include_str!("../data/stop_en.txt")),
    (Language::Turkish, include_str!("../data/stop_tr.txt")),
    (Language::German, include_str!("../data/stop_de.txt")),
    (Language::French, include_str!("../data/stop_fr.txt")),
    (Language::Spanish, include_str!("../data/stop_es.txt")),
    (Language::Italian, include_str!("../data/stop_it.txt")),
    (Language::Portuguese, include_str!("../data/stop_pt.txt")),
    (Language::Dutch, include_str!("../data/stop_nl.txt")),
];

/// The function words with the number of the list of [`LISTED`] in which they stand.
pub fn function_words() -> impl Iterator<Item = (&'static str, usize)> {
    LISTED.iter().enumerate().flat_map(|(bit, (_, list))| list.lines().map(move |word| (word, bit)))
}

impl Language {
    /// Whether `word` (lower case) carries grammar rather than meaning; `false` throughout for a language without a list.
    pub fn is_stop(self, word: &str) -> bool {
        let bit = LISTED.iter().position(|(language, _)| *language == self);
        bit.is_some_and(|bit| lexeme::facts(word).function >> bit & 1 == 1)
    }

    /// Whether the language has a list of function words.
    pub fn has_function_words(self) -> bool {
        LISTED.iter().any(|(language, _)| *language == self)
    }

    /// Lower case by the rules of the language: in Turkish `I` becomes `ı` and `İ` becomes `i`.
    pub fn lower(self, word: &str) -> String {
        if self != Self::Turkish {
            return word.to_lowercase();
        }
        let dotted: String = word
            .chars()
            .map(|c| match c {
                'I' => 'ı',
                'İ' => 'i',
                c => c,
            })
            .collect();
        dotted.to_lowercase()
    }
}

/// The language of `tokens`.
pub fn detect(tokens: &Tokens) -> Language {
    const BYTES: usize = 4096;
    const MODEL_BYTES: usize = 1024;
    const WORDS: usize = 400;
    const TURKISH: u8 = 1 << 1;
    let end = tokens.text.floor_char_boundary(BYTES);
    let sample = &tokens.text[..end];
    if sample.is_ascii() {
        if !sample.bytes().any(|byte| byte.is_ascii_alphabetic()) {
            return Language::Undetermined;
        }
    } else if let Some(language) = by_script(sample) {
        return language;
    } else if !sample.chars().any(char::is_alphabetic) {
        return Language::Undetermined;
    }
    let mut counts = LISTED.map(|(language, _)| (language, 0usize));
    let words = &tokens.words[..tokens.words.len().min(WORDS)];
    for word in words {
        let mut bits = tokens.lexemes.facts(word.lexeme).function;
        // The Turkish list has its own lower case.
        if word.text.bytes().any(|byte| matches!(byte, b'I' | 0xc4)) && word.text.contains(['I', 'İ']) {
            bits |= lexeme::facts(&Language::Turkish.lower(word.text)).function & TURKISH;
        }
        while bits != 0 {
            counts[bits.trailing_zeros() as usize].1 += 1;
            bits &= bits - 1;
        }
    }
    // Function words overrule the model only when they are many and clearly more than those of its choice.
    let (language, count) =
        counts.iter().copied().max_by_key(|(_, count)| *count).unwrap_or((Language::Undetermined, 0));
    let many = count >= 3 && count * 5 >= words.len();
    let overrules = |support: usize| many && count >= 2 * support + 2;
    // Where they would overrule it whatever it says, it is not asked.
    let next = counts.iter().filter(|(other, _)| *other != language).map(|(_, count)| *count).max().unwrap_or(0);
    if overrules(next) {
        return language;
    }
    let model = by_model(&sample[..sample.floor_char_boundary(MODEL_BYTES)]);
    let support = counts.iter().find(|(language, _)| *language == model).map_or(0, |(_, count)| *count);
    if overrules(support) { language } else { model }
}

/// The language of a script that is written in only one of ours, when most letters are of that script.
fn by_script(sample: &str) -> Option<Language> {
    let mut letters = 0usize;
    let mut counts = [0usize; 9];
    let mut ukrainian = false;
    for c in sample.chars() {
        if c.is_ascii() {
            letters += usize::from(c.is_ascii_alphabetic());
            continue;
        }
        if !c.is_alphabetic() {
            continue;
        }
        letters += 1;
        ukrainian |= matches!(c, 'і' | 'ї' | 'є' | 'ґ' | 'І' | 'Ї' | 'Є' | 'Ґ');
        let script = match c {
            '\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}' => 0,
            '\u{400}'..='\u{52f}' => 1,
            '\u{590}'..='\u{5ff}' => 2,
            '\u{600}'..='\u{6ff}' | '\u{750}'..='\u{77f}' => 3,
            '\u{900}'..='\u{97f}' => 4,
            '\u{e00}'..='\u{e7f}' => 5,
            '\u{3040}'..='\u{30ff}' => 6,
            '\u{ac00}'..='\u{d7af}' => 7,
            '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' => 8,
            _ => continue,
        };
        counts[script] += 1;
    }
    let half = letters.div_ceil(2).max(1);
    let japanese = counts[6] > 0 && counts[6] + counts[8] >= half;
    let main = counts.iter().position(|&count| count >= half);
    match main {
        _ if japanese => Some(Language::Japanese),
        Some(0) => Some(Language::Greek),
        Some(1) if ukrainian => Some(Language::Ukrainian),
        Some(1) => Some(Language::Russian),
        Some(2) => Some(Language::Hebrew),
        Some(3) => Some(Language::Arabic),
        Some(4) => Some(Language::Hindi),
        Some(5) => Some(Language::Thai),
        Some(7) => Some(Language::Korean),
        Some(_) => Some(Language::Chinese),
        None => None,
    }
}

fn by_model(sample: &str) -> Language {
    use whichlang::Lang;
    match whichlang::detect_language(sample) {
        Lang::Ara => Language::Arabic,
        Lang::Cmn => Language::Chinese,
        Lang::Deu => Language::German,
        Lang::Eng => Language::English,
        Lang::Fra => Language::French,
        Lang::Hin => Language::Hindi,
        Lang::Ita => Language::Italian,
        Lang::Jpn => Language::Japanese,
        Lang::Kor => Language::Korean,
        Lang::Nld => Language::Dutch,
        Lang::Por => Language::Portuguese,
        Lang::Rus => Language::Russian,
        Lang::Spa => Language::Spanish,
        Lang::Swe => Language::Swedish,
        Lang::Tur => Language::Turkish,
        Lang::Vie => Language::Vietnamese,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_of_many_languages_are_recognised() {
        for (code, text) in [
            ("en", "The council approved a new budget on Tuesday."),
            ("en", "good"),
            ("tr", "Belediye meclisi yeni bütçeyi salı günü kabul etti."),
            ("tr", "Bugün hava çok güzel, herkes sahilde."),
            ("de", "Der Stadtrat hat am Dienstag den neuen Haushalt beschlossen."),
            ("fr", "Le conseil municipal a adopté le budget mardi soir."),
            ("es", "El ayuntamiento aprobó el presupuesto el martes por la noche."),
            ("it", "Il consiglio comunale ha approvato il bilancio martedì sera."),
            ("pt", "A câmara municipal aprovou o orçamento na terça-feira à noite."),
            ("nl", "De gemeenteraad heeft dinsdag de begroting goedgekeurd."),
            ("ru", "Городской совет утвердил бюджет во вторник."),
            ("uk", "Міська рада затвердила бюджет у вівторок."),
            ("el", "Το δημοτικό συμβούλιο ενέκρινε τον προϋπολογισμό."),
            ("ja", "市議会は火曜日に予算を承認した。"),
            ("zh", "市议会周二批准了预算。"),
            ("ar", "مجلس المدينة يوافق على الميزانية"),
            ("und", "123 — !!"),
            ("und", ""),
        ] {
            assert_eq!(detect(&Tokens::of(text)).code(), code, "{text}");
        }
    }

    #[test]
    fn codes_go_both_ways_and_the_lists_are_sorted() {
        assert_eq!(Language::from_code("en-GB"), Some(Language::English));
        assert_eq!(Language::from_code("xx"), None);
        assert_eq!(Language::Turkish.lower("IŞIK İZMİR"), "ışık izmir");
        for (_, list) in LISTED {
            assert!(list.lines().is_sorted() && list.ends_with('\n'));
        }
    }
}
