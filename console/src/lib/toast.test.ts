import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ApiProblem } from "./problem";
import { session, type Session } from "./session.svelte";
import { complain, toast, toasts } from "./toast.svelte";

const clear = () => toasts.all.forEach((one) => toasts.close(one.id));
// The files share one page: another's toasts may still stand there.
beforeEach(() => {
  clear();
  vi.useFakeTimers();
});
afterEach(() => {
  clear();
  session.current = null;
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

it("stands as long as the server takes a decision back, and until a moment that turns out later", () => {
  session.current = { undo_ms: 30_000 } as Session;
  const id = toast("approved", { undo: () => {} });
  vi.advanceTimersByTime(29_900);
  expect(toasts.current?.text).toBe("approved");
  toasts.hold(id, 4_000);
  vi.advanceTimersByTime(3_900);
  expect(toasts.current?.text).toBe("approved");
  vi.advanceTimersByTime(200);
  expect(toasts.current).toBeNull();
  toasts.hold(id, 1_000);
  expect(toasts.current).toBeNull();
});

it("complains in the words of the page, and not of what was aborted", () => {
  complain(new DOMException("gone", "AbortError"));
  expect(toasts.current).toBeNull();
  complain(new ApiProblem(422, "source-failed", "x", "reading y as a feed"));
  expect(toasts.current).toMatchObject({ text: "The address could not be read as a source", more: "reading y as a feed", tone: "bad" });
});
