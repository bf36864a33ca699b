import { expect, it } from "vitest";
import { sorted } from "./sorted";

const rows = [{ n: 2, s: "b" }, { n: null, s: "c" }, { n: 10, s: "a" }];
const values = { n: (row: (typeof rows)[number]) => row.n, s: (row: (typeof rows)[number]) => row.s };

it("orders by numbers and words, both ways, what is not known last", () => {
  const of = (sort: string) => sorted(rows, sort, values).map((row) => row.s).join("");
  expect([of("n"), of("-n"), of("s"), of("-s"), of("x")]).toEqual(["bac", "abc", "abc", "cba", "bca"]);
});
