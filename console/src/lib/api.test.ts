import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ApiProblem, call, queryText } from "./api";
import { net } from "./net.svelte";
import { session, type Session } from "./session.svelte";

const someone: Session = {
  principal: "user:1", kind: "user", id: "1", name: "Ayşe", email: "a@example.org", role: "editor", may: ["read", "judge"], csrf: "proof",
  expires_at: "2026-11-21T00:00:00Z", language: null, theme: null, time_zone: "Europe/Istanbul", site_name: "Desk", version: "1",
};
const answers: (() => Response | Promise<Response>)[] = [];
const asked: Request[] = [];
const json = (status: number, body: unknown) => () =>
  new Response(status === 204 ? null : JSON.stringify(body), { status, headers: { "content-type": status < 400 ? "application/json" : "application/problem+json" } });

beforeEach(() => {
  session.take({ ...someone });
  answers.length = asked.length = 0;
  vi.stubGlobal("fetch", async (request: Request) => {
    request.signal.throwIfAborted();
    asked.push(request);
    const answer = answers.shift();
    if (!answer) throw new TypeError("Failed to fetch");
    return answer();
  });
});
afterEach(() => vi.unstubAllGlobals());

it("asks below /api/v3, with the proof only where something changes", async () => {
  answers.push(json(200, { data: [] }), json(204, null));
  await call("GET", "/posts", { query: { state: ["a", "b"], q: "", limit: 2, after: null } });
  expect(await call("PATCH", "/posts/1", { body: { title: "x" }, ifMatch: 3 })).toBeUndefined();
  expect(new URL(asked[0]!.url).pathname + new URL(asked[0]!.url).search).toBe("/api/v3/posts?state=a%2Cb&limit=2");
  expect(asked[0]!.headers.has("x-csrf-token")).toBe(false);
  expect(asked[1]!.headers.get("x-csrf-token")).toBe("proof");
  expect(asked[1]!.headers.get("if-match")).toBe('"3"');
});

it("tells a problem as the server does", async () => {
  answers.push(json(422, { type: "/docs/problems#invalid", title: "Cannot be used", detail: "two faults", errors: [{ pointer: "/title", detail: "is empty" }] }));
  const problem = await call("POST", "/posts", { body: {} }).catch((thrown: unknown) => thrown);
  expect(problem).toBeInstanceOf(ApiProblem);
  expect(problem).toMatchObject({ status: 422, code: "invalid", title: "Cannot be used" });
  expect((problem as ApiProblem).field("title")).toBe("is empty");
});

it("waits for a new sign-in and repeats the call, with everything that was typed", async () => {
  const expired = json(401, { type: "/docs/problems#unauthenticated", title: "Who are you?" });
  answers.push(expired, expired, json(200, { version: 4 }), json(200, { version: 5 }));
  const both = [call("PATCH", "/posts/1", { body: { title: "long text" } }), call("PATCH", "/posts/2", { body: { title: "other" } })];
  await vi.waitFor(() => expect(session.isExpired).toBe(true));
  await vi.waitFor(() => expect(asked.length).toBe(2));
  session.take({ ...someone, csrf: "new proof" });
  expect(await Promise.all(both)).toEqual([{ version: 4 }, { version: 5 }]);
  expect(session.isExpired).toBe(false);
  expect(asked[2]!.headers.get("x-csrf-token")).toBe("new proof");
  expect(await asked[2]!.json()).toEqual({ title: "long text" });
});

it("gives the refusal back when nobody signs in", async () => {
  answers.push(json(401, { type: "#unauthenticated", title: "Who are you?" }));
  const result = call("GET", "/posts").catch((thrown: unknown) => thrown);
  await vi.waitFor(() => expect(session.isExpired).toBe(true));
  session.giveUp(null);
  expect(await result).toMatchObject({ status: 401 });
});

it("reads the proof anew when another tab has signed in", async () => {
  answers.push(json(403, { type: "#csrf", title: "Proof" }), json(200, { ...someone, csrf: "other" }), json(200, { ok: true }));
  expect(await call("POST", "/posts", { body: {} })).toEqual({ ok: true });
  expect(asked[2]!.headers.get("x-csrf-token")).toBe("other");
});

it("tries a read again without a network, never a change", async () => {
  vi.useFakeTimers();
  const change = await call("POST", "/posts", { body: {} }).catch((thrown: unknown) => thrown);
  expect(change).toMatchObject({ code: "offline", status: 0 });
  expect(asked.length).toBe(1);
  expect(net.isOffline).toBe(true);
  const read = call("GET", "/posts").catch((thrown: unknown) => thrown);
  await vi.advanceTimersByTimeAsync(500);
  answers.push(json(200, { data: 1 }));
  await vi.advanceTimersByTimeAsync(3_000);
  expect(await read).toEqual({ data: 1 });
  expect(net.isOffline).toBe(false);
  vi.useRealTimers();
});

it("stops when it is told to", async () => {
  const abort = new AbortController();
  abort.abort();
  await expect(call("GET", "/posts", { signal: abort.signal })).rejects.toMatchObject({ name: "AbortError" });
});

it("leaves out what is empty", () => {
  expect(queryText({ a: undefined, b: "", c: 0, d: false, e: [] })).toBe("?c=0&d=false");
});
