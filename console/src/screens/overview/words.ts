import { plural, words } from "../../lib/i18n";

export const w = words({
  en: {
    title: "Overview", needs: "Needs a person", nothing: "Nothing waits for a person", since: "since", begin: "Begin reviewing",
    kinds: {
      review: (n: number) => plural(n, { one: "# post waits for review", other: "# posts wait for review" }),
      failed_publications: (n: number) => plural(n, { one: "# publication failed", other: "# publications failed" }),
      dead_letters: (n: number) => plural(n, { one: "# dead letter", other: "# dead letters" }),
      sources: (n: number) => plural(n, { one: "# source fails", other: "# sources fail" }),
    } as Record<string, (n: number) => string>,
    urgent: "urgent", soon: "warning",
    tiles: { requests: "Requests a second", p95: "95 % answered within", hits: "From the cache", depth: "Jobs waiting", published: "Published today", sources: "Active sources" },
    failing: (n: number) => plural(n, { one: "# failing", other: "# failing" }),
    chart: "Requests and errors a second", requests: "requests", errors: "errors", none: "–",
    lately: "Lately", days: "Two weeks", drafted: "drafted", published: "published", noActivity: "Nothing has happened yet",
    dayLine: (drafted: string, published: string) => `${drafted} drafted, ${published} published in two weeks`,
    sourcesBest: "Busiest sources", items: (n: number) => plural(n, { one: "# item", other: "# items" }),
    steps: "First steps", stepsWhy: "From an empty desk to the first published post.", goSteps: "Show the steps",
    did: {
      created: "drafted", version_added: "wrote a version of", submitted: "submitted", approved: "approved", endorsed: "endorsed", rejected: "sent back", approval_withdrawn: "took back the approval of",
      scheduled: "scheduled", rescheduled: "rescheduled", reopened: "reopened", publishing_started: "started publishing", published: "published", publishing_failed: "failed to publish",
      delivery_live: "delivered", delivery_started: "is delivering", delivery_failed: "failed to deliver", delivery_withdrawn: "withdrew", retracted: "retracted",
    } as Record<string, string>,
    desk: "The desk", by: (who: string, did: string) => `${who} ${did}`,
  },
  tr: {
    title: "Özet", needs: "Bir insan bekliyor", nothing: "İnsan bekleyen bir şey yok", since: "başlangıç", begin: "İncelemeye başla",
    kinds: {
      review: (n: number) => plural(n, { one: "# yazı inceleme bekliyor", other: "# yazı inceleme bekliyor" }),
      failed_publications: (n: number) => plural(n, { one: "# yayın başarısız", other: "# yayın başarısız" }),
      dead_letters: (n: number) => plural(n, { one: "# ölü mektup", other: "# ölü mektup" }),
      sources: (n: number) => plural(n, { one: "# kaynak hata veriyor", other: "# kaynak hata veriyor" }),
    } as Record<string, (n: number) => string>,
    urgent: "acil", soon: "yakında",
    tiles: { requests: "Saniyede istek", p95: "%95'i şu sürede", hits: "Önbellekten", depth: "Bekleyen iş", published: "Bugün yayımlanan", sources: "Etkin kaynak" },
    failing: (n: number) => plural(n, { one: "# tanesi hata veriyor", other: "# tanesi hata veriyor" }),
    chart: "Saniyede istek ve hata", requests: "istek", errors: "hata", none: "–",
    lately: "Son olanlar", days: "İki hafta", drafted: "taslak", published: "yayımlanan", noActivity: "Henüz bir şey olmadı",
    dayLine: (drafted: string, published: string) => `İki haftada ${drafted} taslak, ${published} yayın`,
    sourcesBest: "En verimli kaynaklar", items: (n: number) => plural(n, { one: "# öğe", other: "# öğe" }),
    steps: "İlk adımlar", stepsWhy: "Boş masadan ilk yayımlanan yazıya.", goSteps: "Adımları göster",
    did: {
      created: "taslak hazırladı:", version_added: "sürüm yazdı:", submitted: "incelemeye verdi:", approved: "onayladı:", endorsed: "ilk onayı verdi:", rejected: "geri gönderdi:", approval_withdrawn: "onayı geri aldı:",
      scheduled: "zamanladı:", rescheduled: "zamanını değiştirdi:", reopened: "yeniden açtı:", publishing_started: "yayımlamaya başladı:", published: "yayımladı:", publishing_failed: "yayımlayamadı:",
      delivery_live: "teslim etti:", delivery_started: "teslim ediyor:", delivery_failed: "teslim edemedi:", delivery_withdrawn: "geri çekti:", retracted: "yayından kaldırdı:",
    } as Record<string, string>,
    desk: "Masa", by: (who: string, did: string) => `${who} ${did}`,
  },
});
