import { expect, it, vi } from "vitest";
import { Shelf } from "./shelf";

it("reads once, has it ready afterwards, and forgets on demand", async () => {
  const read = vi.fn(async (id: string) => id.toUpperCase());
  const shelf = new Shelf(read);
  expect(shelf.peek("a")).toBeUndefined();
  expect(await Promise.all([shelf.get("a"), shelf.get("a")])).toEqual(["A", "A"]);
  expect(read).toHaveBeenCalledTimes(1);
  expect(shelf.peek("a")).toBe("A");
  shelf.forget("a");
  expect(shelf.peek("a")).toBeUndefined();
});

it("does not keep a failure", async () => {
  const read = vi.fn().mockRejectedValueOnce(new Error("down")).mockResolvedValueOnce("up");
  const shelf = new Shelf<string>(read);
  await expect(shelf.get("a")).rejects.toThrow("down");
  expect(await shelf.get("a")).toBe("up");
});

it("drops the oldest", async () => {
  const shelf = new Shelf(async (id: string) => id, 2);
  for (const id of ["a", "b", "c"]) await shelf.get(id);
  expect(shelf.peek("a")).toBeUndefined();
  expect(shelf.peek("c")).toBe("c");
});
