//! The few words that mean something to [`super::reading`] whatever a text is about: small numbers in words, and the
//! names of days and months.

use std::sync::LazyLock;

use crate::hash::{Table, hash_of};

/// What a word is known for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    Number(u16),
    /// A day or a month: half of a day's reports share it.
    Calendar,
    /// What follows it in German is a place or a person rather than a thing.
    Whence,
}

const CALENDAR: u16 = 1_000;
const WHENCE: u16 = 1_001;

static KNOWN: LazyLock<Table> = LazyLock::new(|| {
    let numbers = NUMBERS.iter().flat_map(|(value, words)| words.split(' ').map(move |word| (word, *value)));
    let calendar = DAYS_AND_MONTHS.iter().flat_map(|words| words.split_whitespace()).map(|word| (word, CALENDAR));
    let whence = ["in", "aus", "bei", "nach", "von"].into_iter().map(|word| (word, WHENCE));
    let all: Vec<(&str, u16)> = numbers.chain(calendar).chain(whence).collect();
    Table::of(all.into_iter())
});

/// By [`hash_of`] the folded word.
pub(super) fn known(hash: u64) -> Option<Known> {
    match KNOWN.get(hash)? {
        CALENDAR => Some(Known::Calendar),
        WHENCE => Some(Known::Whence),
        value => Some(Known::Number(value)),
    }
}

/// The hash under which a number is known, however it is written.
pub(super) fn hash_of_number(digits: &str) -> u64 {
    hash_of(digits) ^ 0x6e75_6d62_6572
}

/// Folded. What is a common word in one of the languages ("on", "six cents", "once") is left out.
const NUMBERS: &[(u16, &str)] = &[
    (2, "two zwei iki deux"),
    (3, "three drei üç trois tres"),
    (4, "four vier dört quatre cuatro quattro"),
    (5, "five fünf beş cinq cinco cinque"),
    (6, "six sechs alti seis"),
    (7, "seven sieben yedi sept siete sette"),
    (8, "eight acht sekiz huit ocho otto"),
    (9, "nine neun dokuz neuf nueve"),
    (10, "ten zehn dix diez dieci"),
    (11, "eleven elf onze"),
    (12, "twelve zwölf douze doce dodici"),
    (13, "thirteen dreizehn"),
    (14, "fourteen vierzehn"),
    (15, "fifteen fünfzehn"),
    (16, "sixteen sechzehn"),
    (17, "seventeen siebzehn"),
    (18, "eighteen achtzehn"),
    (19, "nineteen neunzehn"),
    (20, "twenty zwanzig yirmi vingt veinte venti"),
    (30, "thirty dreißig otuz trente treinta trenta"),
    (40, "forty vierzig kirk quarante"),
    (50, "fifty fünfzig elli cinquante"),
    (60, "sixty sechzig altmiş"),
    (70, "seventy siebzig yetmiş"),
    (80, "eighty achtzig seksen"),
    (90, "ninety neunzig doksan"),
];

const DAYS_AND_MONTHS: &[&str] = &[
    "monday tuesday wednesday thursday friday saturday sunday january february march april may june july august \
     september october november december",
    "montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag januar jänner februar märz mai juni juli \
     oktober dezember",
    "pazartesi sali çarşamba perşembe cuma cumartesi pazar ocak şubat mart nisan mayis haziran temmuz ağustos eylül \
     ekim kasim aralik",
    "lundi mardi mercredi jeudi vendredi samedi dimanche janvier février mars avril juin juillet août septembre \
     octobre novembre décembre",
    "lunes martes miércoles jueves viernes sábado domingo enero febrero marzo abril mayo junio julio agosto \
     septiembre octubre noviembre diciembre",
    "lunedì martedì mercoledì giovedì venerdì sabato domenica gennaio febbraio aprile maggio giugno luglio settembre \
     ottobre dicembre",
    "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag januari februari maart mei augustus",
    "segunda terça quarta quinta sexta janeiro fevereiro março junho julho setembro outubro novembro dezembro",
];
