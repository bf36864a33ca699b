import { words } from "../../lib/i18n";

/** Words for what has happened to the text or to its post. */
export const w = words({
  en: {
    restored: {
      desk: (at: string) => `Your working copy of ${at} is open.`, here: (at: string) => `What you typed in this browser at ${at} is open.`,
      older: (base: number, newest: number) => `It was begun on version ${base}; the newest is version ${newest}.`, newest: (n: number) => `Show version ${n} instead`, start: "Begin anew", keep: "Go on",
    },
    aside: { text: "Your text has been set aside.", back: "Put it back", copy: "Copy it", download: "Download it", done: "Done with it" },
    news: {
      somebody: "Copydesk",
      version_added: (who: string, n: number) => `${who} has saved version ${n}. Your text stays as it is; saving will ask how to go on.`,
      approved: (who: string, n: number) => `${who} has approved version ${n}. Saving your text takes that approval back.`,
      endorsed: (who: string, n: number) => `${who} has approved version ${n}; one more person is needed.`,
      rejected: (who: string, reason: string) => `${who} has sent it back: ${reason}`,
      published: (n: number) => `Version ${n} has been published. Your text stays; saved, it becomes an update that needs approval.`,
      retracted: (who: string) => `${who} has taken it off the site. Your text stays; saving opens the post again.`,
      publishing_failed: "Publishing has failed. The timeline says why.",
      approval_withdrawn: (who: string) => `${who} has taken an approval back.`, rescheduled: (who: string) => `${who} has changed its time.`, reopened: (who: string) => `${who} has opened it again as a draft.`,
      show: "Show it", compare: "Compare with mine", timeline: "Timeline", dismiss: "Dismiss",
    },
    others: (names: string, n: number) => `${names} ${n === 1 ? "has" : "have"} unsaved changes to this post too.`,
    publishingNow: "It is being published just now; a version can be saved in a moment.",
    readOnly: "You may read here; writing is for authors, editors and moderators.",
  },
  tr: {
    restored: {
      desk: (at: string) => `${at} tarihli çalışma kopyanız açık.`, here: (at: string) => `Bu tarayıcıda ${at} yazdıklarınız açık.`,
      older: (base: number, newest: number) => `Sürüm ${base} üzerinde başlandı; en yenisi sürüm ${newest}.`, newest: (n: number) => `Bunun yerine sürüm ${n}`, start: "Baştan başla", keep: "Devam et",
    },
    aside: { text: "Metniniz bir kenara kondu.", back: "Geri koy", copy: "Kopyala", download: "İndir", done: "Gerek kalmadı" },
    news: {
      somebody: "Copydesk",
      version_added: (who: string, n: number) => `${who} sürüm ${n} olarak kaydetti. Metniniz olduğu gibi duruyor; kaydederken nasıl sürdürüleceği sorulur.`,
      approved: (who: string, n: number) => `${who} sürüm ${n} için onay verdi. Metninizi kaydetmek bu onayı kaldırır.`,
      endorsed: (who: string, n: number) => `${who} sürüm ${n} için onay verdi; bir kişi daha gerekiyor.`,
      rejected: (who: string, reason: string) => `${who} geri gönderdi: ${reason}`,
      published: (n: number) => `Sürüm ${n} yayımlandı. Metniniz duruyor; kaydedilince onay bekleyen bir güncelleme olur.`,
      retracted: (who: string) => `${who} yazıyı siteden kaldırdı. Metniniz duruyor; kaydetmek yazıyı yeniden açar.`,
      publishing_failed: "Yayımlanamadı. Nedeni zaman çizelgesinde.",
      approval_withdrawn: (who: string) => `${who} bir onayı geri aldı.`, rescheduled: (who: string) => `${who} yayın zamanını değiştirdi.`, reopened: (who: string) => `${who} yazıyı taslak olarak yeniden açtı.`,
      show: "Göster", compare: "Benimkiyle karşılaştır", timeline: "Zaman çizelgesi", dismiss: "Kapat",
    },
    others: (names: string, n: number) => (n === 1 ? `${names} kişisinin de bu yazıda kaydedilmemiş değişiklikleri var.` : `${names}: onların da bu yazıda kaydedilmemiş değişiklikleri var.`),
    publishingNow: "Şu anda yayımlanıyor; birazdan sürüm kaydedilebilir.",
    readOnly: "Burada okuyabilirsiniz; yazmak yazarların, editörlerin ve denetmenlerindir.",
  },
});
