import { expect, it } from "vitest";
import { joined } from "./arrivals";

it("counts what is not shown yet", () => {
  const rows = [{ id: "b" }, { id: "a" }];
  expect(joined(rows, [{ id: "d" }, { id: "c" }, { id: "b" }])).toBe(2);
  expect(joined(rows, [{ id: "b" }])).toBe(0);
});
