import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { router } from "../../lib/router.svelte";
import { session, type Session } from "../../lib/session.svelte";
import { toasts } from "../../lib/toast.svelte";
import { ReviewDesk } from "./desk.svelte";
import type { Full, Post } from "./types";

const ME = "user:ME";
const post = (id: string, more: Partial<Post> = {}): Full =>
  ({
    id, state: "in_review", version: 1, title: `Post ${id}`, approvals: [], approvals_needed: 1, claim: null, score: 0.8, reviews: [], deliveries: [],
    newest: { version: 1, title: `Post ${id}`, body: "", sources: [], analysis: {}, grounding: {} }, ...more,
  }) as unknown as Full;

let server: Record<string, (request: Request) => [number, unknown]>;
let calls: string[];
let posts: Full[];
let desk: ReviewDesk;
const settle = () => new Promise((done) => setTimeout(done, 5));

beforeEach(async () => {
  posts = ["a", "b", "c"].map((id) => post(id));
  calls = [];
  server = {};
  vi.stubGlobal("fetch", async (request: Request) => {
    const { pathname } = new URL(request.url);
    const path = pathname.replace("/api/v3", "");
    calls.push(`${request.method} ${path}`);
    const own = server[`${request.method} ${path}`];
    const id = /^\/posts\/(\w+)/.exec(path)?.[1];
    const [status, body] = own
      ? own(request)
      : path === "/posts"
        ? [200, { data: posts, pagination: { limit: 100, has_next: false, total: posts.length } }]
        : [200, posts.find((one) => one.id === id) ?? {}];
    return new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } });
  });
  session.current = { principal: ME, may: ["read", "judge", "write"], csrf: "c", time_zone: "UTC" } as unknown as Session;
  // The screen passes each address on to the desk.
  vi.spyOn(router, "go").mockImplementation(async (href) => {
    await desk.open(/review\/(\w+)/.exec(href)?.[1] ?? null);
    return true;
  });
  desk = new ReviewDesk(() => ({}));
  await desk.reload();
  await desk.open("a");
});

afterEach(() => {
  for (const one of toasts.all) toasts.close(one.id);
  session.current = null;
  vi.unstubAllGlobals();
});

it("approves and has moved on before the server answers", async () => {
  await settle();
  desk.approve();
  expect(desk.id).toBe("b");
  expect(desk.full?.title).toBe("Post b");
  expect(desk.list.rows.map((row) => row.id)).toEqual(["b", "c"]);
  await settle();
  expect(calls).toContain("POST /posts/a/approval");
});

it("takes an approval back and shows the post in its place", async () => {
  await settle();
  desk.next();
  await settle();
  desk.approve();
  await settle();
  await toasts.undo();
  expect(calls).toContain("DELETE /posts/b/approval");
  expect(desk.list.rows.map((row) => row.id)).toEqual(["a", "b", "c"]);
  expect(desk.id).toBe("b");
});

it("asks again when a newer version had arrived", async () => {
  await settle();
  server["POST /posts/a/approval"] = () => {
    posts = posts.map((one) => (one.id === "a" ? post("a", { version: 2 }) : one));
    return [412, { type: "/docs/problems#stale-version", title: "There is a newer version", newest_version: 2 }];
  };
  server["GET /posts/a/versions/2/changes"] = () => [200, { from: 1, to: 2, title: [], excerpt: [], body: [{ op: "add", text: "x" }] }];
  desk.approve();
  await settle();
  await settle();
  expect(desk.id).toBe("a");
  expect(desk.word).toEqual({ kind: "stale", read: 1 });
  expect(desk.sheet?.changes?.to).toBe(2);
  expect(desk.canDecide).toBe(true);
});

it("says what happened when others were faster, and goes on", async () => {
  await settle();
  server["POST /posts/a/approval"] = () => [409, { type: "/docs/problems#illegal-move", title: "no", state: "published" }];
  desk.approve();
  await settle();
  expect(desk.id).toBe("b");
  expect(desk.list.rows.map((row) => row.id)).toEqual(["b", "c"]);
  expect(toasts.current?.tone).toBe("bad");
});

it("keeps a post on the list when the server could not be reached", async () => {
  await settle();
  server["POST /posts/a/approval"] = () => [503, { type: "/docs/problems#unavailable", title: "away" }];
  desk.approve();
  await settle();
  expect(desk.list.rows.map((row) => row.id)).toEqual(["a", "b", "c"]);
  expect(toasts.current?.tone).toBe("bad");
});

