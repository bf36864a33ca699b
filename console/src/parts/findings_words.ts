import { words } from "../lib/i18n";

/** What is found of a post, beside its text in the review and in the editor. */
export const found = words({
  en: {
    kinds: { number: "number", date: "date", unit: "what is counted", name: "name", quotation: "quotation", direction: "direction", negation: "denial", attribution: "who did it", sentence: "sentence" },
    parts: { length: "Length", readability: "Readability", structure: "Structure", sentences: "Sentences", typography: "Typography", tone: "Tone", focus: "Focus", flow: "Flow", title: "Headline" },
    checks: { automatic: "Automatic approval", two_people: "Two people", score: "Score", grounded: "Grounded", trust: "Trust in the sources", engagement: "Expected interest", topic: "Topic", sources: "Sources" },
    passed: "passed", failed: "not passed", noSources: "It has no sources to be held against",
  },
  tr: {
    kinds: { number: "sayı", date: "tarih", unit: "sayılan şey", name: "ad", quotation: "alıntı", direction: "yön", negation: "olumsuzluk", attribution: "kimin yaptığı", sentence: "cümle" },
    parts: { length: "Uzunluk", readability: "Okunabilirlik", structure: "Yapı", sentences: "Cümleler", typography: "Yazım düzeni", tone: "Ton", focus: "Odak", flow: "Akış", title: "Başlık" },
    checks: { automatic: "Kendiliğinden onay", two_people: "İki kişi", score: "Puan", grounded: "Dayanak", trust: "Kaynaklara güven", engagement: "Beklenen ilgi", topic: "Konu", sources: "Kaynaklar" },
    passed: "geçti", failed: "geçmedi", noSources: "Karşılaştırılacak kaynağı yok",
  },
});
