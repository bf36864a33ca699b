import { words } from "../lib/i18n";

/** The keys of each kind of screen, for the help on the others: a screen that is open tells its own. */
export const w = words({
  en: {
    elsewhere: "On other pages",
    keys: {
      list: { j: "down", k: "up", Enter: "open", x: "pick", "Shift+x": "pick up to here", "/": "search" },
      review: { a: "approve", r: "send back", s: "approve for later", e: "edit", n: "next", p: "previous", v: "versions", d: "changes on or off" },
      jobs: { t: "try again", "Shift+t": "try all that match again" },
      editor: { "Mod+s": "save", "Mod+Enter": "save and approve", "Alt+ArrowDown": "next note", "Alt+ArrowUp": "previous note" },
      chart: { p: "pause", "1": "15 minutes", "2": "an hour", Backspace: "previous range" },
      calendar: { m: "move a post", t: "today", n: "later", p: "earlier" },
      cache: { i: "look up a key", p: "purge" },
    },
  },
  tr: {
    elsewhere: "Öteki sayfalarda",
    keys: {
      list: { j: "aşağı", k: "yukarı", Enter: "aç", x: "seç", "Shift+x": "buraya kadar seç", "/": "ara" },
      review: { a: "onayla", r: "geri gönder", s: "sonrası için onayla", e: "düzenle", n: "sonraki", p: "önceki", v: "sürümler", d: "değişiklikleri göster ya da gizle" },
      jobs: { t: "yeniden dene", "Shift+t": "uyanların tümünü yeniden dene" },
      editor: { "Mod+s": "kaydet", "Mod+Enter": "kaydet ve onayla", "Alt+ArrowDown": "sonraki not", "Alt+ArrowUp": "önceki not" },
      chart: { p: "duraklat", "1": "15 dakika", "2": "bir saat", Backspace: "önceki aralık" },
      calendar: { m: "yazıyı taşı", t: "bugün", n: "sonra", p: "önce" },
      cache: { i: "anahtara bak", p: "boşalt" },
    },
  },
});
