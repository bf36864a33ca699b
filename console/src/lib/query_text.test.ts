import { expect, it } from "vitest";
import { filterText, parseFilter } from "./query_text";

const keys = ["kind", "priority"];

it.each([
  ["", {}, ""],
  ["kind:A,B priority:high some words", { kind: ["A", "B"], priority: ["high"] }, "some words"],
  ["kind:A kind:A,C", { kind: ["A", "C"] }, ""],
  ["https://example.org kind:", {}, "https://example.org"],
  ['kind:"two words",x "held together"', { kind: ["two words", "x"] }, "held together"],
  ["color:red", {}, "color:red"],
  ["  İstanbul  ılık ", {}, "İstanbul ılık"],
  ['kind:"open', { kind: ["open"] }, ""],
])("%j", (input, by, text) => {
  expect(parseFilter(input, keys)).toEqual({ by, text });
});

it("reads back what it writes", () => {
  const filter = { by: { kind: ["two words", "x,y"], priority: ["low"] }, text: "rest" };
  expect(parseFilter(filterText(filter), keys)).toEqual(filter);
});
