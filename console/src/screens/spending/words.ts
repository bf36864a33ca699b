import { plural, words } from "../../lib/i18n";

export const w = words({
  en: {
    title: "Spending", tabs: "Spending", overview: "Overview", ledger: "Ledger", add: "Add a budget", utc: "Days and months are those of UTC",
    today: "Today", month: "This month", forecast: "The month will come to", drawn: (days: number) => (days === 0 ? "by today alone" : plural(days, { one: "at the pace of the last whole day", other: "at the pace of the last # whole days" })),
    calls: (n: number) => plural(n, { one: "# call", other: "# calls" }), failures: (n: string) => `${n} failed`,
    byDay: "By day", by: "Split by", days: "Days", lastDays: (n: number) => `Last ${n} days`, scopes: { all: "Whole desk", provider: "Provider", pipeline: "Pipeline", channel: "Channel", user: "Person", key: "Key" }, whole: "the whole desk", others: "others",
    numbers: "The numbers", day: "Day", cost: "Cost", callsHead: "Calls", noDays: "Nothing was spent in these days", noDaysWhy: "Calls of models are counted here once a provider is set up. The embedded generator costs nothing.", providers: "Set up a provider",
    budgets: "Budgets", noBudgets: "No budget yet", noBudgetsWhy: "Without one nothing limits what models may cost. A hard limit is never passed: calls that it does not allow are not made.",
    periods: { day: "a day", month: "a month", ever: "in all" }, spent: (much: string) => `${much} spent`, held: (much: string) => `${much} put aside for calls under way`, left: (much: string) => `${much} left`,
    of: (much: string) => `of ${much}`, noHard: "no hard limit", warns: (much: string) => `warns at ${much}`, resets: "begins anew", never: "does not begin anew", fares: { spent: "used up: no call is made", warned: "above its warning", fine: "within" }, forbids: "forbids every call",
    change: "Change", changeOne: (name: string) => `Change the budget: ${name}`, removeOne: (name: string) => `Remove the budget: ${name}`, removed: (name: string) => `Removed the budget: ${name}`,
    when: "When", model: "Model", provider: "Provider", outcome: "Outcome", origin: "Asked by", tokens: "Tokens", tokensOf: (asked: string, answered: string) => `${asked} in, ${answered} out`, cached: (n: string) => `${n} of them kept by the provider`, estimated: "guessed: the provider did not count to the end",
    pipeline: "Pipeline", person: "Person", key: "Key", desk: "the desk itself", noEntries: "No call of a model yet", noFit: (n: string) => `None of the newest ${n} fits`, lookOn: "Look further", looked: (n: string) => `Looked at the newest ${n}.`,
  },
  tr: {
    title: "Harcama", tabs: "Harcama", overview: "Genel bakış", ledger: "Defter", add: "Bütçe ekle", utc: "Günler ve aylar UTC'ye göredir",
    today: "Bugün", month: "Bu ay", forecast: "Ay sonunda varacağı", drawn: (days: number) => (days === 0 ? "yalnızca bugüne göre" : `son ${days} tam günün hızıyla`),
    calls: (n: number) => `${n} çağrı`, failures: (n: string) => `${n} başarısız`,
    byDay: "Günlere göre", by: "Ayrım", days: "Günler", lastDays: (n: number) => `Son ${n} gün`, scopes: { all: "Tüm masa", provider: "Sağlayıcı", pipeline: "Hat", channel: "Kanal", user: "Kişi", key: "Anahtar" }, whole: "tüm masa", others: "ötekiler",
    numbers: "Sayılar", day: "Gün", cost: "Tutar", callsHead: "Çağrı", noDays: "Bu günlerde hiç harcama yok", noDaysWhy: "Bir sağlayıcı kurulunca model çağrıları burada sayılır. Gömülü üretici ücretsizdir.", providers: "Sağlayıcı kur",
    budgets: "Bütçeler", noBudgets: "Henüz bütçe yok", noBudgetsWhy: "Bütçe olmadan modellerin tutacağı parayı hiçbir şey sınırlamaz. Kesin sınır asla aşılmaz: izin vermediği çağrılar yapılmaz.",
    periods: { day: "günlük", month: "aylık", ever: "toplam" }, spent: (much: string) => `${much} harcandı`, held: (much: string) => `${much} süren çağrılar için ayrıldı`, left: (much: string) => `${much} kaldı`,
    of: (much: string) => `/ ${much}`, noHard: "kesin sınır yok", warns: (much: string) => `${much} olunca uyarır`, resets: "yenilenme", never: "yenilenmez", fares: { spent: "tükendi: çağrı yapılmaz", warned: "uyarı sınırının üstünde", fine: "sınırın içinde" }, forbids: "her çağrıyı yasaklar",
    change: "Değiştir", changeOne: (name: string) => `Bütçeyi değiştir: ${name}`, removeOne: (name: string) => `Bütçeyi kaldır: ${name}`, removed: (name: string) => `Bütçe kaldırıldı: ${name}`,
    when: "Zaman", model: "Model", provider: "Sağlayıcı", outcome: "Sonuç", origin: "İsteyen", tokens: "Token", tokensOf: (asked: string, answered: string) => `${asked} giren, ${answered} çıkan`, cached: (n: string) => `${n} kadarını sağlayıcı saklamıştı`, estimated: "tahmin: sağlayıcı sonuna dek saymadı",
    pipeline: "Hat", person: "Kişi", key: "Anahtar", desk: "masanın kendisi", noEntries: "Henüz model çağrısı yok", noFit: (n: string) => `Son ${n} kaydın hiçbiri uymuyor`, lookOn: "Geriye bak", looked: (n: string) => `Son ${n} kayda bakıldı.`,
  },
});
