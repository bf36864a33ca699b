import { fireEvent, render, screen, within } from "@testing-library/svelte";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { startKeys } from "../lib/keys";
import Bench from "./test_table.svelte";

const rows = (n: number) => Array.from({ length: n }, (_, i) => ({ id: `p${i}`, title: `Post ${i}`, score: i }));
let stop: () => void;
beforeEach(() => (stop = startKeys()));
afterEach(() => stop());

const press = (key: string, init: KeyboardEventInit = {}) => fireEvent.keyDown(document.body, { key, ...init });
const current = () => document.querySelector(".current")?.getAttribute("data-row");

it("draws few of many rows and says how many there are", () => {
  render(Bench, { rows: rows(10_000) });
  const grid = screen.getByRole("grid", { name: "Posts" });
  expect(grid.getAttribute("aria-rowcount")).toBe("10001");
  const drawn = within(grid).getAllByRole("row").length;
  expect(drawn).toBeGreaterThan(5);
  expect(drawn).toBeLessThan(45);
  expect(within(grid).getAllByRole("row")[1]?.getAttribute("aria-rowindex")).toBe("2");
});

it("is walked, picked and opened by keys", async () => {
  const onopen = vi.fn();
  render(Bench, { rows: rows(20), onopen });
  await press("j");
  expect(current()).toBe("p0");
  await press("x");
  await press("j");
  await press("j");
  await press("X", { shiftKey: true });
  expect(screen.getByText("p0,p1,p2")).toBeTruthy();
  await press("k");
  await press("x");
  expect(screen.getByText("p0,p2")).toBeTruthy();
  await press("Enter");
  expect(onopen).toHaveBeenCalledWith(expect.objectContaining({ id: "p1" }));
});

it("stays within its ends", async () => {
  render(Bench, { rows: rows(2) });
  await press("k");
  expect(current()).toBe("p0");
  for (let i = 0; i < 5; i += 1) await press("j");
  expect(current()).toBe("p1");
});

it("sorts the other way round at the second press", async () => {
  const onsort = vi.fn();
  render(Bench, { rows: rows(3), onsort });
  expect(screen.getByRole("columnheader", { name: /Title/ }).getAttribute("aria-sort")).toBe("ascending");
  await fireEvent.click(screen.getByRole("button", { name: /Title/ }));
  expect(onsort).toHaveBeenCalledWith("-title");
});

it("lets new rows wait until somebody asks", async () => {
  const onnews = vi.fn();
  render(Bench, { rows: rows(3), news: 14, onnews });
  await fireEvent.click(screen.getByRole("button", { name: "14 new" }));
  expect(onnews).toHaveBeenCalledOnce();
});

it("asks for the next page near the end, and says when there is nothing", () => {
  const onmore = vi.fn();
  render(Bench, { rows: rows(5), hasMore: true, onmore });
  expect(onmore).toHaveBeenCalled();
  render(Bench, { rows: [] });
  expect(screen.getByText("Nothing here")).toBeTruthy();
});

it("picks all that are loaded, and none", async () => {
  render(Bench, { rows: rows(3) });
  const all = screen.getByRole("checkbox", { name: /all/ });
  await fireEvent.click(all);
  expect(screen.getByText("p0,p1,p2")).toBeTruthy();
  await fireEvent.click(all);
  expect(screen.queryByText("p0,p1,p2")).toBeNull();
});
