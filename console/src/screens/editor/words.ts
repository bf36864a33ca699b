import { words } from "../../lib/i18n";

/** What the first sight of the screen needs; panels, tabs and dialogs have words of their own. */
export const w = words({
  en: {
    title: "Editor", newTitle: "New post", untitled: "Without a headline", content: "Content",
    tabs: { label: "Parts of the post", text: "Text", versions: "Versions", links: "Links", timeline: "Timeline" },
    headline: "Headline", excerpt: "Excerpt", topic: "Topic", body: "Text in Markdown", bodyHint: "Write here. Markdown works.", topicHint: "News",
    version: (n: number) => `version ${n}`,
    copied: "Your text is copied", notCopied: "Copying was refused; download it instead",
    safety: {
      clean: "no changes", typing: "typing", here: "saved here", desk: (at: string) => `saved on the desk ${at}`, offline: "offline: kept in this browser",
      refused: "kept in this browser", lost: "not saved: no room in this browser",
    },
    guard: "Your last words are saved neither in this browser nor on the desk. Copy them before you leave.",
    save: "Save version", submit: "Save and submit", submitNew: "Submit for review", submitDraft: "Submit for review", approve: "Approve", saveApprove: "Save and approve", more: "More actions",
    saved: (n: number) => `Saved as version ${n}; it waits for review`, savedPublished: (n: number) => `Saved as version ${n}; readers see it once it is approved`, submitted: "Submitted for review", nothing: "Nothing has changed since this version",
    noPost: "There is no such post", noPostWhy: "The address may have a typing error.",
    approved: "Approved; it is published in a moment", approvedFor: (at: string) => `Approved for ${at}`, endorsed: "Your approval is noted; one more person is needed", undone: "Taken back",
    sendBack: "Send back", sentBack: "Sent back to its author", schedule: "Approve for later", reschedule: "Change the time", rescheduled: (at: string) => `It is published ${at}`,
    publish: "Publish now", publishing: "It is published in a few seconds", again: "Try to publish again", tried: "It is being published again", withdraw: "Take the approval back",
    retract: "Take off the site", retractTitle: "Take this post off the site?", retractWhy: "It leaves every channel at once. Undo is to approve it again, which publishes it anew.", retracted: "Taken off. Undo approves it again.", reopen: "Open again as a draft", reopened: "It is a draft again",
    plainField: "Plain text field", improve: "Improve the text…", improveSaved: "Improve the text: save it first", preview: "Preview", nextNote: "Next note", previousNote: "Previous note", side: "Score and notes", score: (points: string) => `score ${points}`,
  },
  tr: {
    title: "Düzenleyici", newTitle: "Yeni yazı", untitled: "Başlıksız", content: "İçerik",
    tabs: { label: "Yazının bölümleri", text: "Metin", versions: "Sürümler", links: "Bağlantılar", timeline: "Zaman çizelgesi" },
    headline: "Başlık", excerpt: "Özet", topic: "Konu", body: "Markdown metni", bodyHint: "Buraya yazın. Markdown kullanılabilir.", topicHint: "Haber",
    version: (n: number) => `sürüm ${n}`,
    copied: "Metniniz kopyalandı", notCopied: "Kopyalamaya izin verilmedi; indirin",
    safety: {
      clean: "değişiklik yok", typing: "yazılıyor", here: "bu tarayıcıda kayıtlı", desk: (at: string) => `masada kayıtlı ${at}`, offline: "çevrimdışı: bu tarayıcıda saklanıyor",
      refused: "bu tarayıcıda saklanıyor", lost: "kaydedilmedi: tarayıcıda yer yok",
    },
    guard: "Son yazdıklarınız ne bu tarayıcıda ne de masada kayıtlı. Ayrılmadan önce kopyalayın.",
    save: "Sürümü kaydet", submit: "Kaydet ve gönder", submitNew: "İncelemeye gönder", submitDraft: "İncelemeye gönder", approve: "Onayla", saveApprove: "Kaydet ve onayla", more: "Diğer işlemler",
    saved: (n: number) => `Sürüm ${n} kaydedildi; inceleme bekliyor`, savedPublished: (n: number) => `Sürüm ${n} kaydedildi; onaylanınca okurlar görür`, submitted: "İncelemeye gönderildi", nothing: "Bu sürümden beri değişen bir şey yok",
    noPost: "Böyle bir yazı yok", noPostWhy: "Adreste yazım hatası olabilir.",
    approved: "Onaylandı; birazdan yayımlanır", approvedFor: (at: string) => `Onaylandı, yayın zamanı ${at}`, endorsed: "Onayınız kaydedildi; bir kişi daha gerekiyor", undone: "Geri alındı",
    sendBack: "Geri gönder", sentBack: "Yazarına geri gönderildi", schedule: "Sonrası için onayla", reschedule: "Zamanını değiştir", rescheduled: (at: string) => `Yayın zamanı: ${at}`,
    publish: "Şimdi yayımla", publishing: "Birkaç saniye içinde yayımlanır", again: "Yayımlamayı yeniden dene", tried: "Yeniden yayımlanıyor", withdraw: "Onayı geri al",
    retract: "Siteden kaldır", retractTitle: "Bu yazı siteden kaldırılsın mı?", retractWhy: "Hemen bütün kanallardan kalkar. Geri almak, yeniden onaylamaktır; yazı o zaman yeniden yayımlanır.", retracted: "Kaldırıldı. Geri al düğmesi yeniden onaylar.", reopen: "Taslak olarak yeniden aç", reopened: "Yeniden taslak oldu",
    plainField: "Düz metin alanı", improve: "Metni iyileştir…", improveSaved: "Metni iyileştir: önce kaydedin", preview: "Önizleme", nextNote: "Sonraki not", previousNote: "Önceki not", side: "Puan ve notlar", score: (points: string) => `puan ${points}`,
  },
});
