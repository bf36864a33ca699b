import { plural, words } from "../../lib/i18n";

/** Of the dialogs, which are loaded when they are opened. */
export const w = words({
  en: {
    reject: { title: "Send back", titleMany: (n: string) => `Send back ${n}`, reason: "Reason", hint: "The author reads it. Enter sends, Shift with Enter begins a new line, ↑ brings back earlier reasons.", last: "Earlier reasons", send: "Send back", needed: "Say why in a few words" },
    plan: { title: "Approve for later", slot: "The next free slot", slotAt: (at: string) => `The next free slot: ${at}`, noSlot: "No slots are set up", time: "At a time", at: "Date and time", zone: (name: string) => `In the site's time zone, ${name}`, approve: "Approve", past: "This time has passed", blackout: "Nothing is published at that time.", free: (at: string) => `Take ${at}`, force: "Publish then anyway", looking: "Looking for the next free slot" },
    links: {
      title: "Send for approval", why: "Somebody without an account reads this version by a link and approves it or sends it back.", reviewer: "Name of the reviewer", expires: "The link is good for", hours: (n: number) => plural(n, { one: "# hour", other: "# hours" }), days: (n: number) => plural(n, { one: "# day", other: "# days" }), note: "A word to them", make: "Create the link", url: "Link", copy: "Copy the link", copied: "The link is copied", notCopied: "Copying was refused; select the link and copy it", made: "Links of this post", none: "No links yet", revoke: "Revoke", revokeTitle: "Revoke this link?", revokeWhy: (name: string) => `${name} can no longer decide by it. A new link can be made at any time.`, revoked: "The link opens nothing any more",
      outcome: { open: "waits", expired: "expired", revoked: "revoked", approved: "approved", endorsed: "approved, one more is needed", rejected: "sent back", newer: "for an older version", settled: "settled by others" },
      until: "until", version: (n: number) => `version ${n}`,
    },
  },
  tr: {
    reject: { title: "Geri gönder", titleMany: (n: string) => `${n} yazıyı geri gönder`, reason: "Neden", hint: "Yazarı okur. Enter gönderir, Shift ile Enter yeni satır açar, ↑ önceki nedenleri getirir.", last: "Önceki nedenler", send: "Geri gönder", needed: "Nedenini birkaç sözcükle yazın" },
    plan: { title: "Sonrası için onayla", slot: "Sıradaki boş yayın saati", slotAt: (at: string) => `Sıradaki boş yayın saati: ${at}`, noSlot: "Kurulu yayın saati yok", time: "Belli bir zamanda", at: "Tarih ve saat", zone: (name: string) => `Sitenin saat diliminde, ${name}`, approve: "Onayla", past: "Bu zaman geçti", blackout: "O saatte yayın yapılmıyor.", free: (at: string) => `${at} olsun`, force: "Yine de o saatte yayımla", looking: "Sıradaki boş yayın saati aranıyor" },
    links: {
      title: "Onaya gönder", why: "Hesabı olmayan biri bu sürümü bir bağlantıyla okur, onaylar ya da geri gönderir.", reviewer: "İnceleyenin adı", expires: "Bağlantının süresi", hours: (n: number) => plural(n, { one: "# saat", other: "# saat" }), days: (n: number) => plural(n, { one: "# gün", other: "# gün" }), note: "Ona bir not", make: "Bağlantıyı oluştur", url: "Bağlantı", copy: "Bağlantıyı kopyala", copied: "Bağlantı kopyalandı", notCopied: "Kopyalamaya izin verilmedi; bağlantıyı seçip kopyalayın", made: "Bu yazının bağlantıları", none: "Henüz bağlantı yok", revoke: "İptal et", revokeTitle: "Bu bağlantı iptal edilsin mi?", revokeWhy: (name: string) => `${name} artık bununla karar veremez. İstendiğinde yeni bir bağlantı oluşturulabilir.`, revoked: "Bağlantı artık hiçbir şey açmıyor",
      outcome: { open: "bekliyor", expired: "süresi doldu", revoked: "iptal edildi", approved: "onaylandı", endorsed: "onaylandı, bir kişi daha gerekiyor", rejected: "geri gönderildi", newer: "daha eski bir sürüm için", settled: "başkaları karar verdi" },
      until: "bitiş", version: (n: number) => `sürüm ${n}`,
    },
  },
});
