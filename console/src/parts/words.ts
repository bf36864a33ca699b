import { plural, words } from "../lib/i18n";

/** Of the questions about a post that several screens ask. */
export const w = words({
  en: {
    reject: { title: "Send back", titleMany: (n: string) => `Send back ${n}`, reason: "Reason", hint: "The author reads it. Enter sends, Shift with Enter begins a new line, ↑ brings back earlier reasons.", last: "Earlier reasons", send: "Send back", needed: "Say why in a few words" },
    plan: {
      approve: "Approve for later", move: "Change the time", slot: (at: string) => `The next free slot: ${at}`, none: "No slots are set up", looking: "Looking for the next free slot", time: "At a time", at: "Date and time", zone: (name: string) => `In the site's time zone, ${name}`,
      past: "This time has passed", blackout: "Nothing is published at that time.", free: (at: string) => `Take ${at}`, force: "Publish then anyway", doApprove: "Approve", doMove: "Change",
    },
    links: {
      why: "Somebody without an account reads this version by a link and approves it or sends it back.", reviewer: "Name of the reviewer", expires: "The link is good for", hours: (n: number) => plural(n, { one: "# hour", other: "# hours" }), days: (n: number) => plural(n, { one: "# day", other: "# days" }),
      note: "A word to them", make: "Create the link", title: "Send for approval", url: (name: string) => `Link for ${name}`, copy: "Copy the link", copied: "The link is copied", notCopied: "Copying was refused; select the link and copy it", made: "Links of this post", none: "No links yet", noneWhy: "A link lets a client or an expert decide without an account.",
      revoke: "Revoke", revokeTitle: "Revoke this link?", revokeWhy: (name: string) => `${name} can no longer decide by it. A new link can be made at any time.`, revoked: "The link opens nothing any more", until: "until", notNow: "A link decides on what is in review; this post is not.",
      outcome: { open: "waits", expired: "expired", revoked: "revoked", approved: "approved", endorsed: "approved, one more is needed", rejected: "sent back", newer: "for an older version", settled: "settled by others" },
      version: (n: number) => `version ${n}`,
    },
  },
  tr: {
    reject: { title: "Geri gönder", titleMany: (n: string) => `${n} yazıyı geri gönder`, reason: "Neden", hint: "Yazarı okur. Enter gönderir, Shift ile Enter yeni satır açar, ↑ önceki nedenleri getirir.", last: "Önceki nedenler", send: "Geri gönder", needed: "Nedenini birkaç sözcükle yazın" },
    plan: {
      approve: "Sonrası için onayla", move: "Zamanını değiştir", slot: (at: string) => `Sıradaki boş yayın saati: ${at}`, none: "Kurulu yayın saati yok", looking: "Sıradaki boş yayın saati aranıyor", time: "Belli bir zamanda", at: "Tarih ve saat", zone: (name: string) => `Sitenin saat diliminde, ${name}`,
      past: "Bu zaman geçti", blackout: "O saatte yayın yapılmıyor.", free: (at: string) => `${at} olsun`, force: "Yine de o saatte yayımla", doApprove: "Onayla", doMove: "Değiştir",
    },
    links: {
      why: "Hesabı olmayan biri bu sürümü bir bağlantıyla okur, onaylar ya da geri gönderir.", reviewer: "İnceleyenin adı", expires: "Bağlantının süresi", hours: (n: number) => plural(n, { one: "# saat", other: "# saat" }), days: (n: number) => plural(n, { one: "# gün", other: "# gün" }),
      note: "Ona bir not", make: "Bağlantıyı oluştur", title: "Onaya gönder", url: (name: string) => `Bağlantı: ${name}`, copy: "Bağlantıyı kopyala", copied: "Bağlantı kopyalandı", notCopied: "Kopyalamaya izin verilmedi; bağlantıyı seçip kopyalayın", made: "Bu yazının bağlantıları", none: "Henüz bağlantı yok", noneWhy: "Bir bağlantı, müşterinin ya da uzmanın hesapsız karar vermesini sağlar.",
      revoke: "İptal et", revokeTitle: "Bu bağlantı iptal edilsin mi?", revokeWhy: (name: string) => `${name} artık bununla karar veremez. İstendiğinde yeni bir bağlantı oluşturulabilir.`, revoked: "Bağlantı artık hiçbir şey açmıyor", until: "bitiş", notNow: "Bağlantıyla incelemedeki yazıya karar verilir; bu yazı incelemede değil.",
      outcome: { open: "bekliyor", expired: "süresi doldu", revoked: "iptal edildi", approved: "onaylandı", endorsed: "onaylandı, bir kişi daha gerekiyor", rejected: "geri gönderildi", newer: "daha eski bir sürüm için", settled: "başkaları karar verdi" },
      version: (n: number) => `sürüm ${n}`,
    },
  },
});
