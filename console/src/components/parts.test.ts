import { fireEvent, render, screen } from "@testing-library/svelte";
import { createRawSnippet } from "svelte";
import { afterEach, expect, it, vi } from "vitest";
import { announcer } from "../lib/announce.svelte";
import { ApiProblem } from "../lib/api";
import { confirm } from "../lib/confirm.svelte";
import { bindKeys } from "../lib/keys";
import { ListState } from "../lib/list_state.svelte";
import { router } from "../lib/router.svelte";
import { toast, toasts } from "../lib/toast.svelte";
import Button from "./Button.svelte";
import Chart from "./Chart.svelte";
import ConfirmDialog from "./ConfirmDialog.svelte";
import Diff from "./Diff.svelte";
import ErrorNote from "./ErrorNote.svelte";
import Help from "./Help.svelte";
import FilterBar from "./FilterBar.svelte";
import Menu from "./Menu.svelte";
import Score from "./Score.svelte";
import SignInForm from "./SignInForm.svelte";
import State from "./State.svelte";
import Switch from "./Switch.svelte";
import Tabs from "./Tabs.svelte";
import TextField from "./TextField.svelte";
import Time from "./Time.svelte";
import ToastLine from "./ToastLine.svelte";

const text = (html: string) => createRawSnippet(() => ({ render: () => `<span>${html}</span>` }));
afterEach(() => vi.unstubAllGlobals());

it("Button: does nothing twice while it is busy, and keeps the focus", async () => {
  const onclick = vi.fn();
  const { rerender } = render(Button, { children: text("Save"), onclick });
  const button = screen.getByRole("button", { name: "Save" });
  await fireEvent.click(button);
  await rerender({ isBusy: true });
  await fireEvent.click(button);
  expect(onclick).toHaveBeenCalledOnce();
  expect(button.hasAttribute("disabled")).toBe(false);
});

it("TextField: ties label, hint and fault to the input", () => {
  render(TextField, { label: "Name", hint: "As it is printed", fault: "is empty", value: "x" });
  const input = screen.getByLabelText("Name");
  const described = (input.getAttribute("aria-describedby") ?? "").split(" ").map((id) => document.getElementById(id)?.textContent);
  expect(described).toEqual(["As it is printed", "is empty"]);
  expect(input.getAttribute("aria-invalid")).toBe("true");
});

it("Switch: is one, by button and by text", async () => {
  const onchange = vi.fn();
  render(Switch, { label: "Shortcuts", checked: true, onchange });
  const button = screen.getByRole("switch", { name: "Shortcuts" });
  await fireEvent.click(button);
  expect(button.getAttribute("aria-checked")).toBe("false");
  await fireEvent.click(screen.getByText("Shortcuts"));
  expect(onchange.mock.calls).toEqual([[false], [true]]);
});

it("State: says the word beside the mark, and any state it does not know", () => {
  const { rerender } = render(State, { state: "in_review" });
  expect(screen.getByText("in review").textContent).toContain("◐");
  void rerender({ state: "half_done" });
  return screen.findByText("half done");
});

it("Tabs: arrows go round", async () => {
  const onchange = vi.fn();
  render(Tabs, { label: "Parts", tabs: [{ id: "a", label: "A" }, { id: "b", label: "B" }], value: "a", panel: text("panel"), onchange });
  await fireEvent.keyDown(screen.getByRole("tablist"), { key: "ArrowLeft" });
  expect(onchange).toHaveBeenCalledWith("b");
  expect(screen.getByRole("tab", { name: "B" }).getAttribute("aria-selected")).toBe("true");
});

it("Menu: runs what is chosen, not what is disabled", async () => {
  const run = vi.fn();
  HTMLElement.prototype.hidePopover ??= () => {};
  render(Menu, { label: "More", items: [{ label: "Retry", run }, { label: "Delete", run, disabled: true }] });
  await fireEvent.click(screen.getByRole("menuitem", { name: "Retry", hidden: true }));
  await fireEvent.click(screen.getByRole("menuitem", { name: "Delete", hidden: true }));
  expect(run).toHaveBeenCalledOnce();
});

it("Diff: marks what was added and removed, in words too", async () => {
  const spans = [{ op: "same" as const, text: "Two " }, { op: "del" as const, text: "ships" }, { op: "add" as const, text: "boats" }];
  const { container, rerender } = render(Diff, { spans });
  expect(container.querySelector("ins")?.textContent).toBe("[added: boats]");
  expect(container.querySelector("del")?.textContent).toBe("[removed: ships]");
  await rerender({ isMarked: false });
  expect(container.querySelector(".diff")?.textContent).toBe("Two boats");
});

it("ErrorNote: tells each fault and offers to try again", async () => {
  const retry = vi.fn();
  const problem = new ApiProblem(422, "invalid", "Cannot be used", "2 faults", { errors: [{ pointer: "/title", detail: "is empty" }] });
  render(ErrorNote, { problem, retry });
  expect(screen.getByRole("alert").textContent).toContain("title: is empty");
  await fireEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(retry).toHaveBeenCalledOnce();
});

it("ToastLine: counts down and takes back", async () => {
  const undo = vi.fn();
  render(ToastLine);
  toast("Approved", { undo });
  const button = await screen.findByRole("button", { name: /Undo/ });
  expect(button.textContent).toContain("10 s");
  expect(announcer.text.trim()).toBe("Approved");
  await fireEvent.click(button);
  expect(undo).toHaveBeenCalledOnce();
  expect(toasts.current).toBeNull();
});

