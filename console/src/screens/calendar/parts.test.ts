import { fireEvent, render, screen } from "@testing-library/svelte";
import { expect, it } from "vitest";
import type { CalendarDesk } from "./desk.svelte";
import Tile from "./Tile.svelte";
import type { Entry } from "./types";

const entry = (more: Partial<Entry> = {}): Entry => ({ post: "p1", title: "Bridge opens", state: "scheduled", at: "2026-11-20T09:00:00Z", score: 1, channels: [], fixed: false, ...more });
/** What a tile asks of the desk. */
const desk = () => ({ asked: null, dragged: null, movable: (from: Entry) => (from.fixed ? null : { post: from.post, title: from.title, state: from.state, at: from.at, version: null }) }) as unknown as CalendarDesk;

it.each(["Enter", " ", "m"])("asks for another time by the key %j", async (key) => {
  const own = desk();
  render(Tile, { desk: own, from: entry(), id: "p1" });
  const tile = screen.getByRole("button", { name: /09:00.*scheduled.*Bridge opens/s });
  expect(tile.getAttribute("draggable")).toBe("true");
  await fireEvent.keyDown(tile, { key });
  expect(own.asked?.item.post).toBe("p1");
});

it("leaves what is published where it is", async () => {
  const own = desk();
  render(Tile, { desk: own, from: entry({ fixed: true, state: "published" }), id: "p1-out" });
  const tile = screen.getByRole("button", { name: /published/ });
  expect(tile.getAttribute("draggable")).toBe("false");
  await fireEvent.keyDown(tile, { key: "m" });
  expect(own.asked).toBeNull();
});

it("says that a post is too near to another, in words", () => {
  render(Tile, { desk: desk(), from: entry(), id: "p1", isTight: true });
  expect(screen.getByRole("button", { name: /too near/ })).toBeTruthy();
});
