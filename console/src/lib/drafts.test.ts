import { expect, it, vi } from "vitest";
import { dropDraft, loadDraft, saveDraft } from "./drafts";

it("keeps what was typed, and drops it", () => {
  expect(saveDraft("post.1", { body: "ışık" })).toBe(true);
  expect(loadDraft<{ body: string }>("post.1")?.value.body).toBe("ışık");
  dropDraft("post.1");
  expect(loadDraft("post.1")).toBeNull();
});

it("lets the oldest go when there is no room, and says when that does not help", () => {
  vi.useFakeTimers({ now: 1_000 });
  vi.stubGlobal("localStorage", new Narrow(2));
  saveDraft("old", "a");
  vi.setSystemTime(2_000);
  saveDraft("newer", "b");
  expect(saveDraft("fresh", "c")).toBe(true);
  expect(loadDraft("old")).toBeNull();
  expect(loadDraft("newer")?.value).toBe("b");
  vi.stubGlobal("localStorage", new Narrow(0));
  expect(saveDraft("more", "d")).toBe(false);
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** A storage with room for so many entries; they are its own members, as in the real one. */
class Narrow {
  [key: string]: unknown;

  constructor(room: number) {
    Object.defineProperty(this, "room", { value: room });
  }

  getItem(key: string): unknown {
    return this[key] ?? null;
  }

  setItem(key: string, value: string): void {
    if (!(key in this) && Object.keys(this).length >= (this.room as number)) throw new DOMException("full", "QuotaExceededError");
    this[key] = value;
  }

  removeItem(key: string): void {
    delete this[key];
  }
}
