import { plural, words } from "../../lib/i18n";

export const w = words({
  en: {
    title: "Sources", list: "Sources", states: "States", all: "All", failing: "failing", add: "Add a source", more: "More ways", addHook: "Let others push…", addItem: "Add an item…", addList: "Import a list (OPML)…", giveList: "Export the list (OPML)", fetchAll: "Fetch all now",
    name: "Name", state: "State", polled: "Last fetch", brought: "Brought", items: "Items", next: "Next fetch", error: "Error", never: "not yet",
    empty: "No sources yet", emptyWhy: "Paste the address of a site or a feed: Copydesk finds the feed and shows its first entries.",
    emptyFilter: "Nothing matches", emptyFilterWhy: "No source has all of what the filter asks for.", noFailing: "Every source answers", noFailingWhy: "When one fails, it stands here with the reason.", clear: "Show all sources",
    outcome: {
      new: (n: number) => plural(n, { one: "# new", other: "# new" }), copies: (n: number) => plural(n, { one: "# known from elsewhere", other: "# known from elsewhere" }), archive: (n: number) => plural(n, { one: "# from the archive", other: "# from the archive" }),
      flood: (n: number) => plural(n, { one: "# too many at once, kept as archive", other: "# too many at once, kept as archive" }), changed: (n: number) => plural(n, { one: "# changed", other: "# changed" }), adopted: (n: number) => plural(n, { one: "# under a new name", other: "# under a new name" }),
      forgiven: (n: number) => plural(n, { one: "# fault of the feed mended", other: "# faults of the feed mended" }), unchanged: (_: number) => "nothing new", failed: (_: number) => "failed", gone: (_: number) => "gone for good", givenUp: (_: number) => "given up",
    },
    fetching: (n: number) => plural(n, { one: "Fetching # source", other: "Fetching # sources" }), fetched: (n: number) => plural(n, { one: "Fetched: # new item", other: "Fetched: # new items" }), fetchFailed: "The fetch failed", fetchSome: (n: number) => plural(n, { one: "# source failed", other: "# sources failed" }),
    fetch: "Fetch now", pause: "Pause", resume: "Resume", mute: "Mute", edit: "Edit", back: "To the list",
    paused: (name: string) => `${name} is paused`, resumed: (name: string) => `${name} is fetched again`, muted: (name: string) => `${name} is muted`, undone: "Taken back", saved: "Saved", added: (name: string) => `Added ${name}`,
    offer: "Fetch the source that is open",
  },
  tr: {
    title: "Kaynaklar", list: "Kaynaklar", states: "Durumlar", all: "Tümü", failing: "aksıyor", add: "Kaynak ekle", more: "Başka yollar", addHook: "Başkaları göndersin…", addItem: "Kayıt ekle…", addList: "Liste al (OPML)…", giveList: "Listeyi ver (OPML)", fetchAll: "Tümünü şimdi al",
    name: "Ad", state: "Durum", polled: "Son alım", brought: "Getirdiği", items: "Kayıt", next: "Sonraki alım", error: "Hata", never: "henüz yok",
    empty: "Henüz kaynak yok", emptyWhy: "Bir sitenin ya da akışın adresini yapıştırın: Copydesk akışı bulur ve ilk kayıtlarını gösterir.",
    emptyFilter: "Uyan yok", emptyFilterWhy: "Süzgecin istediklerinin hepsi hiçbir kaynakta yok.", noFailing: "Bütün kaynaklar yanıt veriyor", noFailingWhy: "Biri aksarsa nedeniyle birlikte burada görünür.", clear: "Tüm kaynakları göster",
    outcome: {
      new: (n: number) => plural(n, { one: "# yeni", other: "# yeni" }), copies: (n: number) => plural(n, { one: "# başka yerden bilinen", other: "# başka yerden bilinen" }), archive: (n: number) => plural(n, { one: "# arşivden", other: "# arşivden" }),
      flood: (n: number) => plural(n, { one: "# tane birden, arşive kondu", other: "# tane birden, arşive kondu" }), changed: (n: number) => plural(n, { one: "# değişen", other: "# değişen" }), adopted: (n: number) => plural(n, { one: "# yeni adla", other: "# yeni adla" }),
      forgiven: (n: number) => plural(n, { one: "akışta # hata onarıldı", other: "akışta # hata onarıldı" }), unchanged: (_: number) => "yeni bir şey yok", failed: (_: number) => "başarısız", gone: (_: number) => "kalıcı olarak kapandı", givenUp: (_: number) => "vazgeçildi",
    },
    fetching: (n: number) => plural(n, { one: "# kaynak alınıyor", other: "# kaynak alınıyor" }), fetched: (n: number) => plural(n, { one: "Alındı: # yeni kayıt", other: "Alındı: # yeni kayıt" }), fetchFailed: "Alınamadı", fetchSome: (n: number) => plural(n, { one: "# kaynak alınamadı", other: "# kaynak alınamadı" }),
    fetch: "Şimdi al", pause: "Duraklat", resume: "Sürdür", mute: "Sustur", edit: "Düzenle", back: "Listeye dön",
    paused: (name: string) => `${name} duraklatıldı`, resumed: (name: string) => `${name} yeniden alınıyor`, muted: (name: string) => `${name} susturuldu`, undone: "Geri alındı", saved: "Kaydedildi", added: (name: string) => `${name} eklendi`,
    offer: "Açık kaynağı al",
  },
});
