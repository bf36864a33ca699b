import { words } from "../../lib/i18n";

export const w = words({
  en: {
    add: "A new budget", change: "Change the budget", scope: "For",
    choose: "Choose one", idHint: "Its id: only administrators see the names", providerHint: "Its name, as it is set up", period: "Period",
    hard: "Hard limit in dollars", hardHint: "Never passed: a call that might pass it is not made. 0 forbids every call; empty: no limit.", soft: "Warning from, in dollars", softHint: "Only warns. Empty: no warning.",
    one: "Give a limit, a warning or both", above: "Must not be above the hard limit", known: "There is a budget for this already: saving changes it.", place: "Choose what it is for",
    save: "Save", cancel: "Cancel", saved: "The budget holds from now on", asBefore: "The budget is as before", counts: "What was spent in the present period counts.",
  },
  tr: {
    add: "Yeni bütçe", change: "Bütçeyi değiştir", scope: "Kimin için",
    choose: "Birini seçin", idHint: "Kimliği: adları yalnızca yöneticiler görür", providerHint: "Kurulduğu adıyla", period: "Dönem",
    hard: "Kesin sınır, dolar", hardHint: "Asla aşılmaz: aşabilecek bir çağrı yapılmaz. 0 her çağrıyı yasaklar; boşsa sınır yoktur.", soft: "Uyarı sınırı, dolar", softHint: "Yalnızca uyarır. Boşsa uyarı yoktur.",
    one: "Bir sınır, bir uyarı ya da ikisini yazın", above: "Kesin sınırın üstünde olamaz", known: "Bunun için bir bütçe var: kaydederseniz o değişir.", place: "Kimin için olduğunu seçin",
    save: "Kaydet", cancel: "Vazgeç", saved: "Bütçe artık geçerli", asBefore: "Bütçe eskisi gibi", counts: "Şimdiki dönemde harcanan sayılır.",
  },
});
