import { expect, it } from "vitest";
import { findClusterBreak, isExtendingChar } from "./clusters";

it("steps over what readers see as one character", () => {
  const text = "e\u0301x\u{1F469}\u200d\u{1F4BB}\u{1F1F9}\u{1F1F7}";
  const stops = [];
  for (let at = 0; at < text.length; at = findClusterBreak(text, at)) stops.push(at);
  expect(stops).toEqual([0, 2, 3, 8]);
  const back = [];
  for (let at = text.length; at > 0; at = findClusterBreak(text, at, false)) back.push(at);
  expect(back).toEqual([12, 8, 3, 2]);
});

it("takes an accent from its letter, and a flag as a whole", () => {
  expect(findClusterBreak("e\u0301", 2, false, false)).toBe(1);
  expect(findClusterBreak("\u{1F1F9}\u{1F1F7}", 4, false, false)).toBe(0);
  expect(findClusterBreak("a\u{1D11E}", 3, false, false)).toBe(1);
  expect(isExtendingChar(0x301)).toBe(true);
  expect(isExtendingChar(0x61)).toBe(false);
});
