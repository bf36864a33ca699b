import { plural, words } from "../../lib/i18n";

export const w = words({
  en: {
    title: "Prompts and voices", tabs: "Prompts and voices", prompts: "Prompts", voices: "Voices", kind: "Kind", language: "Language", every: "All", all: "All prompts",
    kinds: { news_post: "News post", linkedin_post: "LinkedIn post", product_text: "Product text", newsletter_item: "Newsletter item", headline_set: "Headlines", social_thread: "Thread" } as Record<string, string>,
    origins: { built_in: "came with Copydesk", own: "your own", changed: "changed" }, ofSources: "of the sources", noFit: "No prompt is of this kind and language", versionsOf: (n: number) => plural(n, { one: "# version", other: "# versions" }),
    drafts: (n: number) => plural(n, { one: "# draft", other: "# drafts" }), acceptance: (share: string, n: number) => `${share} of ${n} accepted`, distance: (share: string) => `${share} changed by hand`, none: "no draft yet", missing: "There is no such prompt",
    edit: "Text", versions: "Versions", source: "Template", save: "Save", saved: (name: string) => `${name} is saved; the next drafts are written with it`, asBefore: (name: string) => `${name} is as before`, note: "What is different", noteHint: "Shown among the versions", unsaved: "The template is not saved.",
    saveAs: "Save as a new one", newName: "Its name", newNameHint: "Small letters, digits and -", cancel: "Cancel", reset: "As it came", remove: "Remove", isReset: (name: string) => `${name} is as it came`, removed: (name: string) => `${name} is removed`, newOne: "A new prompt",
    faults: (n: number) => plural(n, { one: "# fault", other: "# faults" }), line: (n: number) => `Line ${n}`, fine: "No fault", preview: "What the model gets", story: "Story", noStory: "Without a story", voice: "Voice", noVoice: "No voice", channel: "Channel", noChannel: "None", tokens: (n: string) => `about ${n} tokens`, roles: { system: "System", user: "User", assistant: "Assistant" } as Record<string, string>, waiting: "is being filled in",
    current: "current", built: "came with Copydesk", by: "by", compare: "Compare", older: "Earlier", newer: "Later", same: "They are the same", restore: "Restore", restored: (version: string) => `Version ${version} is the current one`,
  },
  tr: {
    title: "Yönergeler ve sesler", tabs: "Yönergeler ve sesler", prompts: "Yönergeler", voices: "Sesler", kind: "Tür", language: "Dil", every: "Hepsi", all: "Bütün yönergeler",
    kinds: { news_post: "Haber yazısı", linkedin_post: "LinkedIn yazısı", product_text: "Ürün metni", newsletter_item: "Bülten maddesi", headline_set: "Başlıklar", social_thread: "Dizi gönderi" } as Record<string, string>,
    origins: { built_in: "Copydesk ile geldi", own: "sizin", changed: "değiştirildi" }, ofSources: "kaynakların dili", noFit: "Bu tür ve dilde yönerge yok", versionsOf: (n: number) => `${n} sürüm`,
    drafts: (n: number) => `${n} taslak`, acceptance: (share: string, n: number) => `${n} taslağın ${share} kadarı kabul edildi`, distance: (share: string) => `${share} elle değişti`, none: "henüz taslak yok", missing: "Böyle bir yönerge yok",
    edit: "Metin", versions: "Sürümler", source: "Şablon", save: "Kaydet", saved: (name: string) => `${name} kaydedildi; sonraki taslaklar onunla yazılır`, asBefore: (name: string) => `${name} eskisi gibi`, note: "Ne değişti", noteHint: "Sürümler arasında görünür", unsaved: "Şablon kaydedilmedi.",
    saveAs: "Yeni olarak kaydet", newName: "Adı", newNameHint: "Küçük harf, rakam ve -", cancel: "Vazgeç", reset: "Geldiği gibi", remove: "Kaldır", isReset: (name: string) => `${name} geldiği gibi`, removed: (name: string) => `${name} kaldırıldı`, newOne: "Yeni yönerge",
    faults: (n: number) => `${n} hata`, line: (n: number) => `Satır ${n}`, fine: "Hata yok", preview: "Modele giden", story: "Haber", noStory: "Habersiz", voice: "Ses", noVoice: "Sessiz", channel: "Kanal", noChannel: "Yok", tokens: (n: string) => `yaklaşık ${n} token`, roles: { system: "Sistem", user: "Kullanıcı", assistant: "Yardımcı" } as Record<string, string>, waiting: "dolduruluyor",
    current: "geçerli", built: "Copydesk ile geldi", by: "yazan", compare: "Karşılaştır", older: "Önceki", newer: "Sonraki", same: "İkisi aynı", restore: "Geri yükle", restored: (version: string) => `Geçerli sürüm artık ${version}`,
  },
});
