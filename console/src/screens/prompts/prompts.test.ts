import { cleanup, fireEvent, render, screen, within } from "@testing-library/svelte";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { session } from "../../lib/session.svelte";
import { toasts } from "../../lib/toast.svelte";
import Detail from "./Detail.svelte";
import { bodyOf, lineAt, named, typedOf, voiceOf } from "./prompts";
import Screen from "./Screen.svelte";
import type { Prompt } from "./types";
import VoiceEdit from "./VoiceEdit.svelte";
import Voices from "./Voices.svelte";

const source = "---\nname: news-post-en\nkind: news_post\nlanguage: en\n---\n[system]\nWrite.\n[user]\n{{ sources }}\n";
const figures = { drafts: 12, decided: 8, accepted: 6, acceptance_rate: 0.75, edit_distance: 0.031, cost_micros: 25_000 };
const prompt = (more: Partial<Prompt> = {}): Prompt => ({ name: "news-post-en", kind: "news_post", language: "en", description: "A news post", origin: "built_in", version: "a".repeat(16), versions: 2, figures, ...more });
const version = (letter: string, is_current: boolean) => ({ version: letter.repeat(16), created_at: null, by: null, note: "", is_current, figures: { ...figures, drafts: is_current ? 3 : 0 } });

function preview({ source, story }: Record<string, unknown>): Response {
  const isBad = String(source).includes("{{ nothing }}");
  const messages = isBad ? [] : [{ role: "system", text: "Write." }, { role: "user", text: `story ${String(story)}` }];
  return Response.json({ messages, tokens_estimated: isBad ? 0 : 1_234, version: "c".repeat(16), faults: isBad ? [{ line: 9, message: "no such value: nothing" }] : [] });
}

type Answer = (request: Request, body: Record<string, unknown>) => Response | undefined;
let asked: [method: string, path: string, body: Record<string, unknown>][] = [];

/** A server with one prompt that came with the product, changed once. */
function serve(other: Answer = () => undefined): void {
  vi.stubGlobal("fetch", async (request: Request) => {
    const body = request.method === "GET" || request.method === "DELETE" ? {} : await request.json().catch(() => ({}));
    const path = new URL(request.url).pathname.replace("/api/v3", "");
    asked.push([request.method, path, body]);
    const own = other(request, body);
    if (own) return own;
    if (path === "/prompts/preview") return preview(body);
    if (path === "/prompts") return Response.json({ data: [prompt(), prompt({ name: "news-post-tr", language: "tr", origin: "changed", figures: null }), prompt({ name: "headline-set-en", kind: "headline_set", versions: 1 })] });
    if (path === "/prompts/news-post-en/versions") return Response.json({ data: [version("a", true), version("b", false)] });
    if (path.startsWith("/prompts/news-post-en/versions/") && request.method === "GET") return Response.json({ version: "x", source: path.endsWith("b") ? "Write well." : "Write plainly." });
    if (path.endsWith("/restore")) return Response.json({ ...prompt({ version: "b".repeat(16), origin: "changed" }), source: "Write well." });
    if (path === "/prompts/news-post-en") return Response.json({ ...prompt(), source: request.method === "PUT" ? body.source : source });
    if (path === "/stories") return Response.json({ data: [{ id: "s1", title: "Ferry stops" }, { id: "s2", title: "Bridge opens" }], pagination: { limit: 20, has_next: false } });
    if (path === "/channels") return Response.json({ data: [{ kind: "site" }], pagination: { limit: 20, has_next: false } });
    return Response.json({ data: [] });
  });
}

beforeEach(() => {
  asked = [];
  session.current = { may: ["read", "configure"] } as unknown as typeof session.current;
  HTMLDialogElement.prototype.showModal ??= function (this: HTMLDialogElement) { this.open = true; };
});
afterEach(() => {
  // What still waits to be asked goes with the page.
  cleanup();
  vi.unstubAllGlobals();
  session.current = null;
});
const sent = (method: string) => asked.filter(([how, path]) => how === method && path !== "/prompts/preview");
const open = () => render(Detail, { name: "news-post-en", voices: [], languageName: (code: string) => code, onchanged: () => {} });
const area = () => screen.findByLabelText<HTMLTextAreaElement>("Template");

it("knows lines, and the name in a template's head", () => {
  expect(["a\nbcd\n", "a\nbcd"].map((text) => [lineAt(text, 2), lineAt(text, 99)])).toEqual([[[2, 5], [6, 6]], [[2, 5], [2, 5]]]);
  expect(named(`${source}name: stays`, "mine")).toBe(`${source.replace("news-post-en", "mine")}name: stays`);
  expect(named("no head", "mine")).toBe("no head");
});

it("keeps a voice through its form", () => {
  const voice = { name: "calm", tone: "calm", audience: "", language: "", words_max: 120, dos: ["say what it costs", "be brief"], donts: [], examples: ["One.\n\nTwo.", "Three."], channels: { site: { words_max: 40 }, mail: { tone: "warm", dos: ["greet"] } } };
  const channels = Object.fromEntries(Object.entries(voice.channels).map(([kind, variant]) => [kind, typedOf(variant)]));
  expect(voiceOf("calm", typedOf(voice), { ...channels, fax: typedOf({}) })).toEqual(voice);
});

it("lists prompts by kind with what became of their drafts", async () => {
  serve();
  render(Screen, { params: {} });
  const news = within(await screen.findByRole("region", { name: "News post" }));
  expect(news.getAllByRole("link").map((link) => link.getAttribute("href"))).toEqual(["/console/prompts/news-post-en", "/console/prompts/news-post-tr"]);
  expect(news.getByText("12 drafts · 75% of 8 accepted · 3% changed by hand · $0.025")).toBeTruthy();
  expect(news.getByText("no draft yet")).toBeTruthy();
  expect(screen.queryByRole("region", { name: "Thread" })).toBeNull();
});

