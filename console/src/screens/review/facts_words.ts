import { plural, words } from "../../lib/i18n";

/** Of the facts beside a text. */
export const w = words({
  en: {
    score: "Score", grounding: "Sources hold it", grounded: "Everything in it stands in the sources", ungrounded: "Not everything in it stands in the sources",
    weak: "Sentences without support", unfound: (n: number) => plural(n, { one: "# piece not found in the sources", other: "# pieces not found in the sources" }),
    sources: "Sources", opens: "opens in a new tab", channels: "Goes to", noChannel: "No channel is set up", reasons: "Why a person decides",
    state: "State", claim: "Read by", you: "you", nobody: "nobody", approvals: "Approvals", approvalsOf: (n: number, of: number) => `${n} of ${of}`, due: "Due", soon: "at once after approval",
    pipeline: "Pipeline", waitsSince: "Written", author: "Edited by a person", tokens: "tokens", yes: "yes", no: "no",
    rating: "Rating", rate: (n: number) => `Rate ${n} of 5`, mean: (mean: string, n: number) => `${mean} on average, ${plural(n, { one: "# rating", other: "# ratings" })}`, unrated: "Nobody has rated it yet",
    timeline: "Timeline in the editor",
  },
  tr: {
    score: "Puan", grounding: "Kaynaklara dayanıyor", grounded: "İçindeki her şey kaynaklarda var", ungrounded: "İçindeki her şey kaynaklarda yok",
    weak: "Dayanağı olmayan cümleler", unfound: (n: number) => plural(n, { one: "# parça kaynaklarda bulunamadı", other: "# parça kaynaklarda bulunamadı" }),
    sources: "Kaynaklar", opens: "yeni sekmede açılır", channels: "Nereye gider", noChannel: "Kurulu kanal yok", reasons: "Neden bir insan karar veriyor",
    state: "Durum", claim: "Okuyan", you: "siz", nobody: "kimse", approvals: "Onaylar", approvalsOf: (n: number, of: number) => `${n} / ${of}`, due: "Yayın zamanı", soon: "onaydan hemen sonra",
    pipeline: "Hat", waitsSince: "Yazılma", author: "İnsan eli değdi", tokens: "belirteç", yes: "evet", no: "hayır",
    rating: "Değerlendirme", rate: (n: number) => `5 üzerinden ${n} ver`, mean: (mean: string, n: number) => `ortalama ${mean}, ${n} değerlendirme`, unrated: "Henüz kimse değerlendirmedi",
    timeline: "Düzenleyicide zaman çizelgesi",
  },
});
