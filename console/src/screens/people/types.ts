import { names } from "../../lib/names";

export interface User {
  id: string;
  email: string;
  name: string;
  role: string;
  created_at: string;
  last_used_at: string | null;
  disabled_at: string | null;
}

export interface Invitation {
  id: string;
  kind: string;
  email: string | null;
  role: string;
  expires_at: string;
}

export interface Key {
  id: string;
  name: string;
  prefix: string;
  role: string;
  scopes: string[];
  created_at: string;
  expires_at: string | null;
  last_used_at: string | null;
  revoked_at: string | null;
}

/** What a role covers, in the order people learn them; the server decides, this is for the choice of a key's part. */
export const scopesOf: Record<string, readonly string[]> = {
  admin: ["read", "configure", "write", "judge", "publish", "operate", "admin"],
  editor: ["read", "configure", "write", "judge", "publish", "operate"],
  moderator: ["read", "write", "judge", "publish"],
  author: ["read", "write"],
  viewer: ["read"],
};

export const roleOptions = Object.entries(names.roles).map(([value, label]) => ({ value, label }));

export type Standing = "works" | "revoked" | "expired";

/** Whether a key still opens anything at `now`, in milliseconds. */
export function standing(key: Pick<Key, "revoked_at" | "expires_at">, now: number): Standing {
  if (key.revoked_at) return "revoked";
  return key.expires_at && Date.parse(key.expires_at) <= now ? "expired" : "works";
}
