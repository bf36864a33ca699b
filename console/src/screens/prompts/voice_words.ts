import { words } from "../../lib/i18n";

export const w = words({
  en: {
    why: "A voice says how drafts are to sound; a pipeline names the one that it speaks with.", add: "Add a voice", none: "No voice yet", noneWhy: "Without one drafts sound as their prompt has it. A voice adds tone, readers, what to do and what not, and examples.",
    change: "Change", remove: "Remove", changeOne: (name: string) => `Change ${name}`, removeOne: (name: string) => `Remove ${name}`, removed: (name: string) => `${name} is removed`, saved: (name: string) => `${name} is saved`, newTitle: "A new voice", name: "Name", nameHint: "Small letters, digits and -",
    tone: "Tone", audience: "Readers", language: "Language", languageHint: "Its code, such as en or tr; empty: that of the prompt", words: "Words at most", dos: "Do", donts: "Do not", listHint: "One a line", examples: "Examples of its style", examplesHint: "Apart by a line of three dashes",
    where: "Where", everywhere: "Everywhere", on: (kind: string) => `On channels of the kind ${kind}`, onHint: "What is left empty here is as everywhere.", differs: "Other on", save: "Save", cancel: "Cancel",
  },
  tr: {
    why: "Ses, taslakların nasıl duyulacağını söyler; hat hangi sesle konuşacağını seçer.", add: "Ses ekle", none: "Henüz ses yok", noneWhy: "Ses olmadan taslaklar yönergelerindeki gibi duyulur. Ses; tonu, okurları, yapılacakları, yapılmayacakları ve örnekleri ekler.",
    change: "Değiştir", remove: "Kaldır", changeOne: (name: string) => `Değiştir: ${name}`, removeOne: (name: string) => `Kaldır: ${name}`, removed: (name: string) => `${name} kaldırıldı`, saved: (name: string) => `${name} kaydedildi`, newTitle: "Yeni ses", name: "Ad", nameHint: "Küçük harf, rakam ve -",
    tone: "Ton", audience: "Okurlar", language: "Dil", languageHint: "Kodu, örneğin tr ya da en; boşsa yönergeninki", words: "En çok sözcük", dos: "Yap", donts: "Yapma", listHint: "Her satıra bir tane", examples: "Üslup örnekleri", examplesHint: "Araları üç çizgilik bir satırla ayrılır",
    where: "Nerede", everywhere: "Her yerde", on: (kind: string) => `${kind} türü kanallarda`, onHint: "Burada boş kalan her yerdeki gibidir.", differs: "Farklı olduğu yer", save: "Kaydet", cancel: "Vazgeç",
  },
});
