import { expect, it } from "vitest";
import type { DatabaseIndex } from "./types";
import { named, useOf } from "./use";

const index: DatabaseIndex = { name: "a", table: "t", columns: ["x"], is_unique: false, is_valid: true, bytes: 1, scans: 5, is_unused: false, covered_by: null };

it("says the most urgent of an index", () => {
  expect([
    useOf(index), useOf({ ...index, scans: null }), useOf({ ...index, is_unused: true, scans: 0 }), useOf({ ...index, is_unused: true, covered_by: "b" }),
    useOf({ ...index, is_valid: false, covered_by: "b" }),
  ]).toEqual(["fine", "unknown", "unused", "covered", "invalid"]);
});

it("finds by parts of the name", () => {
  const rows = [{ name: "post.get" }, { name: "post.search" }, { name: "job.get" }];
  expect(named(rows, "GET post").map((row) => row.name)).toEqual(["post.get"]);
  expect(named(rows, "")).toHaveLength(3);
});
