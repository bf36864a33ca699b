import { expect, test } from "vitest";
import { groundMarks, minutesOf, nextPlace, toFix, utf16 } from "./findings";

const part = (name: string, value: number, weight: number) => ({ name, value, weight, reason: "" });

test("code points become places of a string", () => {
  expect(utf16("a😀b😀c", [{ start: 4, end: 5 }, { start: 1, end: 2 }, { start: 2, end: 3 }])).toEqual([{ from: 6, to: 7 }, { from: 1, to: 3 }, { from: 3, to: 4 }]);
  expect(utf16("plain", [{ start: 1, end: 99 }])).toEqual([{ from: 1, to: 99 }]);
  expect(utf16("😀", [{ start: 1, end: 9 }])).toEqual([{ from: 2, to: 2 }]);
});

test("what costs the score most is to be fixed first", () => {
  const suggestions = [
    { code: "title_length", message: "t", start: 0, end: 0 },
    { code: "word_repeated", message: "w", start: 0, end: 2 },
    { code: "sentence_long", message: "s2", start: 9, end: 12 },
    { code: "sentence_long", message: "s1", start: 3, end: 5 },
  ];
  const score_parts = [part("sentences", 0.3, 0.13), part("typography", 0.9, 0.16), part("title", 0.5, 0.08)];
  const found = toFix("a text that is here", { suggestions, score_parts, fix_first: [] });
  expect(found.map((one) => one.message)).toEqual(["s1", "s2", "t", "w"]);
  expect(found[2]?.place).toBeNull();
  const measured = toFix("a text that is here", { suggestions, score_parts, fix_first: [{ code: "word_repeated", gain: 0.02 }, { code: "title_length", gain: 0.01 }] });
  expect(measured.map((one) => one.message)).toEqual(["w", "t", "s1", "s2"]);
});

test("pieces without support are found where they stand by themselves", () => {
  const found = groundMarks("In 2012 there were 12 boats.", [{ kind: "number", text: "12" }, { kind: "name", text: "Ada" }]);
  expect(found.map((one) => one.place)).toEqual([{ from: 19, to: 21 }, null]);
});

test("the next finding goes round", () => {
  const at = (from: number) => ({ id: String(from), code: "x", message: "", place: { from, to: from + 1 } });
  const all = [at(20), at(5), { ...at(0), place: null }];
  expect(nextPlace(all, 5, 1)?.id).toBe("20");
  expect(nextPlace(all, 25, 1)?.id).toBe("5");
  expect(nextPlace(all, 5, -1)?.id).toBe("20");
  expect(nextPlace([], 0, 1)).toBeNull();
  expect([minutesOf(10, "en"), minutesOf(229, "en"), minutesOf(229, "de")]).toEqual([1, 2, 2]);
});
