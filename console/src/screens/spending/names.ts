import { call } from "../../lib/api";
import type { Page } from "../../lib/keyset.svelte";
import { may } from "../../lib/session.svelte";
import type { Place, Scope } from "./types";
import { w } from "./words";

type Named = { id: string; name: string };

/** Everything a budget can be about, by its scope; people and keys only for those who may see them. */
export type Names = Record<Exclude<Scope, "all">, readonly { value: string; label: string }[]>;

export async function readNames(signal: AbortSignal): Promise<Names> {
  const page = async (path: "/providers" | "/pipelines" | "/channels" | "/users" | "/keys", isOpen = true) =>
    isOpen ? (await call<Page<Named>>("GET", path, { signal })).data : [];
  const isAdmin = may("admin");
  const [providers, pipelines, channels, users, keys] = await Promise.all([page("/providers"), page("/pipelines"), page("/channels"), page("/users", isAdmin), page("/keys", isAdmin)]);
  const byId = (rows: Named[]) => rows.map(({ id, name }) => ({ value: id, label: name }));
  return { provider: providers.map(({ name }) => ({ value: name, label: name })), pipeline: byId(pipelines), channel: byId(channels), user: byId(users), key: byId(keys) };
}

/** What a place is called; the end of its id where it has no name (any more), or none for this role. */
export function placeName({ scope, name }: Place, names: Names | undefined): string {
  if (scope === "all") return w.whole;
  if (scope === "provider") return name;
  return names?.[scope].find(({ value }) => value === name)?.label ?? `…${name.slice(-6)}`;
}
