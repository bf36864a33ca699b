import { fireEvent, render, screen } from "@testing-library/svelte";
import { createRawSnippet, tick } from "svelte";
import { afterEach, expect, it, vi } from "vitest";
import { ListState } from "../lib/list_state.svelte";
import { router } from "../lib/router.svelte";
import Dialog from "./Dialog.svelte";
import FilterBar from "./FilterBar.svelte";
import Menu from "./Menu.svelte";
import SaveFilter from "./SaveFilter.svelte";
import Select from "./Select.svelte";
import StateViews from "./StateViews.svelte";

const text = (html: string) => createRawSnippet(() => ({ render: () => `<p>${html}</p>` }));
afterEach(() => vi.unstubAllGlobals());

it("Dialog: is named by its title, closes by its button and says so once", async () => {
  const onclose = vi.fn();
  const { rerender } = render(Dialog, { isOpen: false, title: "Move", children: text("When?"), onclose });
  const dialog = document.querySelector("dialog")!;
  expect([dialog.open, screen.queryByText("When?")]).toEqual([false, null]);
  await rerender({ isOpen: true });
  expect(screen.getByRole("dialog", { name: "Move" })).toBe(dialog);
  expect(dialog.open).toBe(true);
  await fireEvent.click(screen.getByRole("button", { name: "Close" }));
  await fireEvent(dialog, new Event("close"));
  await tick();
  expect([dialog.open, screen.queryByText("When?")]).toEqual([false, null]);
  expect(onclose).toHaveBeenCalledOnce();
});

it("Dialog: whoever closes it from outside is not told", async () => {
  const onclose = vi.fn();
  const { rerender } = render(Dialog, { isOpen: true, title: "Move", children: text("When?"), onclose });
  await rerender({ isOpen: false });
  expect(document.querySelector("dialog")!.open).toBe(false);
  expect(onclose).not.toHaveBeenCalled();
});

it("Menu: arrows walk over what can be chosen and round, Home and End jump", async () => {
  const run = vi.fn();
  render(Menu, { label: "More", items: [{ label: "Retry", run }, { label: "Gone", run, disabled: true }, { label: "Cancel", run }, { label: "Purge", run }] });
  const menu = screen.getByRole("menu", { hidden: true });
  const at = () => document.activeElement?.textContent?.trim();
  screen.getByRole("menuitem", { name: "Retry", hidden: true }).focus();
  const walk = async (...keys: string[]) => {
    const seen = [];
    for (const key of keys) {
      await fireEvent.keyDown(document.activeElement ?? menu, { key });
      seen.push(at());
    }
    return seen;
  };
  expect(await walk("ArrowDown", "ArrowDown", "ArrowDown", "ArrowUp", "Home", "End")).toEqual(["Cancel", "Purge", "Retry", "Purge", "Retry", "Purge"]);
});

it("Menu: what is switched on says so", () => {
  render(Menu, { label: "Order", items: [{ label: "Newest", checked: true, run: () => {} }, { label: "Oldest", checked: false, run: () => {} }] });
  expect(screen.getAllByRole("menuitemcheckbox", { hidden: true }).map((one) => one.getAttribute("aria-checked"))).toEqual(["true", "false"]);
});

it("Select: its label and its fault belong to it", async () => {
  render(Select, { label: "Queue", value: "b", options: [{ value: "a", label: "A" }, { value: "b", label: "B" }], fault: "is full" });
  const field = screen.getByLabelText("Queue") as HTMLSelectElement;
  expect(field.value).toBe("b");
  expect(field.getAttribute("aria-invalid")).toBe("true");
  expect(document.getElementById(field.getAttribute("aria-describedby") ?? "")?.textContent).toBe("is full");
});

it("StateViews: names where one is, and does not count what nobody knows", () => {
  const views = [{ id: "", label: "All", href: "/console/posts", n: 1_234_567, isOn: true, isEstimate: true }, { id: "draft", label: "draft", href: "/console/posts?state=draft", n: null, isOn: false }];
  render(StateViews, { label: "States", views });
  const links = screen.getAllByRole("link");
  expect(links.map((one) => one.textContent)).toEqual(["All ~1.2M", "draft –"]);
  expect(links.map((one) => one.getAttribute("aria-current"))).toEqual(["true", null]);
});

it("FilterBar: Escape empties the box, typing waits, leaving it does not", async () => {
  vi.useFakeTimers();
  try {
    await router.go("/console/posts?q=orchids", { force: true, keepFocus: true });
    const list = new ListState(["state"]);
    render(FilterBar, { list, keys: [] });
    const box = screen.getByRole("searchbox") as HTMLInputElement;
    await fireEvent.input(box, { target: { value: "tulips" } });
    expect(list.filter.text).toBe("orchids");
    await vi.advanceTimersByTimeAsync(300);
    expect(list.filter.text).toBe("tulips");
    await fireEvent.input(box, { target: { value: "roses" } });
    await fireEvent.blur(box);
    expect(list.filter.text).toBe("roses");
    await fireEvent.keyDown(box, { key: "Escape" });
    expect([list.filter.text, location.search]).toEqual(["", ""]);
  } finally {
    vi.useRealTimers();
  }
});

it("SaveFilter: asks for a name that says something, with the focus in it", async () => {
  const onsave = vi.fn();
  render(SaveFilter, { isOpen: true, filter: "state:draft", onsave });
  const field = screen.getByLabelText(/Name of the filter/);
  expect(document.activeElement).toBe(field);
  await fireEvent.input(field, { target: { value: "   " } });
  await fireEvent.submit(document.getElementById("save-filter")!);
  expect(onsave).not.toHaveBeenCalled();
  await fireEvent.input(field, { target: { value: " Mine " } });
  await fireEvent.submit(document.getElementById("save-filter")!);
  expect(onsave).toHaveBeenCalledWith("Mine");
});
