import { words } from "../../lib/i18n";

export const w = words({
  en: {
    titles: { invitation: "Welcome", recovery: "Choose a new password", setup: "Set up Copydesk" } as Record<string, string>,
    lead: {
      invitation: (site: string, role: string) => `You are invited to ${site} as ${role}.`,
      recovery: (site: string) => `Your account at ${site} stays as it is.`,
      setup: () => "Make the first administrator. Nobody else can use this link afterwards.",
    } as Record<string, (site: string, role: string) => string>,
    email: "E-mail", name: "Name", nameHint: "As the others will see it", password: "Password", passwordHint: "At least 12 characters. A sentence is easier than a puzzle.",
    start: "Start", looking: "Looking at the link", bad: "This link does not work",
    badWhy: "It may have been used, withdrawn or expired. Ask whoever sent it for another one.", use: "Use your link", paste: "Link or code", pasteWhy: "Paste the link you were given.", open: "Open", signIn: "Sign in",
    show: "Show password",
  },
  tr: {
    titles: { invitation: "Hoş geldiniz", recovery: "Yeni parola seçin", setup: "Copydesk kurulumu" } as Record<string, string>,
    lead: {
      invitation: (site: string, role: string) => `${site} sizi ${role} olarak davet ediyor.`,
      recovery: (site: string) => `${site} hesabınız olduğu gibi kalır.`,
      setup: () => "İlk yöneticiyi oluşturun. Sonra bu bağlantıyı başka kimse kullanamaz.",
    } as Record<string, (site: string, role: string) => string>,
    email: "E-posta", name: "Ad", nameHint: "Başkalarının göreceği gibi", password: "Parola", passwordHint: "En az 12 karakter. Bir cümle, bilmeceden kolaydır.",
    start: "Başla", looking: "Bağlantıya bakılıyor", bad: "Bu bağlantı çalışmıyor",
    badWhy: "Kullanılmış, geri çekilmiş ya da süresi dolmuş olabilir. Gönderenden yenisini isteyin.", use: "Bağlantınızı kullanın", paste: "Bağlantı ya da kod", pasteWhy: "Size verilen bağlantıyı yapıştırın.", open: "Aç", signIn: "Giriş",
    show: "Parolayı göster",
  },
});