it("shows what the model gets, and faults with their lines, while somebody types", async () => {
  serve();
  open();
  await screen.findByText("story s1");
  expect(screen.getByText("about 1,234 tokens")).toBeTruthy();
  const field = await area();
  await fireEvent.input(field, { target: { value: `${source}{{ nothing }}` } });
  const line = await screen.findByRole("button", { name: "Line 9" }, { timeout: 3_000 });
  expect(field.getAttribute("aria-invalid")).toBe("true");
  await fireEvent.click(line);
  const [from, to] = lineAt(field.value, 9);
  expect([document.activeElement === field, field.selectionStart, field.selectionEnd]).toEqual([true, from, to]);
  // What was right before stays to be read until it is right again.
  expect(screen.getByText("story s1")).toBeTruthy();
  await fireEvent.input(field, { target: { value: source } });
  await fireEvent.change(screen.getByLabelText("Story"), { target: { value: "s2" } });
  await screen.findByText("story s2");
  expect(sent("PUT")).toEqual([]);
});

it("saves with a note, takes it back, and keeps what cannot be saved", async () => {
  let refuses = true;
  serve((request) => (request.method === "PUT" && refuses ? Response.json({ type: "/problems/invalid", status: 422, title: "x", errors: [{ pointer: "/source", detail: "line 7: what is that" }] }, { status: 422, headers: { "content-type": "application/problem+json" } }) : undefined));
  open();
  const field = await area();
  const save = screen.getByRole("button", { name: "Save" }) as HTMLButtonElement;
  expect(save.disabled).toBe(true);
  await fireEvent.input(field, { target: { value: `${source}more` } });
  await fireEvent.click(save);
  await screen.findByText("what is that");
  expect(field.value).toBe(`${source}more`);
  refuses = false;
  await fireEvent.input(screen.getByLabelText(/What is different/), { target: { value: "says more" } });
  await fireEvent.click(save);
  await vi.waitFor(() => expect(save.disabled).toBe(true));
  expect(sent("PUT").at(-1)?.[2]).toEqual({ source: `${source}more`, note: "says more" });
  await toasts.undo();
  expect(sent("PUT").at(-1)?.[2]).toEqual({ source });
  expect(field.value).toBe(source);
});

it("compares two versions and restores one, with a way back", async () => {
  serve();
  open();
  await area();
  await fireEvent.click(screen.getByRole("tab", { name: /Versions/ }));
  await vi.waitFor(() => expect(document.querySelector(".diff ins")?.textContent).toContain("plainly"));
  expect(document.querySelector(".diff del")?.textContent).toContain("well");
  await fireEvent.click(screen.getByRole("button", { name: `Restore: ${"b".repeat(16)}` }));
  await vi.waitFor(() => expect(toasts.current?.undo).toBeTruthy());
  await toasts.undo();
  expect(sent("POST").map(([, path]) => path)).toEqual([`/prompts/news-post-en/versions/${"b".repeat(16)}/restore`, `/prompts/news-post-en/versions/${"a".repeat(16)}/restore`]);
});

it("says when there is no such prompt, and offers nothing to who may only read", async () => {
  session.current = { may: ["read"] } as unknown as typeof session.current;
  serve();
  const { unmount } = open();
  expect((await area()).readOnly).toBe(true);
  expect(screen.queryByRole("button", { name: /Save|Remove/ })).toBeNull();
  unmount();
  serve((request) => (request.url.endsWith("/prompts/news-post-en") ? Response.json({ type: "/problems/not-found", status: 404, title: "x" }, { status: 404, headers: { "content-type": "application/problem+json" } }) : undefined));
  open();
  await screen.findByRole("heading", { level: 1, name: "There is no such prompt" });
});

it("writes a voice, everywhere and on one kind of channel", async () => {
  serve();
  let saved = 0;
  render(VoiceEdit, { voice: null, onclose: () => {}, onsaved: () => void (saved += 1) });
  const type = (label: RegExp, value: string) => fireEvent.input(screen.getByLabelText(label), { target: { value } });
  await type(/^Name/, "calm");
  await type(/^Tone/, "calm");
  await type(/^Do$/, "be brief\n\nsay what it costs");
  await fireEvent.change(await screen.findByLabelText("Where"), { target: { value: "site" } });
  expect((screen.getByLabelText(/^Tone/) as HTMLInputElement).value).toBe("");
  await type(/^Tone/, "warm");
  await fireEvent.submit(document.querySelector("form")!);
  await vi.waitFor(() => expect(saved).toBe(1));
  expect(sent("PUT").at(-1)).toEqual(["PUT", "/voices/calm", { tone: "calm", audience: "", language: "", words_max: null, dos: ["be brief", "say what it costs"], donts: [], examples: [], channels: { site: { tone: "warm" } } }]);
});

it("removes a voice with a way back", async () => {
  serve();
  const voice = voiceOf("calm", typedOf({ tone: "calm" }), {});
  const voices = { data: [voice], problem: null, isFirst: false, reload: async () => {} };
  render(Voices, { voices: voices as never, languageName: (code: string) => code });
  await fireEvent.click(screen.getByRole("button", { name: "Remove calm" }));
  await vi.waitFor(() => expect(toasts.current?.undo).toBeTruthy());
  await toasts.undo();
  expect(asked).toEqual([["DELETE", "/voices/calm", {}], ["PUT", "/voices/calm", bodyOf(voice)]]);
  expect("name" in bodyOf(voice)).toBe(false);
});
