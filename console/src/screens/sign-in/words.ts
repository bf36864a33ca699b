import { words } from "../../lib/i18n";

export const w = words({
  en: { title: "Sign in", hint: "Accounts are by invitation. An administrator can send a link to set a new password." },
  tr: { title: "Oturum aç", hint: "Hesaplar davetle açılır. Yeni parola için bir yönetici bağlantı gönderebilir." },
});
