import { cleanup, fireEvent, render, screen } from "@testing-library/svelte";
import { expect, it, vi } from "vitest";
import Purge from "./Purge.svelte";
import type { Aim } from "./types";

const spaces = [{ value: "site", label: "site" }];
const aim = (more: Partial<Aim>): Aim => ({ kind: "tag", space: "site", name: "", ...more });

/** A server that keeps two entries of every tag and one key; tells what it was asked. */
function server() {
  const asked: Record<string, unknown>[] = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    const answer = (status: number, body: unknown) => new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } });
    if (request.method === "GET") {
      const key = new URL(request.url).searchParams.get("key");
      asked.push({ key });
      const at = "2026-11-21T10:00:00Z";
      return key === "/a" ? answer(200, { space: "site", key, phase: "stale", bytes: 2_000, stored_at: at, fresh_until: at, stale_until: at, grace_until: at, tags: 3, failed: false }) : answer(404, { type: "/docs/problems#not-found" });
    }
    const body = (await request.json()) as { dry_run: boolean };
    asked.push(body);
    return answer(200, { dry_run: body.dry_run, entries: 2, sample: [{ space: "site", key: "/a" }], remote: [{ name: "edge-1", error: null }, { name: "fastly", error: "the token is wrong" }] });
  });
  return asked;
}

const press = (name: RegExp) => fireEvent.click(screen.getByRole("button", { name }));

it("purges nothing before it has told what would be touched", async () => {
  const asked = server();
  const onpurged = vi.fn();
  render(Purge, { spaces, hasFronts: false, aim: aim({ name: "pages" }), onclose: () => {}, onpurged });
  await press(/Show what it touches/);
  expect(await screen.findByText("2 entries would be touched")).toBeTruthy();
  expect(screen.getByText("and 1 more")).toBeTruthy();
  expect([asked.length, onpurged.mock.calls.length]).toEqual([1, 0]);

  // Of another tag nothing has been told yet.
  const field = screen.getByLabelText(/^Tag/);
  await fireEvent.input(field, { target: { value: "site" } });
  expect(screen.queryByText(/would be touched/)).toBeNull();
  await press(/Show what it touches/);
  await screen.findByText("2 entries would be touched");
  await press(/^Purge$/);
  expect(await screen.findByText("2 entries were touched")).toBeTruthy();
  expect(asked.map((one) => [one.tag, one.dry_run])).toEqual([["pages", true], ["site", true], ["site", false]]);
  expect(onpurged).toHaveBeenCalledOnce();
});

it("looks at once at a key that a row has named", async () => {
  const asked = server();
  render(Purge, { spaces, hasFronts: false, aim: aim({ kind: "key", name: "/a" }), onclose: () => {}, onpurged: () => {} });
  expect(await screen.findByText(/^stale/)).toBeTruthy();
  expect(asked).toEqual([{ key: "/a" }]);
  await fireEvent.input(screen.getByLabelText(/^Key/), { target: { value: "/b" } });
  await press(/Look up a key/);
  // Other processes may hold it all the same.
  expect(await screen.findByText("0 entries would be touched")).toBeTruthy();
  expect(screen.getByRole("button", { name: "Purge" })).toBeTruthy();
});

it("tells caches in front where there are any, and what each has said", async () => {
  const asked = server();
  render(Purge, { spaces, hasFronts: true, aim: aim({ name: "pages" }), onclose: () => {}, onpurged: () => {} });
  await press(/Show what it touches/);
  await screen.findByText("2 entries would be touched");
  await press(/^Purge$/);
  expect(await screen.findByText("the token is wrong")).toBeTruthy();
  expect(screen.getByText(/^edge-1:/).textContent).toContain("completed");
  expect(asked[1]).toMatchObject({ tag: "pages", remote: true, dry_run: false });
  // A pattern is of this cache alone.
  cleanup();
  render(Purge, { spaces, hasFronts: true, aim: aim({ kind: "pattern", name: "site:*" }), onclose: () => {}, onpurged: () => {} });
  expect(screen.queryByLabelText(/caches in front/)).toBeNull();
});
