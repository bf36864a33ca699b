import { expect, it } from "vitest";
import { EMPTY, pointOf, withPoint, type History } from "./history";

const add = (history: History, at: number, n: number | null) => withPoint(history, at, pointOf({ requests_s: n }));

it("keeps a minute by the second, an hour in steps of ten", () => {
  let history = EMPTY;
  for (let at = 10_000; at < 10_000 + 4_000; at += 1) history = add(history, at, at % 10);
  expect(history.times.length).toBeLessThanOrEqual(71 + 360);
  expect(history.times.at(-1)! - history.times[0]!).toBeGreaterThan(3_580);
  expect(history.times.at(-1)! - history.times[0]!).toBeLessThanOrEqual(3_600);
  expect(history.times.every((at, i) => i === 0 || at > history.times[i - 1]!)).toBe(true);
  // 0 to 9 on average.
  expect(history.requests_s[5]).toBeCloseTo(4.5);
  expect(history.requests_s.length).toBe(history.times.length);
});

it("takes no point twice, and a gap stays a gap", () => {
  const one = add(EMPTY, 100, 1);
  expect(add(one, 100, 2)).toBe(one);
  expect(add(one, 99, 2)).toBe(one);
  const later = add(add(one, 101, null), 300, 3);
  expect([later.times, later.requests_s]).toEqual([[101, 300], [1, 3]]);
  expect(later.p95_ms).toEqual([null, null]);
});
