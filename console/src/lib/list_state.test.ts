import { beforeEach, expect, it } from "vitest";
import { ListState } from "./list_state.svelte";
import { router } from "./router.svelte";

beforeEach(() => router.go("/console/posts", { force: true, keepFocus: true }));

it("is the address", () => {
  const list = new ListState(["state"], { sort: "newest" });
  list.setFilter({ by: { state: ["draft", "failed"] }, text: "orchids" });
  list.setSort("-score");
  expect(location.search).toBe("?q=orchids&state=draft%2Cfailed&sort=-score");
  expect(list.query).toEqual({ state: "draft,failed", q: "orchids", sort: "-score" });
  list.setSort("newest");
  expect(router.query("sort")).toBe("");
});

it("does not bring a default back that was taken away", () => {
  const list = new ListState(["state"], { by: { state: ["in_review"] } });
  expect(list.query).toEqual({ state: "in_review" });
  list.setFilter({ by: {}, text: "" });
  expect(list.query).toEqual({});
});
