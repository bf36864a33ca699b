import { words } from "../../lib/i18n";

export const w = words({
  en: { title: "Sign in", noAccount: "This desk has no account yet: open the set-up link that the server printed, or sign in with the key.", hint: "Accounts are by invitation. An administrator can send a link to set a new password." },
  tr: { title: "Oturum aç", noAccount: "Bu masada henüz hesap yok: sunucunun yazdığı kurulum bağlantısını açın ya da anahtarla oturum açın.", hint: "Hesaplar davetle açılır. Yeni parola için bir yönetici bağlantı gönderebilir." },
});
