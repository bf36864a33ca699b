import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { toast, toasts } from "./toast.svelte";

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  toasts.all.forEach((one) => toasts.close(one.id));
  vi.useRealTimers();
});

it("stands ten seconds when something can be taken back", () => {
  toast("approved", { undo: () => {} });
  vi.advanceTimersByTime(9_900);
  expect(toasts.current?.text).toBe("approved");
  vi.advanceTimersByTime(200);
  expect(toasts.current).toBeNull();
});

it("takes back once, the newest first, past what has no way back", async () => {
  const done: string[] = [];
  toast("first", { undo: () => void done.push("first") });
  toast("second", { undo: () => void done.push("second") });
  toast("saved");
  expect(await toasts.undo()).toBe(true);
  expect(await toasts.undo()).toBe(true);
  expect(await toasts.undo()).toBe(false);
  expect(done).toEqual(["second", "first"]);
  expect(toasts.current?.text).toBe("saved");
});

it("shows the one before when the newest has gone", () => {
  toast("approved", { undo: () => {} });
  toast("saved", { seconds: 2 });
  vi.advanceTimersByTime(2_100);
  expect(toasts.current?.text).toBe("approved");
});
