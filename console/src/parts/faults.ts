import { words } from "../lib/i18n";

const w = words({
  en: {
    kinds: {
      ok: "answered", rate_limited: "too many requests", server_error: "error of the provider", rejected: "refused the request", in_band_error: "error in the answer", malformed: "unreadable answer",
      refusal: "the model refused", empty: "empty answer", cut: "broke off", slow: "too slow", budget: "no budget", unusable: "unusable answer", cancelled: "given up by its caller", lost: "the process ended",
      refused: "address not allowed", dns: "name not found", connect: "no connection", tls: "TLS failed", timeout: "timed out",
     
    } as Record<string, string>,
  },
  tr: {
    kinds: {
      ok: "yanıtladı", rate_limited: "çok fazla istek", server_error: "sağlayıcıda hata", rejected: "isteği geri çevirdi", in_band_error: "yanıtın içinde hata", malformed: "okunamayan yanıt",
      refusal: "model reddetti", empty: "boş yanıt", cut: "yarıda kesildi", slow: "çok yavaş", budget: "bütçe yok", unusable: "işe yaramaz yanıt", cancelled: "çağıran vazgeçti", lost: "süreç sona erdi",
      refused: "adrese izin yok", dns: "ad bulunamadı", connect: "bağlantı yok", tls: "TLS kurulamadı", timeout: "zaman aşımı",
     
    } as Record<string, string>,
  },
});

/** How an attempt at a model ended, `ok` or the kind of its fault, in words; an unknown one is shown as it is. */
export const faultName = (kind: string): string => w.kinds[kind] ?? kind.replaceAll("_", " ");
export const FAULTS: readonly string[] = Object.keys(w.kinds);
