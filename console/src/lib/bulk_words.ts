import { plural, words } from "./i18n";

/** Of decisions on many posts. */
export const w = words({
  en: {
    bulk: {
      picked: (n: number) => plural(n, { one: "# picked", other: "# picked" }), all: (n: string) => `All ${n} that match`, allOn: (n: string) => `All ${n} that match are picked`, only: "Only those picked one by one", clear: "Clear",
      running: {
        approve: (n: number) => plural(n, { one: "Approving # post", other: "Approving # posts" }), reject: (n: number) => plural(n, { one: "Sending back # post", other: "Sending back # posts" }),
        publish: (n: number) => plural(n, { one: "Publishing # post", other: "Publishing # posts" }), retract: (n: number) => plural(n, { one: "Retracting # post", other: "Retracting # posts" }),
        withdraw: (n: number) => plural(n, { one: "Taking back # approval", other: "Taking back # approvals" }), reopen: (n: number) => plural(n, { one: "Reopening # post", other: "Reopening # posts" }),
      },
      end: {
        approve: (n: number) => plural(n, { one: "Approved # post", other: "Approved # posts" }), reject: (n: number) => plural(n, { one: "Sent # post back", other: "Sent # posts back" }),
        publish: (n: number) => plural(n, { one: "Publishing # post now", other: "Publishing # posts now" }), retract: (n: number) => plural(n, { one: "Retracted # post", other: "Retracted # posts" }),
        withdraw: (n: number) => plural(n, { one: "Took # approval back", other: "Took # approvals back" }), reopen: (n: number) => plural(n, { one: "Reopened # post", other: "Reopened # posts" }),
      },
      stop: "Stop", cut: "It ended early.", failed: "The job failed", untitled: "without a title", missed: (n: number) => plural(n, { one: "# was left as it was", other: "# were left as they were" }), nothing: "No post that matches can be changed in this way",
      endorsed: (n: number) => plural(n, { one: "# waits for a second person", other: "# wait for a second person" }),
      claimed: (n: number) => plural(n, { one: "Somebody else is reading # of them; you take it over.", other: "Others are reading # of them; you take them over." }),
      rescheduled: (n: number) => plural(n, { one: "# post is back at its time", other: "# posts are back at their times" }),
      ask: { approve: (n: string) => `Approve posts: ${n}?`, reject: (n: string) => `Send posts back: ${n}?`, publish: (n: string) => `Publish posts now: ${n}?`, retract: (n: string) => `Retract posts: ${n}?`, reopen: (n: string) => `Reopen posts: ${n}?` },
      deed: { approve: "Approve them", reject: "Send them back", publish: "Publish them now", retract: "Retract them", reopen: "Reopen them" },
      why: {
        publish: "They go out at once; what is published can only be retracted.",
        retract: "They are taken off the site and every channel that allows it. Bringing one back means approving it again.",
      },
      whyMany: "With so many there is no single undo: each would have to be taken back by itself.",
    },
  },
  tr: {
    bulk: {
      picked: (n: number) => plural(n, { one: "# seçili", other: "# seçili" }), all: (n: string) => `Uyan ${n} yazının tümü`, allOn: (n: string) => `Uyan ${n} yazının tümü seçili`, only: "Yalnızca tek tek seçilenler", clear: "Temizle",
      running: {
        approve: (n: number) => plural(n, { one: "# yazı onaylanıyor", other: "# yazı onaylanıyor" }), reject: (n: number) => plural(n, { one: "# yazı geri gönderiliyor", other: "# yazı geri gönderiliyor" }),
        publish: (n: number) => plural(n, { one: "# yazı yayımlanıyor", other: "# yazı yayımlanıyor" }), retract: (n: number) => plural(n, { one: "# yazı yayından çekiliyor", other: "# yazı yayından çekiliyor" }),
        withdraw: (n: number) => plural(n, { one: "# onay geri alınıyor", other: "# onay geri alınıyor" }), reopen: (n: number) => plural(n, { one: "# yazı yeniden açılıyor", other: "# yazı yeniden açılıyor" }),
      },
      end: {
        approve: (n: number) => plural(n, { one: "# yazı onaylandı", other: "# yazı onaylandı" }), reject: (n: number) => plural(n, { one: "# yazı geri gönderildi", other: "# yazı geri gönderildi" }),
        publish: (n: number) => plural(n, { one: "# yazı şimdi yayımlanıyor", other: "# yazı şimdi yayımlanıyor" }), retract: (n: number) => plural(n, { one: "# yazı yayından çekildi", other: "# yazı yayından çekildi" }),
        withdraw: (n: number) => plural(n, { one: "# onay geri alındı", other: "# onay geri alındı" }), reopen: (n: number) => plural(n, { one: "# yazı yeniden açıldı", other: "# yazı yeniden açıldı" }),
      },
      stop: "Durdur", cut: "Erken bitti.", failed: "İş başarısız oldu", untitled: "başlıksız", missed: (n: number) => plural(n, { one: "# yazı olduğu gibi kaldı", other: "# yazı olduğu gibi kaldı" }), nothing: "Uyan yazıların hiçbiri bu biçimde değiştirilemez",
      endorsed: (n: number) => plural(n, { one: "# yazı ikinci kişiyi bekliyor", other: "# yazı ikinci kişiyi bekliyor" }),
      claimed: (n: number) => plural(n, { one: "Bunlardan # tanesini bir başkası okuyor; devralırsınız.", other: "Bunlardan # tanesini başkaları okuyor; devralırsınız." }),
      rescheduled: (n: number) => plural(n, { one: "# yazı eski zamanına döndü", other: "# yazı eski zamanına döndü" }),
      ask: { approve: (n: string) => `${n} yazı onaylansın mı?`, reject: (n: string) => `${n} yazı geri gönderilsin mi?`, publish: (n: string) => `${n} yazı şimdi yayımlansın mı?`, retract: (n: string) => `${n} yazı yayından çekilsin mi?`, reopen: (n: string) => `${n} yazı yeniden açılsın mı?` },
      deed: { approve: "Onayla", reject: "Geri gönder", publish: "Şimdi yayımla", retract: "Yayından çek", reopen: "Yeniden aç" },
      why: {
        publish: "Hemen yayına çıkar; yayımlanan yazı ancak yayından çekilebilir.",
        retract: "Siteden ve izin veren her kanaldan kaldırılır. Geri getirmek için yazı yeniden onaylanır.",
      },
      whyMany: "Bu kadar çok yazı için tek bir geri alma yok: her biri ayrı ayrı geri alınmalıdır.",
    },
  },
});
