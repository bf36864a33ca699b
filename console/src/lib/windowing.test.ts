import { expect, it } from "vitest";
import { between, scrollToRow, visibleRows } from "./windowing";

it.each([
  [0, 0, 640, { from: 0, to: 0 }],
  [5, 0, 640, { from: 0, to: 5 }],
  [10_000, 0, 640, { from: 0, to: 29 }],
  [10_000, 3_200, 640, { from: 92, to: 129 }],
  [10_000, 319_360, 640, { from: 9_972, to: 10_000 }],
  [100, 99_999, 640, { from: 100, to: 100 }],
  [100, -50, 640, { from: 0, to: 29 }],
])("of %i rows at %i are drawn", (rows, top, height, span) => {
  expect(visibleRows(rows, 32, top, height)).toEqual(span);
});

it("draws few rows, wherever one scrolls", () => {
  for (let top = 0; top < 320_000; top += 777) {
    const { from, to } = visibleRows(10_000, 32, top, 640);
    expect(to - from).toBeLessThanOrEqual(37);
    expect(from * 32).toBeLessThanOrEqual(top);
    expect(to * 32).toBeGreaterThanOrEqual(Math.min(320_000, top + 640));
  }
});

it("scrolls no further than needed", () => {
  expect(scrollToRow(5, 32, 0, 640)).toBe(0);
  expect(scrollToRow(20, 32, 0, 640)).toBe(32);
  expect(scrollToRow(1, 32, 320, 640)).toBe(32);
});

it("picks a range in either direction", () => {
  const ids = ["a", "b", "c", "d"];
  expect(between(ids, "b", "d")).toEqual(["b", "c", "d"]);
  expect(between(ids, "d", "b")).toEqual(["b", "c", "d"]);
  expect(between(ids, "gone", "c")).toEqual(["c"]);
  expect(between(ids, "gone", "too")).toEqual([]);
});
