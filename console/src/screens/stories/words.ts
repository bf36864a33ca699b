import { list, plural, words } from "../../lib/i18n";

export const w = words({
  en: {
    title: "Stories", list: "Stories", order: "Last found first", story: "Story", items: "Items", sources: "Sources", latest: "Latest", first: "First report", last: "Latest report", draft: "Post", hasPost: "drafted", noPost: "none", language: "Language", back: "To the list",
    empty: "No stories yet", emptyWhy: "Reports about the same news come together here as soon as sources bring some.", addSource: "Add a source",
    because: "The same story, because", one: "There is one report so far; others join when they tell the same news.", text: (n: number) => plural(n, { one: "# report", other: "# reports, nothing but common words shared" }), shared: (n: number) => plural(n, { one: "# report has in common:", other: "# reports have in common:" }),
    reports: (n: number) => plural(n, { one: "# report", other: "# reports" }), of: (n: number) => plural(n, { one: "# source", other: "# sources" }), copy: "copy", more: "The newest 200 are shown.",
    posts: "Posts made of it", noPosts: "None yet", noPostsWhy: "A story that has settled is drafted by itself; you need not wait for that.", draftIt: "Draft a post", draftAnother: "Draft another post", drafting: "Drafting from its reports", drafted: "Drafted", missing: "There is no such story", missingWhy: "The address may have a typing error.", original: (title: string) => `${title}: the original`,
    joined: (shared: string[]) => `Here because of ${list(shared)}`, suspicious: "Speaks to a model", part: "Another story", parted: "It has a story of its own now", merge: "The same as", mergeIt: "Merge", merged: "The two are one story now", choose: "Choose a story",
  },
  tr: {
    title: "Haberler", list: "Haberler", order: "Önce son bulunan", story: "Haber", items: "Kayıt", sources: "Kaynak", latest: "Son kayıt", first: "İlk kayıt", last: "Son kayıt", draft: "Yazı", hasPost: "taslağı var", noPost: "yok", language: "Dil", back: "Listeye dön",
    empty: "Henüz haber yok", emptyWhy: "Aynı haberi anlatan kayıtlar, kaynaklar getirdikçe burada bir araya gelir.", addSource: "Kaynak ekle",
    because: "Aynı haber, çünkü", one: "Şimdilik tek kayıt var; aynı haberi anlatan başkaları da katılır.", text: (n: number) => plural(n, { one: "# kayıt", other: "# kayıt, ortak yanları yalnız sıradan sözcükler" }), shared: (n: number) => plural(n, { one: "# kaydın ortak yanı:", other: "# kaydın ortak yanları:" }),
    reports: (n: number) => plural(n, { one: "# kayıt", other: "# kayıt" }), of: (n: number) => plural(n, { one: "# kaynak", other: "# kaynak" }), copy: "kopya", more: "En yeni 200 kayıt gösteriliyor.",
    posts: "Bundan yapılan yazılar", noPosts: "Henüz yok", noPostsWhy: "Durulan haberin taslağı kendiliğinden hazırlanır; beklemek zorunda değilsiniz.", draftIt: "Taslak hazırla", draftAnother: "Bir taslak daha hazırla", drafting: "Kayıtlardan taslak hazırlanıyor", drafted: "Taslak hazır", missing: "Böyle bir haber yok", missingWhy: "Adreste yazım hatası olabilir.", original: (title: string) => `${title}: aslı`,
    joined: (shared: string[]) => `Ortak yanı: ${list(shared)}`, suspicious: "Bir modele sesleniyor", part: "Başka haber", parted: "Artık ayrı bir haber", merge: "Bununla aynı", mergeIt: "Birleştir", merged: "İkisi artık tek haber", choose: "Haber seçin",
  },
});
