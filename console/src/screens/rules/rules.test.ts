import { describe, expect, it } from "vitest";
import { FIELDS, placeOf, ready, testsOf, type Rule } from "./types";

const rule = (change: Partial<Rule> = {}): Rule => ({ name: "", field: "any", test: "has", value: "", action: "drop", ...change });

describe("rules", () => {
  it("are sent when they ask something, by their value when nobody named them", () => {
    const given = [rule({ value: " sport " }), rule({ name: "empty" }), rule({ name: " long ", field: "length", test: "above", value: "150" })];
    expect(ready(given).map(({ name, value }) => [name, value])).toEqual([["sport", "sport"], ["long", "150"]]);
    expect(given.map((_, index) => placeOf(given, index))).toEqual([0, -1, 1]);
  });

  it("have names that the server takes, also of long values", () => {
    const [long] = ready([rule({ value: "𝒜".repeat(500) })]);
    expect([...(long?.name ?? "")]).toHaveLength(80);
  });

  it("ask of each field what can be asked of it", () => {
    for (const field of FIELDS) expect(testsOf(field).includes("has")).toBe(!["length", "score"].includes(field));
  });
});