it("ConfirmDialog: waits for the word that has to be typed", async () => {
  render(ConfirmDialog);
  const answer = confirm({ title: "Purge?", body: "They are gone for good.", action: "Purge 12 jobs", typed: "12" });
  const button = await screen.findByRole("button", { name: "Purge 12 jobs" });
  expect(button.hasAttribute("disabled")).toBe(true);
  await fireEvent.input(screen.getByLabelText("Type 12 to confirm"), { target: { value: "12" } });
  expect(button.hasAttribute("disabled")).toBe(false);
  await fireEvent.submit(document.getElementById("confirm")!);
  expect(await answer).toBe(true);
});

it("Score and Time: say in words what they show", () => {
  render(Score, { value: 0.734 });
  expect(screen.getByRole("img", { name: "Score 73 of 100" })).toBeTruthy();
  const { container } = render(Time, { at: "2026-11-20T08:30:00Z", as: "clock" });
  expect(container.querySelector("time")?.textContent).toBe("08:30");
  expect(container.querySelector("time")?.title).toContain("2026");
});

it("Chart: has its numbers as a table, and stands still while it is paused", async () => {
  const props = { title: "Requests", times: [60, 120], series: [{ label: "ok", values: [1, 2] }] };
  const { rerender } = render(Chart, props);
  const table = screen.getByRole("table", { name: /Requests/ });
  expect([...table.querySelectorAll("tbody tr")].map((row) => row.textContent)).toEqual(["00:01:001", "00:02:002"]);
  await fireEvent.click(screen.getByRole("button", { name: "Pause" }));
  await rerender({ ...props, times: [60, 120, 180], series: [{ label: "ok", values: [1, 2, 3] }] });
  expect(table.querySelectorAll("tbody tr").length).toBe(2);
  await fireEvent.click(screen.getByRole("button", { name: "Resume" }));
  expect(table.querySelectorAll("tbody tr").length).toBe(3);
});

it("FilterBar: is the address, with chips to take away", async () => {
  await router.go("/console/posts?state=draft", { force: true, keepFocus: true });
  const list = new ListState(["state"]);
  render(FilterBar, { list, keys: [{ key: "state", label: "State", options: [{ value: "draft", label: "Draft" }, { value: "failed", label: "Failed" }] }] });
  const box = screen.getByRole("searchbox") as HTMLInputElement;
  expect(box.value).toBe("state:draft");
  await fireEvent.input(box, { target: { value: "state:draft,failed orchids" } });
  await fireEvent.submit(screen.getByRole("search"));
  expect(location.search).toBe("?state=draft%2Cfailed&q=orchids");
  await fireEvent.click(screen.getByRole("button", { name: "Remove State: Draft" }));
  expect(location.search).toBe("?state=failed&q=orchids");
  await fireEvent.click(screen.getByRole("button", { name: "Clear" }));
  expect(location.search).toBe("");
});

it("SignInForm: tells why it failed and keeps the address", async () => {
  const answer = { type: "#unauthenticated", title: "Who are you?", detail: "e-mail or password is wrong" };
  vi.stubGlobal("fetch", async () => new Response(JSON.stringify(answer), { status: 401, headers: { "content-type": "application/problem+json" } }));
  render(SignInForm, { email: "a@example.org" });
  await fireEvent.input(screen.getByLabelText(/Password/), { target: { value: "wrong" } });
  await fireEvent.submit(document.querySelector("form")!);
  expect((await screen.findByRole("alert")).textContent).toContain("The address or the password is wrong");
  expect((screen.getByLabelText(/E-mail/) as HTMLInputElement).value).toBe("a@example.org");
});

it("ErrorNote: says it in the words of the page, and keeps what the server adds beside it", () => {
  render(ErrorNote, { problem: new ApiProblem(422, "source-failed", "x", "10.0.0.1 is not a public address") });
  const alert = screen.getByRole("alert");
  expect(alert.querySelector("strong")?.textContent).toBe("The address could not be read as a source");
  expect(alert.querySelector("[lang=en]")?.textContent).toBe("10.0.0.1 is not a public address");
});

it("ConfirmDialog: begins on its deed, or in its field, never on Close", async () => {
  render(ConfirmDialog);
  const plain = confirm({ title: "Approve?", body: "Both.", action: "Approve them" });
  await vi.waitFor(() => expect(document.activeElement?.textContent).toContain("Approve them"));
  document.querySelector("dialog")?.dispatchEvent(new Event("close"));
  await plain;
  const typed = confirm({ title: "Purge?", body: "Gone.", action: "Purge", typed: "12" });
  await vi.waitFor(() => expect(document.activeElement).toBe(screen.getByLabelText("Type 12 to confirm")));
  document.querySelector("dialog")?.dispatchEvent(new Event("close"));
  expect(await typed).toBe(false);
});

it("SignInForm: begins in its first field", async () => {
  render(SignInForm, { email: "" });
  await vi.waitFor(() => expect(document.activeElement).toBe(screen.getByLabelText(/E-mail/)));
});

it("ToastLine: has a way to what it speaks of, and what the server adds", async () => {
  render(ToastLine);
  toast("It is a draft now", { link: { href: "/console/posts/a", label: "Open in the editor" }, more: "as of now" });
  expect((await screen.findByRole("link", { name: "Open in the editor" })).getAttribute("href")).toBe("/console/posts/a");
  expect(screen.getByText("as of now").lang).toBe("en");
});

it("Help: shows the keys of the screen that is open as it tells them, and those of all others", () => {
  const unbind = bindKeys("jobs", [{ keys: "t", label: "once more", run: () => {} }]);
  render(Help);
  unbind();
  const told = [...document.querySelectorAll("dialog dd")].map((one) => one.textContent);
  expect(told).toContain("once more");
  expect(told).not.toContain("try again");
  for (const label of ["approve", "send back", "save and approve", "previous range", "move a post", "pick up to here"]) expect(told).toContain(label);
});
