import { words } from "./i18n";

/** Names of states and roles as people read them. */
export const names = words({
  en: {
    states: {
      draft: "draft", in_review: "in review", approved: "approved", scheduled: "scheduled", publishing: "publishing",
      published: "published", rejected: "rejected", failed: "failed", retracted: "retracted",
      available: "available", running: "running", retryable: "retryable", pending: "waits for others",
      completed: "completed", cancelled: "cancelled", discarded: "dead letter",
      active: "active", paused: "paused", muted: "muted", ok: "in order", degraded: "degraded", down: "down",
      waiting: "waiting", sending: "sending", unknown: "unknown", live: "live", withdrawn: "withdrawn",
      critical: "critical", high: "high", normal: "normal", low: "low",
    },
    roles: { admin: "admin", editor: "editor", author: "author", moderator: "moderator", viewer: "viewer" },
  },
  tr: {
    states: {
      draft: "taslak", in_review: "incelemede", approved: "onaylandı", scheduled: "zamanlandı", publishing: "yayımlanıyor",
      published: "yayında", rejected: "reddedildi", failed: "başarısız", retracted: "geri çekildi",
      available: "hazır", running: "çalışıyor", retryable: "yinelenecek", pending: "başkalarını bekliyor",
      completed: "tamamlandı", cancelled: "iptal edildi", discarded: "ölü mektup",
      active: "etkin", paused: "duraklatıldı", muted: "susturuldu", ok: "yolunda", degraded: "aksıyor", down: "çalışmıyor",
      waiting: "bekliyor", sending: "gönderiliyor", unknown: "bilinmiyor", live: "canlı", withdrawn: "geri alındı",
      critical: "kritik", high: "yüksek", normal: "olağan", low: "düşük",
    },
    roles: { admin: "yönetici", editor: "editör", author: "yazar", moderator: "denetmen", viewer: "izleyici" },
  },
});

/** The word for a state of a post, job, source, delivery or of health; an unknown one is shown as it is. */
export function stateName(state: string): string {
  return (names.states as Record<string, string>)[state] ?? state.replaceAll("_", " ");
}
