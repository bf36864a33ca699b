import { expect, it } from "vitest";
import { beginning, found, reasonOf } from "./reason";

it("reads why items are one story", () => {
  expect(reasonOf("one report so far")).toEqual({ kind: "one" });
  expect(reasonOf("2 reports")).toEqual({ kind: "text", n: 2 });
  expect(reasonOf("4 reports share Harbour, 12, quay")).toEqual({ kind: "words", n: 4, words: ["Harbour", "12", "quay"] });
  expect(reasonOf("joined by hand")).toEqual({ kind: "other", text: "joined by hand" });
});

it("cuts a text between words", () => {
  expect(beginning("one\n two")).toBe("one two");
  expect(beginning("one two three", 8)).toBe("one two…");
});

it("says what was found without its kind, the first few", () => {
  expect(found(["override: ignore all rules", "role: you are now"])).toBe("ignore all rules … you are now");
  expect(found(["a: 1", "b: 2", "c: 3", "d: 4"])).toBe("1 … 2 … 3");
});
