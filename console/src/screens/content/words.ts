import { words } from "../../lib/i18n";

export const w = words({
  en: {
    title: "Content", list: "Posts", states: "States", all: "All", newPost: "New post", order: "Order",
    post: "Title", state: "State", score: "Score", topic: "Topic", when: "When", who: "Who",
    due: "due", published: "published", changed: "changed", ahead: "newer version", aheadWhy: "Readers still see an older version",
    you: "you", desk: "Copydesk", other: "a colleague", reads: (name: string) => `${name} reads`, approved: (name: string) => `${name} approved`,
    sorts: { newest: "Newest first", oldest: "Oldest first", updated: "Changed last", due: "Due next", "-score": "Best score first", score: "Lowest score first" } as Record<string, string>,
    filters: {
      state: "State", topic: "Topic", language: "Language", pipeline: "Pipeline", score_min: "Score from", score_max: "Score to", edited: "Edited", from: "Since", to: "Until", story: "Story", source: "Source",
      points: (n: string) => `from ${n}`, pointsTo: (n: string) => `to ${n}`, yes: "changed by a person", no: "as it was drafted", today: "today", days: (n: string) => `the last ${n} days`,
    },
    empty: "No posts yet", emptyWhy: "What the pipelines draft and people write appears here. Add a source, or write one yourself.", addSource: "Add a source",
    emptyFilter: "Nothing matches", emptyFilterWhy: "No post has all of what the filter asks for.", clear: "Show all posts",
    deeds: { approve: "Approve", reject: "Send back", publish: "Publish now", retract: "Retract", reopen: "Reopen" },
    with: (deed: string, n: string) => `${deed} (${n})`, unfit: "Nothing can be done with these together", clearPicked: "clear the selection",
  },
  tr: {
    title: "İçerik", list: "Yazılar", states: "Durumlar", all: "Tümü", newPost: "Yeni yazı", order: "Sıralama",
    post: "Başlık", state: "Durum", score: "Puan", topic: "Konu", when: "Zaman", who: "Kim",
    due: "yayın zamanı", published: "yayımlandı", changed: "değişti", ahead: "daha yeni sürüm", aheadWhy: "Okurlar hâlâ eski bir sürümü görüyor",
    you: "siz", desk: "Copydesk", other: "bir meslektaş", reads: (name: string) => `${name} okuyor`, approved: (name: string) => `${name} onayladı`,
    sorts: { newest: "Önce en yeni", oldest: "Önce en eski", updated: "Son değişen", due: "Sıradaki yayın", "-score": "Önce en yüksek puan", score: "Önce en düşük puan" } as Record<string, string>,
    filters: {
      state: "Durum", topic: "Konu", language: "Dil", pipeline: "Hat", score_min: "En az puan", score_max: "En çok puan", edited: "Düzenleme", from: "Başlangıç", to: "Bitiş", story: "Haber", source: "Kaynak",
      points: (n: string) => `en az ${n}`, pointsTo: (n: string) => `en çok ${n}`, yes: "bir kişi değiştirmiş", no: "taslak hâliyle", today: "bugün", days: (n: string) => `son ${n} gün`,
    },
    empty: "Henüz yazı yok", emptyWhy: "Hatların hazırladığı taslaklar ve insanların yazdıkları burada görünür. Bir kaynak ekleyin ya da kendiniz yazın.", addSource: "Kaynak ekle",
    emptyFilter: "Uyan yok", emptyFilterWhy: "Süzgecin istediklerinin hepsi hiçbir yazıda yok.", clear: "Tüm yazıları göster",
    deeds: { approve: "Onayla", reject: "Geri gönder", publish: "Şimdi yayımla", retract: "Yayından çek", reopen: "Yeniden aç" },
    with: (deed: string, n: string) => `${deed} (${n})`, unfit: "Bunlarla birlikte yapılabilecek bir şey yok", clearPicked: "seçimi temizle",
  },
});
