import { expect, it } from "vitest";
import { bodyOf, useOf } from "./budget";
import { chartOf, roofOf } from "./days";
import { fits } from "./ledger";
import type { Budget, Day, Entry, Place } from "./types";

const budget = (more: Partial<Budget>): Budget => ({
  id: "b", place: { scope: "all", name: "" }, period: "month", hard_micros: 100, soft_micros: null, spent_micros: 0, held_micros: 0, resets_at: null, created_at: "", ...more,
});

it("tells how a budget fares", () => {
  expect(useOf(budget({ spent_micros: 40, held_micros: 10, soft_micros: 80 }))).toEqual({ fare: "fine", left: 50, spent: 0.4, held: 0.1, soft: 0.8 });
  // What is put aside counts against the limit, not for the warning.
  expect(useOf(budget({ spent_micros: 70, held_micros: 30, soft_micros: 80 }))).toMatchObject({ fare: "spent", left: 0, spent: 0.7 });
  expect(useOf(budget({ spent_micros: 130, held_micros: 5 }))).toEqual({ fare: "spent", left: 0, spent: 1, held: 0, soft: null });
  expect(useOf(budget({ hard_micros: 0 }))).toMatchObject({ fare: "spent", left: 0, spent: 1 });
  expect(useOf(budget({ hard_micros: null, soft_micros: 50, spent_micros: 200 }))).toEqual({ fare: "warned", left: null, spent: 1, held: 0, soft: 0.25 });
  expect(bodyOf(budget({ place: { scope: "provider", name: "x" } }))).toEqual({ scope: "provider", name: "x", period: "month", hard_micros: 100, soft_micros: null });
});

const day = (date: string, name: string, micros: number): Day => ({ day: `${date}T00:00:00Z`, place: { scope: "provider", name }, calls: 2, failures: 1, prompt_tokens: 0, completion_tokens: 0, micros });

it("makes columns of days, the empty ones too, and one kind of the cheapest", () => {
  const chart = chartOf([day("2026-11-20", "a", 5), day("2026-11-22", "a", 5), day("2026-11-22", "b", 30)], 4, Date.parse("2026-11-22T13:00Z"));
  expect(chart.columns.map(({ micros, calls }) => [micros, calls])).toEqual([[0, 0], [5, 2], [0, 0], [35, 4]]);
  expect(chart.places).toEqual([{ place: { scope: "provider", name: "b" }, micros: 30 }, { place: { scope: "provider", name: "a" }, micros: 10 }]);
  expect(chart.columns[3]?.parts).toEqual([30, 5]);
  const many = chartOf("abcdefgh".split("").map((name, i) => day("2026-11-22", name, i + 1)), 1, Date.parse("2026-11-22T13:00Z"));
  expect(many.places.map(({ place, micros }) => [place?.name ?? null, micros])).toEqual([["h", 8], ["g", 7], ["f", 6], ["e", 5], ["d", 4], [null, 6]]);
  expect(many.columns[0]?.parts.reduce((a, b) => a + b)).toBe(many.micros);
  // A clock of the browser that is behind does not lose the server's day.
  expect(chartOf([day("2026-11-23", "a", 5)], 2, Date.parse("2026-11-22T23:59Z")).columns.at(-1)?.micros).toBe(5);
  expect([0, 1, 3, 12, 99, 1_000_001].map(roofOf)).toEqual([1, 1, 5, 20, 100, 2_000_000]);
});

it("finds entries by what they were for", () => {
  const places: Place[] = [{ scope: "all", name: "" }, { scope: "pipeline", name: "p1" }, { scope: "user", name: "u1" }];
  const entry: Entry = { id: "1", at: "", provider: "Local", model: "small-7b", outcome: "ok", places, prompt_tokens: 0, cached_tokens: 0, completion_tokens: 0, is_estimated: false, micros: 0 };
  const asks = (by: Record<string, string[]>, text = "") => fits(entry, { by, text });
  expect([asks({}), asks({ provider: ["Local", "x"] }), asks({ pipeline: ["p1"], person: ["u1"] }), asks({}, "SMALL local")]).toEqual([true, true, true, true]);
  expect([asks({ provider: ["x"] }), asks({ key: ["u1"] }), asks({ outcome: ["timeout"] }), asks({}, "large")]).toEqual([false, false, false, false]);
});
