import { beforeEach, describe, expect, it, vi } from "vitest";
import { routes } from "../routes";
import { match, router } from "./router.svelte";

describe("match", () => {
  it.each([
    ["/console", "overview", {}],
    ["/console/", "overview", {}],
    ["/console/review", "review", {}],
    ["/console/review/0m7k2", "review", { id: "0m7k2" }],
    ["/console/posts", "content", {}],
    ["/console/posts/a%20b", "editor", { id: "a b" }],
    ["/console/jobs/12", "jobs", { id: "12" }],
    ["/console/invitation", "invitation", {}],
  ])("%s is %s", (path, screen, params) => {
    const found = match(path);
    expect(found?.route.screen).toBe(screen);
    expect(found?.params).toEqual(params);
  });

  it.each(["/", "/consoles", "/console/nothing", "/console/posts/1/2", "/console/posts/%E0%A4%A"])("%s is no address", (path) => {
    expect(match(path)).toBeNull();
  });

  it("gives every pattern to its own screen", () => {
    for (const { pattern, screen } of routes) expect(match(pattern.replace(/:\w+\??/, "x"))?.route.screen).toBe(screen);
  });
});

describe("router", () => {
  beforeEach(async () => {
    await router.go("/console/settings", { force: true, keepFocus: true });
  });

  it("keeps the query of a list in the address", () => {
    router.setQuery({ state: "a,b", q: "ı" });
    expect(location.search).toBe("?state=a%2Cb&q=%C4%B1");
    expect(router.query("state")).toBe("a,b");
    router.setQuery({ state: null });
    expect(location.search).toBe("?q=%C4%B1");
  });

  it("asks before what was typed is left, and stays when told so", async () => {
    const ask = vi.fn(async () => false);
    const stop = router.start(ask);
    const free = router.guard(() => "the text is not saved");
    expect(await router.go("/console/people")).toBe(false);
    expect(ask).toHaveBeenCalledWith("the text is not saved");
    expect(location.pathname).toBe("/console/settings");
    // Within the screen nothing is lost.
    expect(await router.go("/console/settings?tab=keys")).toBe(true);
    free();
    expect(await router.go("/console/people", { keepFocus: true })).toBe(true);
    expect(location.pathname).toBe("/console/people");
    stop();
  });

  it("follows links of the console and leaves the others alone", async () => {
    const stop = router.start(async () => true);
    document.body.innerHTML = `<a id="in" href="/console/jobs"><b>in</b></a><a id="new" href="/console/cron" target="_blank">new</a>`;
    document.querySelector<HTMLElement>("b")?.click();
    expect(location.pathname).toBe("/console/jobs");
    const event = new MouseEvent("click", { bubbles: true, cancelable: true, ctrlKey: true });
    document.querySelector("#in")?.dispatchEvent(event);
    expect(event.defaultPrevented).toBe(false);
    stop();
    document.body.innerHTML = "";
  });
});
