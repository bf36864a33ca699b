import { fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import { afterEach, expect, it, test, vi } from "vitest";
import { toLocal } from "../lib/time";
import Links from "./Links.svelte";
import LinksDialog from "./LinksDialog.svelte";
import Plan from "./Plan.svelte";
import { remember } from "./reasons";
import { isUsable, standing } from "./review_links";
import SendBack from "./SendBack.svelte";

const HOUR = 3_600_000;
const json = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status, headers: { "content-type": status < 400 ? "application/json" : "application/problem+json" } });
/** Answers by the end of the path; what was asked is in `calls`. */
function server(answers: Record<string, () => Response>) {
  const calls: { method: string; path: string; body: unknown }[] = [];
  vi.stubGlobal("fetch", async (to: RequestInfo | URL, init: RequestInit = {}) => {
    const request = new Request(to, init);
    const { method } = request;
    const path = new URL(request.url).pathname.replace("/api/v3", "");
    calls.push({ method, path, body: method === "POST" ? await request.json() : null });
    return answers[`${method} ${path}`]?.() ?? json({ title: "nothing there" }, 404);
  });
  return calls;
}
afterEach(() => vi.unstubAllGlobals());

test("reasons are remembered newest first and each once", () => {
  expect(remember(["old", "mid"], " mid ")).toEqual(["mid", "old"]);
  expect(remember(["old"], "  ")).toEqual(["old"]);
  expect(remember(Array.from({ length: 9 }, (_, i) => `r${i}`), "new")).toHaveLength(8);
});

test("a link stands where its outcome, its end or the post leave it", () => {
  const at = (second: number) => `2026-11-20T10:00:${String(second).padStart(2, "0")}Z`;
  const link = { id: "1", version: 2, reviewer: "Ada", expires_at: at(30) };
  const now = Date.parse(at(10));
  expect([standing(link, 2, now), standing(link, 3, now), standing(link, 2, Date.parse(at(40)))]).toEqual(["open", "newer", "expired"]);
  expect(standing({ ...link, outcome: "endorsed" }, 3, now)).toBe("endorsed");
  expect([isUsable(link, now), isUsable({ ...link, revoked_at: at(5) }, now)]).toEqual([true, false]);
});

it("SendBack: sends a reason by Enter, refuses none, and has it again the next time", async () => {
  const onsend = vi.fn();
  const first = render(SendBack, { isOpen: true, onsend });
  const field = () => screen.getByLabelText(/Reason/) as HTMLTextAreaElement;
  expect(document.activeElement).toBe(field());
  await fireEvent.keyDown(field(), { key: "Enter" });
  expect(onsend).not.toHaveBeenCalled();
  expect(field().getAttribute("aria-invalid")).toBe("true");
  await fireEvent.input(field(), { target: { value: " Not true " } });
  await fireEvent.keyDown(field(), { key: "Enter", shiftKey: true });
  expect(onsend).not.toHaveBeenCalled();
  await fireEvent.keyDown(field(), { key: "Enter" });
  expect(onsend).toHaveBeenCalledWith("Not true");
  first.unmount();
  render(SendBack, { isOpen: true, many: 3, onsend });
  expect(screen.getByRole("dialog", { name: "Send back 3" })).toBeTruthy();
  await fireEvent.keyDown(field(), { key: "ArrowUp" });
  expect(field().value).toBe("Not true");
});

it("Plan: takes the next free slot, and says when there is none", async () => {
  const onplan = vi.fn();
  server({ "GET /calendar/next-slot": () => json({ at: "2030-01-07T09:00:00Z" }) });
  const first = render(Plan, { isOpen: true, onplan });
  await screen.findByText(/The next free slot: /);
  expect((screen.getByLabelText(/The next free slot/) as HTMLInputElement).checked).toBe(true);
  await fireEvent.submit(document.getElementById("plan")!);
  expect(onplan).toHaveBeenCalledWith({ slot: "next" });
  first.unmount();

  server({ "GET /calendar/next-slot": () => json({ title: "No slots" }, 404) });
  render(Plan, { isOpen: true, isMove: true, onplan });
  const slot = (await screen.findByLabelText("No slots are set up")) as HTMLInputElement;
  expect(slot.disabled).toBe(true);
  expect((screen.getByLabelText("At a time") as HTMLInputElement).checked).toBe(true);
  expect(screen.getByRole("dialog", { name: "Change the time" })).toBeTruthy();
  expect(screen.queryByRole("alert")).toBeNull();
});

