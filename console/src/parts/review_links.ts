/** A signed link with what became of it. */
export interface ReviewLink {
  id: string;
  url?: string | null;
  version: number;
  reviewer: string;
  expires_at: string;
  revoked_at?: string | null;
  used_at?: string | null;
  outcome?: string | null;
  comment?: string | null;
}

export type Standing = "open" | "expired" | "revoked" | "approved" | "endorsed" | "rejected" | "newer" | "settled";

export const isUsable = (link: ReviewLink, now = Date.now()): boolean => !link.outcome && !link.used_at && !link.revoked_at && Date.parse(link.expires_at) > now;

/** In one word: what was decided by it, or whether it still can be. */
export function standing(link: ReviewLink, newest: number, now = Date.now()): Standing {
  const { outcome } = link;
  if (outcome === "approved" || outcome === "endorsed" || outcome === "rejected") return outcome;
  if (outcome || link.used_at) return "settled";
  if (link.revoked_at) return "revoked";
  if (Date.parse(link.expires_at) <= now) return "expired";
  return link.version < newest ? "newer" : "open";
}
