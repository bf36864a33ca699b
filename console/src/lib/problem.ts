import { words } from "./i18n";

/** One thing that is wrong with what was sent. */
export interface Fault {
  /** JSON pointer (RFC 6901) to the value, such as `/title`. */
  pointer: string;
  detail: string;
}

/** An answer that says what went wrong (RFC 9457), or that there was none (`offline`). */
export class ApiProblem extends Error {
  override readonly name = "ApiProblem";

  constructor(
    /** 0 when there was no answer. */
    readonly status: number,
    /** The last part of the problem's type: `stale-version`, `claimed`, … and our own `offline`. */
    readonly code: string,
    readonly title: string,
    readonly detail: string,
    /** Every member of the answer. */
    readonly body: Record<string, unknown> = {},
    readonly retryAfter: number | null = null,
  ) {
    super(detail || title);
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
  return new ApiProblem(0, "offline", w.title, w.detail);
}

/** Anything thrown, as a problem; `null` for a call that was aborted on purpose. */
export function asProblem(thrown: unknown): ApiProblem | null {
  if (thrown instanceof ApiProblem) return thrown;
  if (thrown instanceof DOMException && thrown.name === "AbortError") return null;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new ApiProblem(0, "unexpected", w.unexpected, message);
}

const w = words({
  en: {
    title: "No connection",
    detail: "The server cannot be reached. Nothing you typed is lost.",
    unexpected: "Something unexpected happened",
  },
  tr: {
    title: "Bağlantı yok",
    detail: "Sunucuya ulaşılamıyor. Yazdıklarınız kaybolmadı.",
    unexpected: "Beklenmeyen bir şey oldu",
  },
});