it("marks a row that others decided on and takes it away only when nothing points there", async () => {
  await settle();
  desk.isPointed = true;
  desk.heard({ id: "1-a.1", type: "approved", topic: "posts", post: "c", state: "scheduled", version: 1 });
  expect(desk.gone.get("c")).toBe("scheduled");
  desk.sweep();
  expect(desk.list.rows).toHaveLength(3);
  desk.isPointed = false;
  desk.sweep();
  expect(desk.list.rows.map((row) => row.id)).toEqual(["a", "b"]);
});

const adas = (until: string) => [409, { type: "/docs/problems#claimed", title: "x", by: "user:X", name: "Ada", until }] as [number, unknown];

it("warns of another who reads, and is decided on all the same", async () => {
  server["POST /posts/b/claim"] = () => adas("2999-01-01T00:00:00Z");
  await desk.open("b");
  await new Promise((done) => setTimeout(done, 260));
  expect(desk.other?.name).toBe("Ada");
  expect(desk.canDecide).toBe(true);
  desk.approve();
  await settle();
  expect(calls).toContain("POST /posts/b/approval");
  // The list's first is passed over to whoever reads nobody's post.
  expect(desk.other).toBeNull();
});

it("claims the post when the other's claim has ended", async () => {
  vi.useFakeTimers();
  try {
    server["POST /posts/b/claim"] = () => adas(new Date(Date.now() + 60_000).toISOString());
    void desk.open("b");
    await vi.advanceTimersByTimeAsync(300);
    expect(desk.other?.name).toBe("Ada");
    server["POST /posts/b/claim"] = () => [200, post("b", { claim: { by: ME, name: "Me", until: "2999-01-01T00:00:00Z" } })];
    await vi.advanceTimersByTimeAsync(58_000);
    expect(desk.other?.name).toBe("Ada");
    await vi.advanceTimersByTimeAsync(3_000);
    expect(desk.other).toBeNull();
    expect(desk.full?.claim?.by).toBe(ME);
  } finally {
    vi.useRealTimers();
  }
});

it("takes a claim over on purpose", async () => {
  server["POST /posts/b/claim"] = () => adas("2999-01-01T00:00:00Z");
  await desk.open("b");
  await new Promise((done) => setTimeout(done, 260));
  server["POST /posts/b/claim"] = () => [200, post("b", { claim: { by: ME, name: "Me", until: "2999-01-01T00:00:00Z" } })];
  desk.takeOver();
  await settle();
  expect(desk.other).toBeNull();
});

it("does not put back what has become a draft meanwhile, and says so by its title", async () => {
  await settle();
  server["POST /posts/a/reopening"] = () => [200, post("a", { state: "draft" })];
  desk.sendBack("too long");
  await settle();
  await toasts.undo();
  expect(desk.list.rows.map((row) => row.id)).toEqual(["b", "c"]);
  expect(toasts.current).toMatchObject({ text: "“Post a” is a draft now", link: { href: "/console/posts/a" } });
});

it("says by its title what could not be taken back", async () => {
  await settle();
  server["DELETE /posts/a/approval"] = () => [409, { type: "/docs/problems#illegal-move", title: "no", detail: "post 01J8 is published", state: "published" }];
  desk.approve();
  await settle();
  await toasts.undo();
  expect(toasts.current?.text).toContain("“Post a” was not taken back");
  expect(toasts.current?.text).not.toContain("01J8");
});

it("counts to the time of the publication that the server gives", async () => {
  await settle();
  session.current = { ...session.current!, undo_ms: 30_000 } as Session;
  server["POST /posts/a/approval"] = () => [200, post("a", { state: "scheduled", updated_at: "2026-11-20T08:00:00Z", due_at: "2026-11-20T08:00:20Z" })];
  desk.approve();
  expect(toasts.current?.text).toContain("publishes in 30 s");
  await settle();
  expect(Math.round((toasts.current!.until - Date.now()) / 1_000)).toBe(20);
});

it("tells of a newer version instead of changing the text under the eyes", async () => {
  await settle();
  desk.heard({ id: "1-a.2", type: "version_added", topic: "posts", post: "a", state: "in_review", version: 2 });
  expect(desk.word).toEqual({ kind: "newer", version: 2 });
  expect(desk.full?.version).toBe(1);
  expect(desk.canDecide).toBe(false);
});
