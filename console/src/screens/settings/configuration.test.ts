import { expect, test } from "vitest";
import { grouped, shown, type Setting } from "./configuration";

const setting = (section: string, key: string, source = "default"): Setting => ({ section, key, value: 1, default: 1, source, doc: `What ${key} is.` });

test("settings are found by all words, in section, name, text and origin", () => {
  const all = [setting("queue", "workers_max", "file"), setting("site", "name"), setting("queue", "workers_min")];
  expect(grouped(all, "").map(([section, rows]) => [section, rows.length])).toEqual([["queue", 2], ["site", 1]]);
  expect(grouped(all, "WORKERS file").map(([, rows]) => rows.map(({ key }) => key))).toEqual([["workers_max"]]);
  expect(grouped(all, "nothing like it")).toEqual([]);
});

test("values are shown as they are written", () => {
  expect([null, "", "a", 7, false, ["x"]].map(shown)).toEqual(["–", "\"\"", "a", "7", "false", "[\"x\"]"]);
});
