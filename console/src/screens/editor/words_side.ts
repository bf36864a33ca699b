import { plural, words } from "../../lib/i18n";

/** Words of the score and the notes beside the text. */
export const w = words({
  en: {
    side: {
      score: "Score", pending: "Measuring", later: "It is measured as you write.",
      offline: "The score comes back with the connection.", fix: "Fix first", none: "Nothing to fix", more: (n: number) => plural(n, { one: "Show # more", other: "Show # more" }), place: "Shows the place",
      reading: (n: number) => plural(n, { one: "# minute to read", other: "# minutes to read" }), words: (n: number) => plural(n, { one: "# word", other: "# words" }),
      sentences: (n: number) => plural(n, { one: "# sentence", other: "# sentences" }), chars: (n: number) => plural(n, { one: "# character", other: "# characters" }), counts: "Counts",
      grounding: "In the sources", unfoundMark: "Not in the sources", nextNote: "Next note", previousNote: "Previous note", grounded: "Everything in the newest version stands in its sources", ofVersion: (n: number) => `Of version ${n}`, gone: "no longer in the text", unfound: (n: number) => plural(n, { one: "# piece is not in the sources", other: "# pieces are not in the sources" }),
    },
    codes: {
      sentence_long: "Long sentence", paragraph_long: "Long paragraph", list_item_long: "Long item", heading_missing: "Heading missing", heading_order: "Order of headings", heading_empty: "Empty heading", heading_long: "Long heading",
      passive_voice: "Passive voice", transitions_few: "Few transitions", openings_equal: "Equal openings", word_repeated: "Word twice", capitals: "Many capitals", exclamation_run: "Many exclamation marks", hedge: "Hedging",
      weasel: "Vague word", wordy: "Long for short", cliche: "Worn phrase", link_text_empty: "Empty link", link_text_vague: "Vague link", image_alt_missing: "Image without words", top_heading_single: "Too many main headings",
      title_length: "Length of the headline", title_case: "Headline in capitals", slug: "Address", description_length: "Length of the excerpt",
    },
  },
  tr: {
    side: {
      score: "Puan", pending: "Ölçülüyor", later: "Siz yazdıkça ölçülür.",
      offline: "Puan, bağlantıyla birlikte geri gelir.", fix: "Önce bunları düzeltin", none: "Düzeltilecek bir şey yok", more: (n: number) => plural(n, { one: "# tane daha göster", other: "# tane daha göster" }), place: "Yerini gösterir",
      reading: (n: number) => plural(n, { one: "# dakikalık okuma", other: "# dakikalık okuma" }), words: (n: number) => plural(n, { one: "# sözcük", other: "# sözcük" }),
      sentences: (n: number) => plural(n, { one: "# cümle", other: "# cümle" }), chars: (n: number) => plural(n, { one: "# karakter", other: "# karakter" }), counts: "Sayılar",
      grounding: "Kaynaklarda", unfoundMark: "Kaynaklarda yok", nextNote: "Sonraki not", previousNote: "Önceki not", grounded: "En yeni sürümdeki her şey kaynaklarda var", ofVersion: (n: number) => `Sürüm ${n} için`, gone: "artık metinde yok", unfound: (n: number) => plural(n, { one: "# parça kaynaklarda yok", other: "# parça kaynaklarda yok" }),
    },
    codes: {
      sentence_long: "Uzun cümle", paragraph_long: "Uzun paragraf", list_item_long: "Uzun madde", heading_missing: "Ara başlık yok", heading_order: "Başlık sırası", heading_empty: "Boş başlık", heading_long: "Uzun başlık",
      passive_voice: "Edilgen anlatım", transitions_few: "Az geçiş sözü", openings_equal: "Aynı başlangıçlar", word_repeated: "Yinelenen sözcük", capitals: "Çok büyük harf", exclamation_run: "Ünlem dizisi", hedge: "Kaçamak söz",
      weasel: "Belirsiz söz", wordy: "Uzatılmış söz", cliche: "Basmakalıp söz", link_text_empty: "Boş bağlantı", link_text_vague: "Belirsiz bağlantı", image_alt_missing: "Açıklamasız görsel", top_heading_single: "Birden çok ana başlık",
      title_length: "Başlığın uzunluğu", title_case: "Büyük harfli başlık", slug: "Adres", description_length: "Özetin uzunluğu",
    },
  },
});
