import { words } from "../../lib/i18n";

export const h = words({
  en: {
    title: "Beside the sources", choose: "Choose a sentence of the text or of a source to see the other.", of: (n: number, all: number) => `Sentence ${n} of ${all}`, next: "Next sentence", previous: "Sentence before",
    weak: "without support", weakNext: (n: number) => (n === 1 ? "To the sentence without support" : `To the next of ${n} without support`), share: (share: string) => `${share} of its words stand in one source sentence`, near: "Nearest in the sources", none: "No sentence of the sources resembles it.",
    noTexts: "The texts of its sources are not on the desk: only their names are kept.", back: "Back to the sentence", jump: (n: number) => `To sentence ${n} of the text`, opens: "opens in a new tab",
  },
  tr: {
    title: "Kaynakların yanında", choose: "Karşılığını görmek için metinden ya da bir kaynaktan cümle seçin.", of: (n: number, all: number) => `Cümle ${n} / ${all}`, next: "Sonraki cümle", previous: "Önceki cümle",
    weak: "dayanağı yok", weakNext: (n: number) => (n === 1 ? "Dayanağı olmayan cümleye" : `Dayanağı olmayan ${n} cümlenin sonrakine`), share: (share: string) => `sözcüklerinin ${share} kadarı tek bir kaynak cümlesinde`, near: "Kaynaklarda en yakını", none: "Kaynaklarda buna benzeyen cümle yok.",
    noTexts: "Kaynaklarının metinleri masada yok: yalnızca adları saklı.", back: "Cümleye dön", jump: (n: number) => `Metnin ${n}. cümlesine`, opens: "yeni sekmede açılır",
  },
});
