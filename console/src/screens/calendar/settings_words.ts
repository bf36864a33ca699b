import { plural, words } from "../../lib/i18n";

/** Of the settings' dialog, which is loaded when it is opened. */
export const w = words({
  en: {
    title: "Slots and blackouts", zone: "Time zone of the site", zoneHint: "A name such as Europe/Istanbul. Days begin at midnight there.",
    channels: "Slots", channelsWhy: "The times at which a channel likes to publish.", noChannels: "This site has no channels", spacing: "Spacing in minutes", spacingHint: "A slot with a post nearer than this is taken.",
    time: "Time", timeOf: (n: number) => `Time of slot ${n}`, days: "Days", addSlot: "Add a slot", removeSlot: (time: string) => `Remove the slot at ${time}`, removeEmpty: "Remove the slot",
    blackouts: "Blackouts", blackoutsWhy: "Nothing is published then, unless somebody insists.", name: "Name", kind: "Kind", weekly: "Every week", dated: "Once", from: "From", to: "To", over: "Ends on the next day when it is not later", addBlackout: "Add a blackout", removeBlackout: (name: string) => `Remove the blackout ${name}`,
    preview: "The next ten free slots", previewWhy: "As the settings stand here, before they are saved. A post takes a slot of every channel.", noneFree: "No slot is free in the next month", looked: (n: number) => plural(n, { one: "# slot", other: "# slots" }),
    save: "Save", saved: "The calendar's settings are saved", stays: "What is scheduled already stays where it is.", badZone: "This is no time zone", remove: "Remove",
    dayNames: { mon: "Mon", tue: "Tue", wed: "Wed", thu: "Thu", fri: "Fri", sat: "Sat", sun: "Sun" } as Record<string, string>,
  },
  tr: {
    title: "Yayın saatleri ve yayın yasakları", zone: "Sitenin saat dilimi", zoneHint: "Europe/Istanbul gibi bir ad. Günler orada gece yarısı başlar.",
    channels: "Yayın saatleri", channelsWhy: "Bir kanalın yayımlamayı sevdiği saatler.", noChannels: "Bu sitenin kanalı yok", spacing: "Dakika olarak aralık", spacingHint: "Bundan daha yakınında yazı olan yayın saati doludur.",
    time: "Saat", timeOf: (n: number) => `${n}. yayın saati`, days: "Günler", addSlot: "Yayın saati ekle", removeSlot: (time: string) => `${time} yayın saatini kaldır`, removeEmpty: "Yayın saatini kaldır",
    blackouts: "Yayın yasakları", blackoutsWhy: "Biri ısrar etmedikçe o zaman yayın yapılmaz.", name: "Ad", kind: "Tür", weekly: "Her hafta", dated: "Bir kez", from: "Başlangıç", to: "Bitiş", over: "Daha geç değilse ertesi gün biter", addBlackout: "Yayın yasağı ekle", removeBlackout: (name: string) => `${name} yayın yasağını kaldır`,
    preview: "Sıradaki on boş yayın saati", previewWhy: "Ayarların burada, kaydedilmeden önceki hâliyle. Bir yazı her kanalın yayın saatini doldurur.", noneFree: "Önümüzdeki ay boş yayın saati yok", looked: (n: number) => plural(n, { one: "# yayın saati", other: "# yayın saati" }),
    save: "Kaydet", saved: "Takvim ayarları kaydedildi", stays: "Zamanı verilmiş olanlar yerinde kalır.", badZone: "Bu bir saat dilimi değil", remove: "Kaldır",
    dayNames: { mon: "Pzt", tue: "Sal", wed: "Çar", thu: "Per", fri: "Cum", sat: "Cmt", sun: "Paz" } as Record<string, string>,
  },
});
