import { plural, words } from "../../lib/i18n";

export const w = words({
  en: {
    why: "Drafts and improvements ask these models, in the order that a pipeline names. The embedded generator stands behind them and needs none.", add: "Add a provider", none: "No provider yet", noneWhy: "Without one the embedded generator writes all drafts, at no cost.",
    states: { unknown: "not asked since the start", ok: "in order", degraded: "is tried again with one call", down: "left alone" }, downUntil: (at: string) => `left alone until ${at}`,
    health: "Health", flight: (n: number) => plural(n, { one: "# call under way", other: "# calls under way" }), answered: (n: string) => `${n} answered`, failed: (n: string) => `${n} failed`, first: "First words after", fault: "Last fault",
    model: "Model", address: "Address", key: "Key", hasKey: "stored, never shown", noKey: "none", prices: "Prices", perMillion: (asked: string, answered: string) => `${asked} in, ${answered} out for a million tokens`, cached: (much: string) => `${much} for those it had kept`,
    askedBy: "Asked by", nobody: "No pipeline asks it", choose: "Choose it in a pipeline", change: "Change", remove: "Remove", configured: "in the configuration", changeOne: (name: string) => `Change ${name}`, removeOne: (name: string) => `Remove ${name}`,
    removeTitle: (name: string) => `Remove ${name}?`, removeWhy: "Its key is forgotten. Pipelines go on with their next one. The ledger keeps its costs.", removed: (name: string) => `${name} is removed`, spending: "What it costs",
  },
  tr: {
    why: "Taslaklar ve iyileştirmeler bu modellere, hattın verdiği sırayla sorulur. Gömülü üretici arkalarında durur ve hiçbirine gerek duymaz.", add: "Sağlayıcı ekle", none: "Henüz sağlayıcı yok", noneWhy: "Sağlayıcı olmadan bütün taslakları gömülü üretici ücretsiz yazar.",
    states: { unknown: "başlangıçtan beri sorulmadı", ok: "yolunda", degraded: "tek çağrıyla yeniden deneniyor", down: "dinlendiriliyor" }, downUntil: (at: string) => `${at} saatine dek dinlendiriliyor`,
    health: "Sağlık", flight: (n: number) => `${n} çağrı sürüyor`, answered: (n: string) => `${n} yanıt`, failed: (n: string) => `${n} başarısız`, first: "İlk sözcüklere dek", fault: "Son hata",
    model: "Model", address: "Adres", key: "Anahtar", hasKey: "kayıtlı, hiç gösterilmez", noKey: "yok", prices: "Fiyatlar", perMillion: (asked: string, answered: string) => `bir milyon token için ${asked} giren, ${answered} çıkan`, cached: (much: string) => `sakladıkları için ${much}`,
    askedBy: "Soran hatlar", nobody: "Hiçbir hat sormuyor", choose: "Bir hatta seçin", change: "Değiştir", remove: "Kaldır", configured: "yapılandırmada", changeOne: (name: string) => `Değiştir: ${name}`, removeOne: (name: string) => `Kaldır: ${name}`,
    removeTitle: (name: string) => `${name} kaldırılsın mı?`, removeWhy: "Anahtarı unutulur. Hatlar sıradakiyle sürer. Harcaması defterde kalır.", removed: (name: string) => `${name} kaldırıldı`, spending: "Ne kadar tutuyor",
  },
});
