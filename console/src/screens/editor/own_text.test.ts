import { expect, test } from "vitest";
import { choose, isSame, plain } from "./own_text";

const text = (body: string, base_version = 2) => ({ title: "T", excerpt: "", topic: "Town", body, base_version });
const at = (second: number) => `2026-11-20T10:00:${String(second).padStart(2, "0")}Z`;

test("without anything of one's own the newest version is opened", () => {
  expect(choose(text("new"), null, null)).toMatchObject({ from: "version", base: 2 });
  expect(choose(text("new"), { text: text("new", 1), saved_at: at(1) }, null).from).toBe("version");
});

test("the newer of the two copies is restored", () => {
  const desk = { text: text("desk"), saved_at: at(10) };
  const here = (second: number, desk_saved_at: string | null) => ({ text: text("here"), saved_at: at(second), desk_saved_at });
  expect(choose(text("new"), desk, here(12, null)).from).toBe("here");
  expect(choose(text("new"), desk, here(8, null)).from).toBe("desk");
  // It followed that very copy, so that a clock that is slow does not matter.
  expect(choose(text("new"), desk, here(8, at(10))).from).toBe("here");
  expect(choose(text("new"), null, here(1, null))).toMatchObject({ from: "here", text: { body: "here" } });
});

test("a copy keeps the version it was begun on", () => {
  expect(choose(text("new", 5), { text: text("old", 3), saved_at: at(1) }, null)).toMatchObject({ from: "desk", base: 3 });
});

test("line ends of another system are no change", () => {
  expect(isSame(plain(text("a\r\nb")), plain(text("a\nb")))).toBe(true);
});
