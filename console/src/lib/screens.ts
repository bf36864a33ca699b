import type { Component } from "svelte";

export type Screen = Component<{ params: Record<string, string> }>;

const found = import.meta.glob<{ default: Screen }>("../screens/*/Screen.svelte");

/** How the screen in the folder `name` is loaded; `null` when this build has none. */
export function screenLoader(name: string): (() => Promise<{ default: Screen }>) | null {
  return found[`../screens/${name}/Screen.svelte`] ?? null;
}
