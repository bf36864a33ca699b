import { call } from "../../lib/api";
import { complain, toast } from "../../lib/toast.svelte";
import type { Source } from "./types";
import { w } from "./words";

type Change = Partial<Pick<Source, "name" | "state" | "interval_s" | "adaptive" | "pipeline">>;

/** Changes a source and offers the way back, which is the same change the other way round. */
export async function change(source: Source, to: Change, told: string, onchanged: (source: Source) => void): Promise<void> {
  const back: Change = Object.fromEntries(Object.keys(to).map((key) => [key, source[key as keyof Change]]));
  // An interval of its own ends a source's own pace.
  if (to.interval_s !== undefined) back.adaptive = source.adaptive;
  const patch = async (body: Change, text: string, undo?: () => Promise<void>) => {
    onchanged(await call<Source>("PATCH", `/sources/${source.id}`, { body }));
    toast(text, undo ? { undo } : {});
  };
  await patch(to, told, () => patch(back, w.undone).catch(failed));
}

export function failed(thrown: unknown): void {
  complain(thrown);
}

/** Pauses, mutes or resumes. */
export function setState(source: Source, state: "active" | "paused" | "muted", onchanged: (source: Source) => void): Promise<void> {
  const told = { active: w.resumed, paused: w.paused, muted: w.muted }[state](source.name);
  return change(source, { state }, told, onchanged).catch(failed);
}
