import { render } from "@testing-library/svelte";
import { expect, it } from "vitest";
import Passage from "./Passage.svelte";

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
