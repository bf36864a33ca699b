import { fireEvent, render, screen } from "@testing-library/svelte";
import { beforeAll, expect, it, vi } from "vitest";
import Passage from "./Passage.svelte";
import SendBack from "./SendBack.svelte";

beforeAll(() => {
  // happy-dom opens no dialogs.
  HTMLDialogElement.prototype.showModal ??= function (this: HTMLDialogElement) { this.open = true; };
  HTMLDialogElement.prototype.close ??= function (this: HTMLDialogElement) { this.open = false; };
});

it("marks what the sources do not hold, for the eyes and for the ears", () => {
  const { container } = render(Passage, { body: "It costs 4.2 million.", unfound: [{ kind: "number", text: "4.2" }] });
  expect(container.querySelector("mark")?.textContent).toMatch(/^4\.2 \[number: /);
  expect(container.querySelector("p")?.textContent).toContain("It costs 4.2");
});

it("shows a comparison by blocks with ins and del", () => {
  const { container } = render(Passage, { body: "", spans: [{ op: "same", text: "## Old" }, { op: "del", text: " name" }, { op: "add", text: " house" }] });
  expect(container.querySelector("h3 ins")?.textContent).toContain("house");
  expect(container.querySelector("h3 del")?.textContent).toContain("name");
});

it("sends a reason by Enter, refuses none, and has it again the next time", async () => {
  const onsend = vi.fn();
  const first = render(SendBack, { isOpen: true, many: 0, onsend });
  const field = () => screen.getByLabelText(/Reason/) as HTMLTextAreaElement;
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
  await fireEvent.keyDown(field(), { key: "ArrowUp" });
  expect(field().value).toBe("Not true");
});
