import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { loadDraft, saveDraft } from "../../lib/drafts";
import { session, type Session } from "../../lib/session.svelte";
import { Editing } from "./editing.svelte";

const newest = { version: 2, title: "Title", excerpt: "", body: "Body.", sources: [], analysis: {}, grounding: {}, score: 0.5, grounded: true, by: "user:b", created_at: "2026-11-20T10:00:00Z" };
const post = { id: "p1", state: "in_review", version: 2, topic: "Town", title: "Title", excerpt: "", language: "en", approved_version: null, published_version: null, due_at: null };
const full = (more = {}) => ({ ...post, newest, reviews: [], deliveries: [], events: [], names: { "user:b": "Ben" }, ...more });
const answer = (status: number, body: unknown) => new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } });

let calls: { method: string; path: string; body: unknown; match: string | null }[];

function serve(answers: Record<string, () => Response>) {
  calls = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    const path = new URL(request.url).pathname.replace("/api/v3", "");
    const text = await request.clone().text();
    calls.push({ method: request.method, path, body: text ? JSON.parse(text) : undefined, match: request.headers.get("if-match") });
    return answers[`${request.method} ${path}`]?.() ?? answer(404, { type: "x#not-found", title: "none", others: [] });
  });
}

beforeEach(() => {
  session.current = { principal: "user:a", name: "Ada", may: ["read", "write", "judge"], csrf: "c" } as unknown as Session;
});
afterEach(() => {
  session.current = null;
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

async function opened(answers: Record<string, () => Response> = {}) {
  serve({ "GET /posts/p1": () => answer(200, full()), ...answers });
  const editing = new Editing("p1");
  await editing.open();
  return editing;
}

test("what this browser has kept is opened in place of the version, and can be left", async () => {
  saveDraft("post.p1", { title: "Title", excerpt: "", body: "Body. And more.", topic: "Town", base_version: 2, desk_saved_at: null });
  const editing = await opened();
  expect([editing.text().body, editing.opening?.from, editing.isChanged]).toEqual(["Body. And more.", "here", true]);
  editing.showNewest();
  expect([editing.text().body, editing.aside?.body, editing.isChanged]).toEqual(["Body.", "Body. And more.", false]);
  editing.takeBack();
  expect(editing.text().body).toBe("Body. And more.");
});

test("a save makes a version on the one that was read, and the copies go", async () => {
  const editing = await opened({ "PATCH /posts/p1": () => answer(200, { ...post, version: 3 }) });
  editing.title = "Another";
  editing.typed();
  editing.leave();
  expect(loadDraft<{ title: string }>("post.p1")?.value.title).toBe("Another");
  expect((await editing.save())?.version).toBe(3);
  expect(calls.find((one) => one.method === "PATCH")).toMatchObject({ match: '"2"', body: { title: "Another", body: "Body." } });
  expect([editing.base, editing.isChanged, loadDraft("post.p1")]).toEqual([3, false, null]);
});

test("a version of somebody else keeps one's text and is shown beside it", async () => {
  const editing = await opened({ "PATCH /posts/p1": () => answer(412, { type: "x#stale-version", title: "There is a newer version" }) });
  serve({
    "PATCH /posts/p1": () => answer(412, { type: "x#stale-version", title: "There is a newer version" }),
    "GET /posts/p1": () => answer(200, full({ version: 3, newest: { ...newest, version: 3, body: "Theirs." } })),
  });
  editing.title = "Mine";
  expect(await editing.save()).toBeNull();
  expect([editing.conflict?.body, editing.text().title, editing.base]).toEqual(["Theirs.", "Mine", 2]);
});

test("without a connection the text stays and the fault is said", async () => {
  const editing = await opened();
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("cut")));
  editing.title = "Mine";
  editing.leave();
  expect(await editing.save()).toBeNull();
  expect([editing.fault?.isOffline, editing.text().title, loadDraft<{ title: string }>("post.p1")?.value.title]).toEqual([true, "Mine", "Mine"]);
});

test("edit and approve is one call; without a change only the approval is sent", async () => {
  const approved = () => answer(201, { ...post, version: 3, state: "scheduled" });
  const editing = await opened({ "POST /posts/p1/approval": approved });
  await editing.save({ approve: {} });
  expect(calls.find((one) => one.path.endsWith("approval"))?.body).toEqual({});
  const other = await opened({ "POST /posts/p1/approval": approved });
  other.title = "Better";
  await other.save({ approve: { slot: "next" } });
  expect(calls.find((one) => one.path.endsWith("approval"))?.body).toMatchObject({ slot: "next", edit: { title: "Better" } });
});

test("no working copy is none, told by 204 or by 404", async () => {
  for (const none of [() => new Response(null, { status: 204 }), () => answer(404, { type: "x#not-found", title: "none", others: [] })]) {
    const editing = await opened({ "GET /posts/p1/working-copy": none });
    expect([editing.problem, editing.isChanged, editing.text().body]).toEqual([null, false, "Body."]);
  }
});
