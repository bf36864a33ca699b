import { words } from "./i18n";

/** One thing that is wrong with what was sent. */
export interface Fault {
  /** JSON pointer (RFC 6901) to the value, such as `/title`. */
  pointer: string;
  detail: string;
}

/** An answer that says what went wrong (RFC 9457), or that there was none (`offline`). Its message is in the language of the page. */
export class ApiProblem extends Error {
  override readonly name = "ApiProblem";

  constructor(
    /** 0 when there was no answer. */
    readonly status: number,
    /** The last part of the problem's type: `stale-version`, `claimed`, … and our own `offline`. */
    readonly code: string,
    readonly title: string,
    /** The server's own words, in English; they may hold ids. */
    readonly detail: string,
    /** Every member of the answer. */
    readonly body: Record<string, unknown> = {},
    readonly retryAfter: number | null = null,
  ) {
    super(w.said[code] ?? (title || detail));
  }

  /** What the server says beyond the message, in English; empty when that is nothing anybody could use. */
  get more(): string {
    const isUseful = this.errors.length === 0 && (TELLING.has(this.code) || !(this.code in w.said));
    return isUseful && this.detail !== this.message ? this.detail : "";
  }

  get errors(): Fault[] {
    return Array.isArray(this.body.errors) ? (this.body.errors as Fault[]) : [];
  }

  get requestId(): string {
    return typeof this.body.request_id === "string" ? this.body.request_id : "";
  }

  get isOffline(): boolean {
    return this.code === "offline";
  }

  /** What is wrong with the field `name` of the body, as one sentence; empty when nothing is. */
  field(name: string): string {
    return this.errors.filter((fault) => fault.pointer === `/${name}`).map((fault) => fault.detail).join("; ");
  }
}

/** Reads an answer that is no success. */
export async function readProblem(response: Response): Promise<ApiProblem> {
  let body: Record<string, unknown> = {};
  if (response.headers.get("content-type")?.includes("json")) {
    body = ((await response.json().catch(() => null)) as Record<string, unknown> | null) ?? {};
  }
  const text = (name: string) => (typeof body[name] === "string" ? (body[name] as string) : "");
  const code = text("type").split(/[#/]/).at(-1) || `http-${response.status}`;
  const wait = Number(response.headers.get("retry-after"));
  const title = text("title") || `${response.status} ${response.statusText}`.trim();
  return new ApiProblem(response.status, code, title, text("detail"), body, wait > 0 ? wait : null);
}

export function offline(): ApiProblem {
  return new ApiProblem(0, "offline", "", "");
}

/** Anything thrown, as a problem; `null` for a call that was aborted on purpose. */
export function asProblem(thrown: unknown): ApiProblem | null {
  if (thrown instanceof ApiProblem) return thrown;
  if (thrown instanceof DOMException && thrown.name === "AbortError") return null;
  return new ApiProblem(0, "unexpected", "", thrown instanceof Error ? thrown.message : String(thrown));
}

/** Of these the server's detail helps whoever reads it; of others it repeats the message, or speaks to programs. */
const TELLING = new Set(["malformed", "invalid", "source-failed", "already-exists", "in-use", "unexpected"]);

const w = words({
  en: {
    said: {
      offline: "The server cannot be reached. Nothing you typed is lost.",
      unexpected: "Something unexpected happened",
      malformed: "The server could not read this", invalid: "This cannot be used as it is",
      unauthenticated: "Please sign in again", forbidden: "This is not for your role",
      csrf: "Your session has changed meanwhile. Load the page again.",
      "not-found": "It is not there, or not any more", "illegal-move": "The post is in another state by now",
      claimed: "Somebody else is reading it", "in-use": "Something else still uses it", conflict: "Somebody else was faster. Try again.",
      "already-exists": "It is there already", "last-admin": "Somebody must stay administrator: choose another one first",
      "job-running": "The job is running. Wait for its end, or cancel it.", "stale-version": "There is a newer version",
      "too-large": "It is too large", blackout: "Nothing is published at that time",
      "source-failed": "The address could not be read as a source", "too-many-requests": "Too many tries. Wait a moment.",
      internal: "Something went wrong on the server", unavailable: "The server is busy. Try again in a moment.",
    } as Record<string, string>,
  },
  tr: {
    said: {
      offline: "Sunucuya ulaşılamıyor. Yazdıklarınız kaybolmadı.",
      unexpected: "Beklenmeyen bir şey oldu",
      malformed: "Sunucu bunu okuyamadı", invalid: "Bu haliyle kullanılamaz",
      unauthenticated: "Lütfen yeniden oturum açın", forbidden: "Rolünüz buna izin vermiyor",
      csrf: "Oturumunuz bu arada değişti. Sayfayı yeniden yükleyin.",
      "not-found": "Burada yok ya da artık yok", "illegal-move": "Yazının durumu bu arada değişti",
      claimed: "Bir başkası okuyor", "in-use": "Başka bir şey onu hâlâ kullanıyor", conflict: "Bir başkası daha hızlıydı. Yeniden deneyin.",
      "already-exists": "Zaten var", "last-admin": "Bir yönetici kalmalı: önce başka birini yönetici yapın",
      "job-running": "İş çalışıyor. Bitmesini bekleyin ya da iptal edin.", "stale-version": "Daha yeni bir sürüm var",
      "too-large": "Çok büyük", blackout: "O saatte hiçbir şey yayımlanmaz",
      "source-failed": "Adres bir kaynak olarak okunamadı", "too-many-requests": "Çok fazla deneme. Biraz bekleyin.",
      internal: "Sunucuda bir sorun çıktı", unavailable: "Sunucu meşgul. Birazdan yeniden deneyin.",
    } as Record<string, string>,
  },
});
