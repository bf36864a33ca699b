import { words } from "../lib/i18n";

/** Why an amount that was typed is none. */
export const m = words({
  en: {
    wrong: { form: "Write an amount such as 12 or 0.25", mark: "Write decimals behind a point, and nothing between thousands", digits: "At most six decimals", much: "At most a thousand million" },
  },
  tr: {
    wrong: { form: "12 ya da 0,25 gibi bir tutar yazın", mark: "Ondalıkları virgülden sonra yazın, binliklerin arasına bir şey koymayın", digits: "En çok altı ondalık", much: "En çok bir milyar" },
  },
});
