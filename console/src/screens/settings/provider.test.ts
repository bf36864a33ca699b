import { fireEvent, render, screen } from "@testing-library/svelte";
import { afterEach, expect, it, vi } from "vitest";
import { session } from "../../lib/session.svelte";
import { bodyOf, stateOf, type Health, type Provider } from "./provider";
import Edit from "./ProviderEdit.svelte";
import Providers from "./Providers.svelte";

afterEach(() => vi.unstubAllGlobals());

const provider: Provider = { name: "Local", kind: "openai", base_url: "http://127.0.0.1:1/v1", model: "small", has_key: true, timeout_s: 60, price_in: 250_000, price_out: 2_000_000 };
const health: Health = { breaker: "closed", open_until: null, in_flight: 2, first_content_ms: 420, answered: 12, failed: 1, last_fault: { kind: "timeout", at: "2026-11-22T10:00:00Z" } };
const page = (data: unknown[]) => Response.json({ data, pagination: { limit: 200, has_next: false } });

it("tells how a provider fares", () => {
  const now = Date.parse("2026-11-22T10:00Z");
  const open = (until: string | null): Health => ({ ...health, breaker: "open", open_until: until });
  expect([null, undefined, health, { ...health, breaker: "half_open" as const }].map((one) => stateOf(one, now))).toEqual(["unknown", "unknown", "ok", "degraded"]);
  expect([stateOf(open("2026-11-22T10:01:00Z"), now), stateOf(open("2026-11-22T09:59:00Z"), now), stateOf(open(null), now)]).toEqual(["down", "degraded", "down"]);
});

it("sends what an older server does not take only where somebody wants it", () => {
  const bare = { kind: "openai", base_url: "x", model: "m", timeout_s: 60, price_in: 0, price_out: 0, price_cached: null, connect_timeout_ms: null, first_token_ms: null, stall_ms: null, api_key: "" };
  expect(bodyOf(bare, null)).toEqual({ kind: "openai", base_url: "x", model: "m", timeout_s: 60, price_in: 0, price_out: 0 });
  // What was set and is emptied goes back to the usual.
  expect(bodyOf({ ...bare, stall_ms: 9_000, api_key: "k" }, { ...provider, price_cached: 5, stall_ms: null })).toMatchObject({ price_cached: null, stall_ms: 9_000, api_key: "k" });
});

it("shows health, and says where no pipeline asks a provider", async () => {
  vi.stubGlobal("fetch", async (request: Request) => {
    if (request.url.includes("/pipelines")) return page([{ id: "1", name: "default", providers: ["Rested"] }, { id: "2", name: "open", providers: [] }]);
    return page([{ ...provider, health }, { ...provider, name: "Rested", health: { ...health, breaker: "open", open_until: "2999-01-01T10:30:00Z", last_fault: null } }, { ...provider, name: "New" }, { ...provider, name: "File", is_configured: true }]);
  });
  render(Providers);
  await screen.findByText("2 calls under way · 12 answered ·", { exact: false, selector: "section:first-of-type dd" });
  const panel = (name: string) => screen.getByRole("region", { name }).textContent ?? "";
  expect(panel("Local")).toMatch(/in order[^]*1 failed[^]*420 ms[^]*timed out/);
  expect(panel("Local")).toContain("No pipeline asks it");
  expect(panel("Rested")).toMatch(/left alone until 10:30/);
  expect(panel("Rested")).toContain("default");
  expect(panel("Rested")).not.toContain("No pipeline");
  expect(panel("New")).toContain("not asked since the start");
  // One of the configuration is asked by pipelines that name nobody.
  expect(panel("File")).toMatch(/in the configuration[^]*Asked byopen/);
  // Who may not set up is offered nothing.
  expect(session.current).toBeNull();
  expect(screen.queryByRole("button")).toBeNull();
});

it("writes prices as whole millionths and keeps the key", async () => {
  const sent: [string, Record<string, unknown>][] = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    sent.push([new URL(request.url).pathname, await request.json()]);
    return Response.json({});
  });
  HTMLDialogElement.prototype.showModal ??= function (this: HTMLDialogElement) { this.open = true; };
  let saved = 0;
  render(Edit, { provider, onclose: () => {}, onsaved: () => void (saved += 1) });
  const field = (name: RegExp) => screen.getByLabelText(name);
  expect((field(/^In, required/) as HTMLInputElement).value).toBe("0.25");
  await fireEvent.input(field(/^In, required/), { target: { value: "1,5" } });
  await fireEvent.submit(document.querySelector("form")!);
  expect([sent.length, screen.getByText(/decimals behind a point/) !== null]).toEqual([0, true]);
  await fireEvent.input(field(/^In, required/), { target: { value: "8.2" } });
  await fireEvent.input(field(/kept by the provider/), { target: { value: "0.075" } });
  await fireEvent.submit(document.querySelector("form")!);
  await vi.waitFor(() => expect(saved).toBe(1));
  expect(sent).toEqual([["/api/v3/providers/Local", { kind: "openai", base_url: provider.base_url, model: "small", timeout_s: 60, price_in: 8_200_000, price_out: 2_000_000, price_cached: 75_000 }]]);
});