it("Plan: refuses a time that has passed, and offers the end of a blackout before it sends anything", async () => {
  const onplan = vi.fn();
  const [wanted, end] = [Date.now() + 5 * HOUR, Date.now() + 9 * HOUR];
  server({
    "GET /calendar/next-slot": () => json({ title: "No slots" }, 404),
    "GET /calendar": () => json({ blackouts: [{ from: new Date(wanted - HOUR).toISOString(), to: new Date(end).toISOString() }] }),
  });
  render(Plan, { isOpen: true, onplan });
  await screen.findByLabelText("No slots are set up");
  const field = screen.getByLabelText(/Date and time/);
  const submit = () => fireEvent.submit(document.getElementById("plan")!);
  await fireEvent.input(field, { target: { value: toLocal(Date.now() - 2 * HOUR) } });
  await submit();
  expect(screen.getByText("This time has passed")).toBeTruthy();
  await fireEvent.input(field, { target: { value: toLocal(wanted) } });
  await submit();
  await screen.findByText(/Nothing is published at that time/);
  expect(onplan).not.toHaveBeenCalled();
  await fireEvent.click(screen.getByRole("button", { name: "Publish then anyway" }));
  await waitFor(() => expect(onplan).toHaveBeenCalledWith(expect.objectContaining({ force: true })));
});

const made = { id: "l1", version: 1, reviewer: "Mara Quay", expires_at: "2099-01-01T00:00:00Z", url: "https://desk.example/review/x" };

it("Links: makes a link, shows it to be copied, and lists it", async () => {
  let all: object[] = [];
  const calls = server({
    "GET /posts/p1/review-links": () => json({ data: all }),
    "POST /posts/p1/review-links": () => {
      all = [made];
      return json({ url: made.url }, 201);
    },
  });
  render(Links, { id: "p1", version: 2 });
  await screen.findByText("No links yet");
  expect(screen.getAllByRole("heading", { level: 2 }).map((one) => one.textContent)).toEqual(["Send for approval", "Links of this post"]);
  await fireEvent.input(screen.getByLabelText(/Name of the reviewer/), { target: { value: " Mara Quay " } });
  await fireEvent.submit(document.querySelector("form")!);
  expect(((await screen.findByLabelText("Link for Mara Quay")) as HTMLInputElement).value).toBe(made.url);
  expect(calls.find((one) => one.method === "POST")?.body).toEqual({ reviewer: "Mara Quay", expires_in_h: 72 });
  await screen.findByRole("button", { name: /^Revoke.*Mara Quay/ });
  expect(screen.getByRole("listitem").textContent).toContain("for an older version");
});

it("Links: offers no form while a link could decide nothing, and none of a link that is over", async () => {
  server({ "GET /posts/p1/review-links": () => json({ data: [{ ...made, revoked_at: "2026-11-20T10:00:00Z" }] }) });
  render(Links, { id: "p1", version: 1, canAsk: false });
  expect((await screen.findByRole("listitem")).textContent).toContain("revoked");
  expect(document.querySelector("form")).toBeNull();
  expect(screen.queryByRole("button", { name: /Revoke|Copy/ })).toBeNull();
});

it("LinksDialog: has one title, and the focus in the name of the reviewer", async () => {
  server({ "GET /posts/p1/review-links": () => json({ data: [] }) });
  render(LinksDialog, { isOpen: true, id: "p1", version: 1 });
  expect(screen.getAllByText("Send for approval")).toHaveLength(1);
  expect(screen.getByRole("heading", { name: "Links of this post", level: 3 })).toBeTruthy();
  expect(document.activeElement).toBe(screen.getByLabelText(/Name of the reviewer/));
});
