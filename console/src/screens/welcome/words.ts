import { plural, words } from "../../lib/i18n";

export const w = words({
  en: {
    title: "First steps", lead: (site: string) => `From an empty desk to the first post on ${site}. It takes a few minutes and no key to any service.`, done: "Done", now: "Now", later: "Later",
    allDone: "Everything is set up", allDoneWhy: "The first post is out. From here on the desk works by itself and asks when it needs a person.", toOverview: "To the overview", notNow: "Not now", notNowSaid: "The steps wait for you on the overview",
    progress: (n: number, of: number) => `${n} of ${of} steps`,
    source: "Add a source", sourceWhy: "Paste the address of a feed, or of a page that has one.", url: "Address", look: "Look at it", looking: "Looking at the address", add: "Add this source", other: "Another address",
    entries: (n: number) => plural(n, { one: "# entry", other: "# entries" }), first: "Its first entries", untitled: "Without a title", found: "This page names these feeds", noFeed: "There is no feed at this address and the page names none", sourceDone: (name: string) => `${name} is read again and again.`, moreSources: "All sources", exists: "This source is there already",
    draft: "See the first draft", draftWhy: "Copydesk reads the source and writes a draft from each new story.", draftWaits: "The first drafts are on their way", draftFails: "The source could not be read", again: "Fetch again", fetching: "The source is being fetched", draftDone: "Drafts arrive here by themselves.", nothingNew: "The source was read, and nothing new was in it",
    approval: "Approve it", approvalWhy: "Read it beside its sources, then press Approve. You can take it back for ten seconds.", review: "Review it", noReview: "No draft waits for review", approvalDone: "The first post is approved.",
    publication: "See it on the site", publicationWhy: "What is approved goes out by itself.", goesOut: "It goes out in a moment", planned: (at: string) => `It goes out ${at}`, seeIt: "Open it on the site", publicationDone: "The first post is out.",
    readOnly: "Somebody who may change the sources has to take this step.", judgeOnly: "Somebody who may judge posts has to take this step.", newTab: "opens in a new tab",
  },
  tr: {
    title: "İlk adımlar", lead: (site: string) => `Boş masadan ${site} sitesindeki ilk yazıya. Birkaç dakika sürer, hiçbir hizmetin anahtarı gerekmez.`, done: "Tamam", now: "Şimdi", later: "Sonra",
    allDone: "Her şey hazır", allDoneWhy: "İlk yazı yayında. Bundan sonra masa kendi başına çalışır, bir insana gerek olunca sorar.", toOverview: "Özete git", notNow: "Şimdi değil", notNowSaid: "Adımlar sizi özette bekliyor",
    progress: (n: number, of: number) => `${of} adımdan ${n} tanesi`,
    source: "Kaynak ekleyin", sourceWhy: "Bir beslemenin ya da beslemesi olan bir sayfanın adresini yapıştırın.", url: "Adres", look: "Adrese bak", looking: "Adrese bakılıyor", add: "Bu kaynağı ekle", other: "Başka bir adres",
    entries: (n: number) => plural(n, { one: "# öğe", other: "# öğe" }), first: "İlk öğeleri", untitled: "Başlıksız", found: "Bu sayfa şu beslemeleri bildiriyor", noFeed: "Bu adreste besleme yok, sayfa da bir besleme bildirmiyor", sourceDone: (name: string) => `${name} düzenli olarak okunuyor.`, moreSources: "Bütün kaynaklar", exists: "Bu kaynak zaten var",
    draft: "İlk taslağı görün", draftWhy: "Copydesk kaynağı okur ve her yeni haberden bir taslak yazar.", draftWaits: "İlk taslaklar yolda", draftFails: "Kaynak okunamadı", again: "Yeniden getir", fetching: "Kaynak getiriliyor", draftDone: "Taslaklar buraya kendiliğinden gelir.", nothingNew: "Kaynak okundu, içinde yeni bir şey yoktu",
    approval: "Onaylayın", approvalWhy: "Kaynaklarının yanında okuyun, sonra Onayla düğmesine basın. On saniye içinde geri alabilirsiniz.", review: "İncele", noReview: "İnceleme bekleyen taslak yok", approvalDone: "İlk yazı onaylandı.",
    publication: "Sitede görün", publicationWhy: "Onaylanan yazı kendiliğinden yayımlanır.", goesOut: "Birazdan yayımlanıyor", planned: (at: string) => `Yayımlanma zamanı: ${at}`, seeIt: "Sitede aç", publicationDone: "İlk yazı yayında.",
    readOnly: "Bu adımı kaynakları değiştirebilen biri atmalı.", judgeOnly: "Bu adımı yazılara karar verebilen biri atmalı.", newTab: "yeni sekmede açılır",
  },
});
