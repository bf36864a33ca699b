import { expect, test } from "vitest";
import { diffItems, diffWords } from "./diff";
import { merged, sideBySide } from "./merge";

const side = (spans: { op: string; text: string }[], op: string) => spans.filter((one) => one.op === "same" || one.op === op).map((one) => one.text).join("");

test("both texts can be read from the comparison", () => {
  const texts = ["", "a", "The boat sails at nine.", "The old boat sails at ten.", "İstanbul'da hava güzel, yarın da.", "one two three four five", "five four three two one"];
  for (const a of texts) {
    for (const b of texts) {
      const spans = diffWords(a, b);
      expect([side(spans, "del"), side(spans, "add")]).toEqual([a, b]);
    }
  }
});

test("only the words that differ are marked", () => {
  expect(diffWords("at nine sharp", "at ten sharp")).toEqual([
    { op: "same", text: "at " }, { op: "del", text: "nine" }, { op: "add", text: "ten" }, { op: "same", text: " sharp" },
  ]);
  expect(diffWords("same", "same")).toEqual([{ op: "same", text: "same" }]);
});

test("texts that have nothing in common end as well", () => {
  const a = Array.from({ length: 5_000 }, (_, i) => `a${i}`), b = Array.from({ length: 5_000 }, (_, i) => `b${i}`);
  expect(diffItems(a, b).map((run) => run.op)).toEqual(["del", "add"]);
});

test("a paragraph that one side has changed is taken from there", () => {
  const base = "One.\n\nTwo.\n\nThree.";
  const stretches = sideBySide(base, "One.\n\nTwo by me.\n\nThree.", "One by them.\n\nTwo.\n\nThree.\n\nFour by them.");
  expect(merged(stretches)).toContain("Two by me.");
  const apart = sideBySide(base, "One.\n\nTwo by me.\n\nThree.", "One.\n\nTwo.\n\nThree.\n\nFour by them.");
  expect(merged(apart)).toBe("One.\n\nTwo by me.\n\nThree.\n\nFour by them.");
  const theirs = sideBySide(base, base, "One.\n\nTwo by them.\n\nThree.");
  expect(merged(theirs)).toBe("One.\n\nTwo by them.\n\nThree.");
  const removed = sideBySide(base, base, "One.\n\nThree.");
  expect(merged(removed)).toBe("One.\n\nThree.");
});

test("one can take either side or both", () => {
  const [, choice] = sideBySide("a\n\nb", "a\n\nmine", "a\n\ntheirs");
  if (!choice || !("mine" in choice)) throw new Error("a choice was expected");
  expect(choice.pick).toBe("mine");
  expect(merged([{ ...choice, pick: "both" }])).toBe("mine\n\ntheirs");
  expect(merged([{ ...choice, pick: "theirs" }])).toBe("theirs");
});
