import { words } from "../../lib/i18n";

export const w = words({
  en: {
    add: "A new provider", change: (name: string) => `Change ${name}`, name: "Name", nameHint: "Pipelines and budgets call it so; it cannot be changed later", kind: "Dialect",
    address: "Base address", kindHint: "Most servers speak that of OpenAI", such: (address: string) => `Such as ${address}`,
    allow: "An address that is not on the public internet must stand in connect.allow.", model: "Model", key: "Key", keyHint: "Sealed and never shown again. Empty: the stored one stays.", newKeyHint: "Sealed and never shown again. Empty: asked without one.",
    prices: "Prices in dollars for a million tokens", pricesHint: "The ledger and the budgets go by these", input: "In", output: "Out", cached: "In, kept by the provider", cachedHint: "Empty: as the price before",
    times: "Limits of time", total: "Whole attempt, seconds", connect: "Until a connection, ms", first: "Until the first words, ms", stall: "Between two pieces, ms", timesHint: "Empty: as the configuration has it", save: "Save", cancel: "Cancel", saved: (name: string) => `${name} is saved`,
  },
  tr: {
    add: "Yeni sağlayıcı", change: (name: string) => `Değiştir: ${name}`, name: "Ad", nameHint: "Hatlar ve bütçeler onu böyle anar; sonradan değişmez", kind: "Lehçe",
    address: "Temel adres", kindHint: "Sunucuların çoğu OpenAI'ninkini konuşur", such: (address: string) => `Örneğin ${address}`,
    allow: "Genel ağda olmayan bir adres connect.allow içinde yazmalıdır.", model: "Model", key: "Anahtar", keyHint: "Mühürlenir ve bir daha gösterilmez. Boşsa kayıtlı olan kalır.", newKeyHint: "Mühürlenir ve bir daha gösterilmez. Boşsa anahtarsız sorulur.",
    prices: "Bir milyon token için dolar olarak fiyatlar", pricesHint: "Defter ve bütçeler bunlara göre hesaplar", input: "Giren", output: "Çıkan", cached: "Giren, sağlayıcının sakladığı", cachedHint: "Boşsa bir öncekiyle aynı",
    times: "Süre sınırları", total: "Bütün deneme, saniye", connect: "Bağlantıya dek, ms", first: "İlk sözcüklere dek, ms", stall: "İki parça arası, ms", timesHint: "Boşsa yapılandırmadaki gibi", save: "Kaydet", cancel: "Vazgeç", saved: (name: string) => `${name} kaydedildi`,
  },
});
