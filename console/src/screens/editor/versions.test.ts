import { render, screen } from "@testing-library/svelte";
import { afterEach, expect, it, vi } from "vitest";
import type { Editing } from "./editing.svelte";
import Versions from "./Versions.svelte";

afterEach(() => vi.unstubAllGlobals());

function serve(n: number) {
  const data = Array.from({ length: n }, (_, i) => ({ version: n - i, title: "T", excerpt: "", body: "B", score: 0.5, by: "system", created_at: "2026-11-20T10:00:00Z" }));
  vi.stubGlobal("fetch", async (request: Request) =>
    Response.json(request.url.includes("/changes") ? { title: [], excerpt: [], body: [] } : { data, pagination: { limit: 100, has_next: false } }));
  render(Versions, { editing: { id: "p", full: { version: n, reviews: [], language: "en" }, canWrite: true, isChanged: false } as unknown as Editing });
}

it("compares nothing where there is one version", async () => {
  serve(1);
  await screen.findByRole("button", { name: /^Preview/ });
  expect(screen.queryByText("Compare", { exact: false })).toBeNull();
});

it("compares where there are two", async () => {
  serve(2);
  expect((await screen.findAllByRole("button", { name: /^Compare/ })).length).toBe(2);
});
