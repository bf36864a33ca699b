import type { Session } from "./session.svelte";

/** What the server puts into the page so that the first screen needs no request. */
export interface Boot {
  session: Session | null;
  setup_needed: boolean;
  site_name: string;
  /** Answers by their path with query, such as `/api/v3/dashboard?level=basic`. */
  first: Record<string, unknown>;
}

/** The boot block of the page; `null` in development, where nobody fills it. */
export const boot: Boot | null = read();

/** The answer the page brought along for `path`, once: afterwards it would be stale. */
export function takeFirst(path: string): unknown {
  if (!boot || !(path in boot.first)) return undefined;
  const answer = boot.first[path];
  delete boot.first[path];
  return answer;
}

function read(): Boot | null {
  const text = document.getElementById("boot")?.textContent?.trim();
  if (!text) return null;
  try {
    const block = JSON.parse(text) as Partial<Boot>;
    return { session: block.session ?? null, setup_needed: block.setup_needed ?? false, site_name: block.site_name ?? "", first: block.first ?? {} };
  } catch {
    return null;
  }
}
