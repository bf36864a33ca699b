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

it("lets nobody decide while another reads, until it is taken over", async () => {
  server["POST /posts/b/claim"] = () => [409, { type: "/docs/problems#claimed", title: "x", by: "user:X", name: "Ada", until: "2999-01-01T00:00:00Z" }];
  await desk.open("b");
  await new Promise((done) => setTimeout(done, 260));
  expect(desk.other?.name).toBe("Ada");
  desk.approve();
  expect(calls).not.toContain("POST /posts/b/approval");
  server["POST /posts/b/claim"] = () => [200, post("b", { claim: { by: ME, name: "Me", until: "2999-01-01T00:00:00Z" } })];
  desk.takeOver();
  await settle();
  expect(desk.other).toBeNull();
  expect(desk.canDecide).toBe(true);
});

it("tells of a newer version instead of changing the text under the eyes", async () => {
  await settle();
  desk.heard({ id: "1-a.2", type: "version_added", topic: "posts", post: "a", state: "in_review", version: 2 });
  expect(desk.word).toEqual({ kind: "newer", version: 2 });
  expect(desk.full?.version).toBe(1);
  expect(desk.canDecide).toBe(false);
});
