import { expect, it } from "vitest";
import { beginning, reasonOf } from "./reason";

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
