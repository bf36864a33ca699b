import { expect, it } from "vitest";
import { bytes, catalogues, count, milliseconds, plural, words } from "./i18n";

const modules = import.meta.glob(["../**/*words*.ts", "./names.ts", "./problem.ts"], { eager: true });

/** Every leaf of a catalogue by its path: what it is, and how many values it takes. */
function leaves(value: unknown, path = ""): Map<string, string> {
  if (typeof value === "string") return new Map([[path, "text"]]);
  if (typeof value === "function") return new Map([[path, `function of ${value.length}`]]);
  const parts = Object.entries(value as object).map(([name, part]) => leaves(part, `${path}/${name}`));
  return new Map(parts.flatMap((part) => [...part]));
}

it("has every word in both languages", () => {
  expect(catalogues.length).toBeGreaterThanOrEqual(Object.keys(modules).length);
  for (const { en, tr } of catalogues) {
    expect(leaves(tr)).toEqual(leaves(en));
    for (const catalogue of [en, tr]) {
      const empty = JSON.stringify(catalogue).match(/"[^"]+":""/g) ?? [];
      expect(empty).toEqual([]);
    }
  }
});

it("says what is wrong with a catalogue that lacks a word", () => {
  expect(leaves({ a: "x", b: { c: () => "" } })).not.toEqual(leaves({ a: "x", b: {} }));
});

it("gives the words of the page's language", () => {
  expect(words({ en: { hello: "Hello" }, tr: { hello: "Merhaba" } }).hello).toBe("Hello");
});

it("writes numbers", () => {
  expect(plural(1, { one: "# post", other: "# posts" })).toBe("1 post");
  expect(plural(12_345, { one: "# post", other: "# posts" })).toBe("12,345 posts");
  expect(count(1_234_567, true)).toBe("~1.2M");
  expect([bytes(0), bytes(999), bytes(1_500), bytes(2_000_000)]).toEqual(["0 B", "999 B", "1.5 KB", "2.0 MB"]);
  expect([milliseconds(0.84), milliseconds(12.4), milliseconds(1_400), milliseconds(6_000), milliseconds(0)]).toEqual(["840 µs", "12 ms", "1.4 s", "6 s", "0 ms"]);
  // On an axis all have one unit.
  expect([0, 200, 400].map((ms) => milliseconds(ms, 200))).toEqual(["0 ms", "200 ms", "400 ms"]);
  expect([0, 500, 1_000].map((ms) => milliseconds(ms, 500))).toEqual(["0 s", "0.5 s", "1 s"]);
  expect([0, 0.5, 1].map((ms) => milliseconds(ms, 0.5))).toEqual(["0 ms", "0.5 ms", "1 ms"]);
  expect([0, 0.05].map((ms) => milliseconds(ms, 0.05))).toEqual(["0 µs", "50 µs"]);
});

it("knows both letters i of Turkish", () => {
  expect("IŞIK İZMİR".toLocaleLowerCase("tr")).toBe("ışık izmir");
  expect("ılık iyi".toLocaleUpperCase("tr")).toBe("ILIK İYİ");
});
