import { expect, it } from "vitest";
import { nearest, timeAt, timeTicks, valueTicks } from "./plot";

it("has round numbers at the side", () => {
  expect(valueTicks(9, 4)).toEqual([0, 5, 10]);
  expect(valueTicks(0.34, 4)).toEqual([0, 0.1, 0.2, 0.3, 0.4]);
  expect(valueTicks(1_000, 5)).toEqual([0, 200, 400, 600, 800, 1_000]);
  expect(valueTicks(71, 3)).toEqual([0, 25, 50, 75]);
  expect(valueTicks(0, 3)[0]).toBe(0);
});

it("covers the highest value, and has few lines", () => {
  for (let max = 0.003; max < 1e7; max *= 1.7) {
    const ticks = valueTicks(max, 4);
    expect(ticks.at(-1)).toBeGreaterThanOrEqual(max);
    expect(ticks.length).toBeLessThanOrEqual(6);
  }
});

it("has full times below", () => {
  expect(timeTicks([100, 400], 6)).toEqual([120, 180, 240, 300, 360]);
  expect(timeTicks([0, 3_600], 6)).toEqual([0, 600, 1_200, 1_800, 2_400, 3_000, 3_600]);
});

it("finds the point under the pointer", () => {
  const times = [10, 20, 30];
  expect([0, 14, 16, 26, 99].map((at) => nearest(times, at))).toEqual([0, 0, 1, 2, 2]);
  expect(nearest([], 5)).toBe(-1);
  expect(timeAt(56, 264, [0, 100])).toBe(0);
  expect(timeAt(156, 264, [0, 100])).toBe(50);
  expect(timeAt(999, 264, [0, 100])).toBe(100);
});
