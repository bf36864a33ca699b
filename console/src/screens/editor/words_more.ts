import { plural, words } from "../../lib/i18n";

/** Words of the tabs and dialogs that are loaded when they are opened. */
export const w = words({
  en: {
    conflict: {
      title: (n: number) => `Version ${n} is newer than yours`, why: (base: number, who: string) => `You began on version ${base}; ${who} has saved another one since. Nothing of yours is lost: choose how to go on.`,
      legend: "Struck through stands only in yours, underlined only in theirs.", diff: "Yours compared with theirs", headline: "Headline", excerpt: "Excerpt",
      mine: "Keep mine on top", mineWhy: (n: number) => `Saves your text as version ${n}. Theirs stays in the versions.`, theirs: "Take theirs", theirsWhy: "Your text is set aside to be copied, downloaded or put back.",
      hand: "Merge by hand", handWhy: "Choose paragraph by paragraph.", back: "Back to writing", copy: "Copy my text", download: "Download my text",
      paragraph: (n: number) => `Place ${n}`, yours: "Mine", other: "Theirs", both: "Both", empty: "nothing", use: "Use the merged text", used: (n: number) => `Merged on version ${n}; save it when it reads well`, same: "Both have the same text",
    },
    versions: {
      newest: "newest", published: "published", approved: "approved", compare: "Compare", from: "From", to: "To", score: "Score",
      list: "All versions", by: (name: string) => `by ${name}`, policy: "Copydesk", restore: "Restore", restored: (from: number, to: number) => `Version ${from} is back as version ${to}`, undone: (n: number) => `Taken back as version ${n}`,
      preview: "Preview", same: "The texts are the same", changed: (added: number, removed: number) => `${plural(added, { one: "# word added", other: "# words added" })}, ${plural(removed, { one: "# removed", other: "# removed" })}`,
      decisions: { approved: "approved", endorsed: "approved by one of two", rejected: "sent back", held: "left to a person", withdrawn: "approval taken back", reopened: "opened again" },
      unsaved: "Your unsaved text stays as your working copy.", version: (n: number) => `Version ${n}`,
    },
    improve: {
      title: "Improve the text", asking: "Trying safe edits, then the models of the pipeline", score: (from: string, to: string) => `Score ${from}, then ${to}`, none: "Nothing better was found", kinds: { edits: "Safe edits", rewrite: "Rewriting" },
      kept: "kept", dropped: "not kept", fields: { title: "Headline", excerpt: "Excerpt", body: "Text" }, use: "Use it", used: "The better text is in the fields; save it when it reads well",
    },
    preview: { title: "As readers see it", loading: "Setting the page", image: (alt: string) => `Image: ${alt || "without words"}` },
    timeline: {
      title: "Timeline", why: "Where it stands", deliveries: "Channels", attempts: (n: number, of: number) => `attempt ${n} of ${of}`, next: "next attempt", error: "The channel answered", none: "It has been sent to no channel yet", address: "Called there", open: "Open the job",
      state: {
        draft: "It is a draft and has not been submitted.", in_review: (have: number, need: number) => `It waits for a decision: ${have} of ${plural(need, { one: "# approval", other: "# approvals" })}.`, approved: "It is approved and has no time yet.",
        scheduled: (at: string) => `It is published ${at}.`, publishing: "It is on its way to its channels.", published: (n: number) => `Version ${n} is published.`, update: (n: number) => `Version ${n} waits for approval as an update.`, rejected: (why: string) => `It was sent back: ${why}`, failed: "Publishing has failed; nothing is sent until somebody tries again.", retracted: "It was taken off its channels.",
      },
      events: {
        created: "made it", version_added: (n: number) => `wrote version ${n}`, submitted: "submitted it", endorsed: "approved it as the first of two", approved: "approved it", approvedSelf: "approved it by the policy", rejected: "sent it back", approval_withdrawn: "took the approval back",
        scheduled: (at: string) => `scheduled it for ${at}`, rescheduled: (at: string) => `moved it to ${at}`, reopened: "opened it again", publishing_started: "began to publish", delivery_started: (name: string) => `sent it to ${name}`, delivery_live: (name: string) => `brought it to ${name}`,
        delivery_failed: (name: string) => `could not bring it to ${name}`, delivery_withdrawn: (name: string) => `took it off ${name}`, published: (n: number) => `published version ${n}`, publishing_failed: "could not publish it", retracted: "took it off the site", held: "left it to a person",
      },
      system: "Copydesk",
    },
  },
  tr: {
    conflict: {
      title: (n: number) => `Sürüm ${n} sizinkinden yeni`, why: (base: number, who: string) => `Siz sürüm ${base} üzerinde başladınız; ${who} o zamandan beri başka bir sürüm kaydetti. Yazdıklarınız kaybolmadı: nasıl sürdürüleceğini seçin.`,
      legend: "Üstü çizili olan yalnızca sizinkinde, altı çizili olan yalnızca onlarınkinde var.", diff: "Sizinkinin onlarınkiyle karşılaştırması", headline: "Başlık", excerpt: "Özet",
      mine: "Benimki üstte kalsın", mineWhy: (n: number) => `Metniniz sürüm ${n} olarak kaydedilir. Onlarınki sürümlerde durur.`, theirs: "Onlarınkini al", theirsWhy: "Metniniz kopyalanmak, indirilmek ya da geri konmak üzere bir kenara konur.",
      hand: "Elle birleştir", handWhy: "Paragraf paragraf seçin.", back: "Yazmaya dön", copy: "Metnimi kopyala", download: "Metnimi indir",
      paragraph: (n: number) => `Yer ${n}`, yours: "Benimki", other: "Onlarınki", both: "İkisi de", empty: "hiçbir şey", use: "Birleşik metni kullan", used: (n: number) => `Sürüm ${n} üzerinde birleştirildi; içinize sinince kaydedin`, same: "İkisinin metni aynı",
    },
    versions: {
      newest: "en yeni", published: "yayında", approved: "onaylı", compare: "Karşılaştır", from: "Eski", to: "Yeni", score: "Puan",
      list: "Bütün sürümler", by: (name: string) => `yazan: ${name}`, policy: "Copydesk", restore: "Geri getir", restored: (from: number, to: number) => `Sürüm ${from}, sürüm ${to} olarak geri geldi`, undone: (n: number) => `Sürüm ${n} olarak geri alındı`,
      preview: "Önizleme", same: "Metinler aynı", changed: (added: number, removed: number) => `${plural(added, { one: "# sözcük eklendi", other: "# sözcük eklendi" })}, ${plural(removed, { one: "# silindi", other: "# silindi" })}`,
      decisions: { approved: "onaylandı", endorsed: "iki kişiden biri onayladı", rejected: "geri gönderildi", held: "bir insana bırakıldı", withdrawn: "onay geri alındı", reopened: "yeniden açıldı" },
      unsaved: "Kaydedilmemiş metniniz çalışma kopyanız olarak kalır.", version: (n: number) => `Sürüm ${n}`,
    },
    improve: {
      title: "Metni iyileştir", asking: "Önce güvenli düzeltmeler, sonra hattın modelleri deneniyor", score: (from: string, to: string) => `Puan ${from}, sonra ${to}`, none: "Daha iyisi bulunamadı", kinds: { edits: "Güvenli düzeltmeler", rewrite: "Yeniden yazma" },
      kept: "tutuldu", dropped: "tutulmadı", fields: { title: "Başlık", excerpt: "Özet", body: "Metin" }, use: "Kullan", used: "Daha iyi metin alanlarda; iyi okunuyorsa kaydedin",
    },
    preview: { title: "Okurların gördüğü gibi", loading: "Sayfa hazırlanıyor", image: (alt: string) => `Görsel: ${alt || "açıklamasız"}` },
    timeline: {
      title: "Zaman çizelgesi", why: "Durumu", deliveries: "Kanallar", attempts: (n: number, of: number) => `deneme ${n} / ${of}`, next: "sıradaki deneme", error: "Kanalın yanıtı", none: "Henüz hiçbir kanala gönderilmedi", address: "Oradaki adı", open: "İşi aç",
      state: {
        draft: "Taslak; henüz gönderilmedi.", in_review: (have: number, need: number) => `Karar bekliyor: ${plural(need, { one: "# onaydan", other: "# onaydan" })} ${have} tanesi verildi.`, approved: "Onaylandı, henüz zamanı yok.",
        scheduled: (at: string) => `Yayın zamanı: ${at}.`, publishing: "Kanallarına gidiyor.", published: (n: number) => `Sürüm ${n} yayında.`, update: (n: number) => `Sürüm ${n} güncelleme olarak onay bekliyor.`, rejected: (why: string) => `Geri gönderildi: ${why}`, failed: "Yayımlanamadı; biri yeniden deneyene dek bir şey gönderilmez.", retracted: "Kanallarından kaldırıldı.",
      },
      events: {
        created: "oluşturdu", version_added: (n: number) => `yazdı: sürüm ${n}`, submitted: "gönderdi", endorsed: "iki kişiden ilki olarak onayladı", approved: "onayladı", approvedSelf: "kurala göre onayladı", rejected: "geri gönderdi", approval_withdrawn: "onayı geri aldı",
        scheduled: (at: string) => `${at} için zamanladı`, rescheduled: (at: string) => `zamanını ${at} yaptı`, reopened: "yeniden açtı", publishing_started: "yayımlamaya başladı", delivery_started: (name: string) => `${name} kanalına gönderdi`, delivery_live: (name: string) => `${name} kanalına ulaştırdı`,
        delivery_failed: (name: string) => `${name} kanalına ulaştıramadı`, delivery_withdrawn: (name: string) => `${name} kanalından kaldırdı`, published: (n: number) => `yayımladı: sürüm ${n}`, publishing_failed: "yayımlayamadı", retracted: "siteden kaldırdı", held: "bir insana bıraktı",
      },
      system: "Copydesk",
    },
  },
});
