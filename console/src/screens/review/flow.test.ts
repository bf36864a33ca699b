import { describe, expect, it } from "vitest";
import type { LiveMessage } from "../../lib/live.svelte";
import { effectOf, following, putBack, step, tally } from "./flow";

const ids = ["a", "b", "c", "d"];

describe("moving on", () => {
  it("steps forth and back and stops at the ends", () => {
    expect(step(ids, "b", 1)).toBe("c");
    expect(step(ids, "b", -1)).toBe("a");
    expect(step(ids, "d", 1)).toBeNull();
    expect(step(ids, null, 1)).toBe("a");
    expect(step([], null, 1)).toBeNull();
  });

  it("passes over what is skipped, also at the start", () => {
    const skip = (id: string) => id === "a" || id === "c";
    expect(step(ids, null, 1, skip)).toBe("b");
    expect(step(ids, "b", 1, skip)).toBe("d");
  });

  it("goes back to what was passed over once the end is reached", () => {
    expect(following(ids, "d", () => false)).toBe("a");
    expect(following(ids, "b", (id) => id === "c" || id === "d")).toBe("a");
    expect(following(["a"], "a", () => false)).toBeNull();
  });
});

describe("what others do", () => {
  const word = (more: object): LiveMessage => ({ id: "1-a.1", type: "approved", post: "p", state: "in_review", version: 1, ...more });

  it("is news only when a post comes into review", () => {
    expect(effectOf(word({ type: "submitted" }), undefined)).toBe("news");
    expect(effectOf(word({ type: "claimed" }), undefined)).toBe("none");
    expect(effectOf(word({ state: "published" }), undefined)).toBe("none");
  });

  it("tells a decision, a newer version and a touch apart", () => {
    expect(effectOf(word({ state: "rejected" }), { version: 1 })).toBe("gone");
    expect(effectOf(word({ type: "version_added", version: 2 }), { version: 1 })).toBe("newer");
    expect(effectOf(word({ type: "claimed" }), { version: 1 })).toBe("touched");
  });
});

it("puts a row back where it was, once", () => {
  const rows = [{ id: "a" }, { id: "c" }];
  expect(putBack(rows, { id: "b" }, 1).map((row) => row.id)).toEqual(["a", "b", "c"]);
  expect(putBack(rows, { id: "c" }, 0)).toHaveLength(2);
});

it("counts words, not signs", () => {
  expect(tally([{ op: "add", text: "iki söz, " }, { op: "same", text: "x" }], [{ op: "del", text: "12 – words" }])).toEqual({ added: 2, removed: 2 });
});
