import { describe, expect, it } from "vitest";
import { arrange, brought, hostOf, isAddress, standing, troubleOf } from "./health";
import type { Source } from "./types";

const source = (id: string, more: Partial<Source> = {}): Source => ({
  id, kind: "feed", adaptive: true, rhythm_s: null, url_before: null, url: `https://${id}.example/feed`, name: id.toUpperCase(), state: "active", pipeline: "P", site_url: null, language: null, interval_s: 900,
  polled_at: null, next_poll_at: null, outcome: null, error: null, failures: 0, failing_since: null, has_login: false, hub: null, items: 0, created_at: "2026-11-20T08:00:00Z", ...more,
});

it("tells a failing source from an active one", () => {
  expect(standing(source("a"))).toBe("active");
  expect(standing(source("a", { failures: 2 }))).toBe("failing");
  expect(standing(source("a", { failures: 2, state: "paused" }))).toBe("paused");
  expect(standing(source("a", { state: "muted" }))).toBe("muted");
});

it("knows what a failure is of", () => {
  const cases = {
    "https://a.example/feed answered with status 404": "gone", "https://a.example answered with status 403": "forbidden", "the site has asked for a pause; try again later": "busy",
    "https://a.example answered with status 503": "broken", "fetching https://a.example: the name a.example could not be looked up": "name",
    "the feed was not found (404)": "gone", "the site refuses to give us the feed (403)": "forbidden", "the site asks us to come less often (429)": "busy", "the site is not available at the moment (503)": "broken",
    "fetching x: the call took longer than 10 s while connecting": "silent", "fetching x: no secure connection to a.example could be agreed on": "secure",
    "fetching x: 10.0.0.1 is refused because the address is not on the public internet and not listed in connect.allow": "refused",
    "reading x as a feed: not a feed: this looks like a web page": "feed", "fetching x: the body is larger than the limit of 8 MB": "large", "something": "other",
  };
  for (const [error, trouble] of Object.entries(cases)) expect(troubleOf(error), error).toBe(trouble);
});

it("reads what a poll brought", () => {
  expect(brought("2 new, 1 known from elsewhere").map(({ n, what }) => [n, what])).toEqual([[2, "new"], [1, "copies"]]);
  expect(brought("unchanged, 2 mistakes forgiven").map(({ what }) => what)).toEqual(["unchanged", "forgiven"]);
  expect(brought("90 too many at once, kept as archive").map(({ n, what }) => [n, what])).toEqual([[90, "flood"]]);
  expect(brought("7 of another kind")).toEqual([{ n: 7, what: "other", text: "7 of another kind" }]);
});

describe("the order", () => {
  const all = [source("c"), source("b", { failures: 1 }), source("a", { items: 9, polled_at: "2026-11-20T08:00:00Z" })];
  it("has what fails first, then names", () => expect(arrange(all, { states: [], text: "", sort: "" })).toEqual(["b", "a", "c"]));
  it("is turned by a minus, equal ones stay by their names", () => expect(arrange(all, { states: [], text: "", sort: "-items" })).toEqual(["a", "b", "c"]));
  it("has those alone that are asked for", () => {
    expect(arrange(all, { states: ["failing"], text: "", sort: "name" })).toEqual(["b"]);
    expect(arrange(all, { states: [], text: "C.example", sort: "name" })).toEqual(["c"]);
  });
});

it("reads addresses", () => {
  expect(hostOf("https://www.example.org/feed")).toBe("example.org");
  expect(isAddress(" https://example.org/feed ")).toBe(true);
  expect(isAddress("example")).toBe(false);
  expect(isAddress("https://")).toBe(false);
});
