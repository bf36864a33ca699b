import type { Address, Method } from "./addresses";
import { takeFirst } from "./boot";
import { net } from "./net.svelte";
import { asProblem, offline, readProblem } from "./problem";
import { session, type Session } from "./session.svelte";

export { ApiProblem, asProblem } from "./problem";

/** Waits before a read that did not reach the server is tried again. */
const RETRIES_MS = [400, 1_500];

/** Sends a request with the session's proof; signs in again over the page when the session has ended. */
export async function send(request: Request): Promise<Response> {
  const isRead = request.method === "GET" || request.method === "HEAD";
  for (let tries = 0; ; ) {
    const copy = request.clone();
    if (!isRead && session.current) copy.headers.set("x-csrf-token", session.current.csrf);
    const response = await reach(copy, isRead ? RETRIES_MS : []);
    const isLost = response.status === 401 || (response.status === 403 && (await codeOf(response)) === "csrf");
    if (!isLost || isAboutSession(request) || tries > 0) return response;
    tries += 1;
    if (response.status === 401) {
      const problem = await readProblem(response);
      // Nobody was signed in: there is nothing on the page to be saved.
      if (!session.current) throw problem;
      await session.askAgain().catch(() => Promise.reject(problem));
    } else {
      // Another tab has signed in anew: the proof is another one now.
      session.take(await loadSession());
    }
  }
}

export type Query = Record<string, string | number | boolean | readonly string[] | null | undefined>;

export interface Call {
  query?: Query;
  body?: unknown;
  signal?: AbortSignal;
  /** The version that the change builds on. */
  ifMatch?: number;
  /** Makes a repeated call harmless. */
  idempotencyKey?: string;
}

/** Calls `/api/v3` + `path`, which the API's document knows for that method. An empty answer is `undefined`. */
export async function call<T>(method: "GET", path: Address<"GET">, options?: Call): Promise<T>;
export async function call<T>(method: "POST", path: Address<"POST">, options?: Call): Promise<T>;
export async function call<T>(method: "PUT", path: Address<"PUT">, options?: Call): Promise<T>;
export async function call<T>(method: "PATCH", path: Address<"PATCH">, options?: Call): Promise<T>;
export async function call<T>(method: "DELETE", path: Address<"DELETE">, options?: Call): Promise<T>;
export async function call<T>(method: Method, path: string, options: Call = {}): Promise<T> {
  const address = `/api/v3${path}${queryText(options.query)}`;
  const first = method === "GET" ? takeFirst(address) : undefined;
  if (first !== undefined) return first as T;
  const headers = new Headers({ accept: "application/json" });
  if (options.body !== undefined) headers.set("content-type", "application/json");
  if (options.ifMatch !== undefined) headers.set("if-match", `"${options.ifMatch}"`);
  if (options.idempotencyKey) headers.set("idempotency-key", options.idempotencyKey);
  const body = options.body === undefined ? undefined : JSON.stringify(options.body);
  const response = await send(new Request(new URL(address, location.href), { method, headers, body, signal: options.signal }));
  if (!response.ok) throw await readProblem(response);
  const text = await response.text();
  return (text ? JSON.parse(text) : undefined) as T;
}

/** The session as the server has it; `null` when there is none. */
export async function loadSession(): Promise<Session | null> {
  try {
    return await call<Session>("GET", "/session");
  } catch (thrown) {
    if (asProblem(thrown)?.status === 401) return null;
    throw thrown;
  }
}

export async function signIn(credentials: { email: string; password: string } | { key: string }): Promise<Session> {
  const found = await call<Session>("POST", "/session", { body: credentials });
  session.take(found);
  return found;
}

export async function signOut(): Promise<void> {
  await call<void>("DELETE", "/session");
  location.assign("/console/sign-in");
}

/** `?a=1&b=x,y`: lists are joined, what is empty is left out. */
export function queryText(query: Query = {}): string {
  const found = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    const text = Array.isArray(value) ? value.join(",") : String(value ?? "");
    if (text) found.set(name, text);
  }
  const text = found.toString();
  return text && `?${text}`;
}

async function reach(request: Request, retries: number[]): Promise<Response> {
  for (const wait of [...retries, null]) {
    try {
      const response = await fetch(request.clone());
      net.isOffline = false;
      return response;
    } catch (thrown) {
      if (request.signal.aborted || asProblem(thrown) === null) throw thrown;
      if (wait === null) break;
      await new Promise((done) => setTimeout(done, wait * (0.75 + Math.random() / 2)));
    }
  }
  net.isOffline = true;
  throw offline();
}

async function codeOf(response: Response): Promise<string> {
  return (await readProblem(response.clone())).code;
}

function isAboutSession(request: Request): boolean {
  return new URL(request.url).pathname === "/api/v3/session";
}
