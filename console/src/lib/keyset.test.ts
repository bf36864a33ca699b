import { afterEach, expect, it, vi } from "vitest";
import { Keyset } from "./keyset.svelte";

afterEach(() => vi.unstubAllGlobals());

/** A server with `n` rows; `break()` makes the next answer a failure. */
function serve(n: number) {
  const asked: string[] = [];
  let isBroken = false;
  vi.stubGlobal("fetch", async (request: Request) => {
    const query = new URL(request.url).searchParams;
    asked.push(query.toString());
    if (isBroken) {
      isBroken = false;
      return new Response(JSON.stringify({ type: "#internal", title: "Broken" }), { status: 500, headers: { "content-type": "application/problem+json" } });
    }
    const from = Number(query.get("after") ?? 0);
    const data = Array.from({ length: Math.min(100, n - from) }, (_, i) => ({ id: `r${from + i}` }));
    const next = from + data.length;
    return new Response(JSON.stringify({ data, pagination: { limit: 100, has_next: next < n, next: next < n ? String(next) : null, total: n } }), { headers: { "content-type": "application/json" } });
  });
  return { asked, break: () => (isBroken = true) };
}

it("reads page by page to the end, each once", async () => {
  const server = serve(250);
  const list = new Keyset<{ id: string }>("/posts", () => ({ q: "x" }));
  await list.reload();
  await Promise.all([list.more(), list.more()]);
  await list.more();
  await list.more();
  expect(server.asked).toEqual(["limit=100&q=x", "limit=100&q=x&after=100", "limit=100&q=x&after=200"]);
  expect(list.rows.length).toBe(250);
  expect(new Set(list.rows.map((row) => row.id)).size).toBe(250);
  expect([list.total, list.hasMore, list.isThere]).toEqual([250, false, true]);
});

it("does not hammer a server that fails, and goes on where it stopped", async () => {
  const server = serve(150);
  const list = new Keyset<{ id: string }>("/posts", () => ({}));
  await list.reload();
  server.break();
  await list.more();
  await list.more();
  expect(server.asked.length).toBe(2);
  expect(list.problem?.code).toBe("internal");
  expect(list.rows.length).toBe(100);
  await list.retry();
  expect([list.rows.length, list.problem]).toEqual([150, null]);
});

it("moves nothing by itself: changes go in place, news wait", async () => {
  serve(3);
  const list = new Keyset<{ id: string; title?: string }>("/posts", () => ({}));
  await list.reload();
  list.put({ id: "r1", title: "changed" }, { id: "new" });
  list.note(2);
  expect(list.rows.map((row) => row.title ?? row.id)).toEqual(["r0", "changed", "r2"]);
  list.drop("r0");
  expect([list.rows.length, list.total, list.news]).toEqual([2, 2, 2]);
  await list.reload();
  expect([list.rows.length, list.news]).toEqual([3, 0]);
});
