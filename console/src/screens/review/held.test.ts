import { render, screen } from "@testing-library/svelte";
import { afterEach, expect, it, vi } from "vitest";
import type { ReviewDesk } from "./desk.svelte";
import Beside from "./Beside.svelte";
import { matchesOf, sentencesOf, sourcesOf, textOf, withSentences } from "./held";
import { Held } from "./held.svelte";
import { blocks } from "./markdown";

afterEach(() => vi.unstubAllGlobals());

const bytes = (text: string) => new TextEncoder().encode(text).length;
/** A report as the server makes it: places in bytes, blocks apart by an empty line. */
function reported(sentences: [text: string, support: number][]) {
  let at = 0;
  return sentences.map(([text, support]) => {
    const start = at;
    at = start + bytes(text) + 1;
    return { start, end: start + bytes(text), source: 0, support };
  });
}

it("finds the server's sentences again, whatever their letters weigh", () => {
  const texts = ["Dr. Öz gülümsedi 🙂 bize. The ferry stops.", "It runs again."];
  const found = sentencesOf(texts, { sentences: reported([["Dr. Öz gülümsedi 🙂 bize.", 0.9], ["The ferry stops.", 0.2], ["It runs again.", 0.5]]) }, "en");
  expect(found.map(({ text, isWeak, support }) => [text, isWeak, support])).toEqual([["Dr. Öz gülümsedi 🙂 bize.", false, 0.9], ["The ferry stops.", true, 0.2], ["It runs again.", false, 0.5]]);
});

it("cuts by itself where the report is of another text, and still marks what the server named", () => {
  const unsupported = [{ kind: "sentence" as const, text: "The mayor  promised a ship." }];
  const found = sentencesOf(["The ferry stops. The mayor promised a ship."], { sentences: reported([["Something else altogether.", 1]]), unsupported }, "en");
  expect(found.map(({ text, isWeak, support }) => [text, isWeak, support])).toEqual([["The ferry stops.", false, null], ["The mayor promised a ship.", true, null]]);
  // A language that no browser knows breaks nothing.
  expect(sentencesOf(["One. Two."], {}, "not a tag")).toHaveLength(2);
});

it("puts sentences on the runs of a text, across its marks", () => {
  const read = blocks("The **ferry stops** for 14 days. It *runs*.", [{ kind: "number", text: "14" }]);
  const marked = withSentences(read, sentencesOf(read.map(textOf), {}, "en"));
  expect(marked[0]?.runs.map(({ text, sentence, strong, unfound }) => [text, sentence, strong ?? unfound ?? ""])).toEqual([
    ["The ", 0, ""], ["ferry stops", 0, true], [" for ", 0, ""], ["14", 0, "number"], [" days.", 0, ""], [" ", undefined, ""], ["It ", 1, ""], ["runs", 1, ""], [".", 1, ""],
  ]);
});

const items = [
  { id: "1", title: "Bridge bus", text: "A bus takes the passengers over the bridge.", url: "https://b.example/", source_name: "Crier" },
  { id: "2", title: "Ferry stops", text: "The weather was fine.\n\nThe ferry to Saint Brannoc stops for eleven days, the harbour office said. Nobody was hurt.", url: "https://a.example/", source_name: "News" },
];

it("takes the sources that the version names, and all where it names none of them", () => {
  const named = [{ name: "News", title: "Ferry stops", url: "https://a.example/" }];
  expect(sourcesOf(items, named, "en").map(({ id, paragraphs }) => [id, paragraphs.map((part) => part.length)])).toEqual([["2", [1, 2]]]);
  expect(sourcesOf(items, [{ name: "x", title: "y", url: "" }], "en").map(({ id }) => id)).toEqual(["1", "2"]);
});

it("lights the sentence that comes nearest", () => {
  const sources = sourcesOf(items, [], "en");
  const found = matchesOf(["For eleven days the ferry to Saint Brannoc stops.", "Passengers take a bus over the bridge.", "Unicorns dance at midnight."], sources);
  expect(found.map((match) => match && [match.source, match.sentence])).toEqual([[1, 2], [0, 1], null]);
});

it("goes from a sentence to its source and back", async () => {
  vi.stubGlobal("fetch", async () => Response.json({ story: {}, items }));
  Element.prototype.scrollIntoView ??= () => {};
  const version = {
    post: "p", version: 1, title: "", excerpt: "", body: "The ferry to Saint Brannoc stops for eleven days. Unicorns dance at midnight.", analysis: {}, score: 1, grounded: false, by: "", created_at: "",
    sources: [{ name: "News", title: "Ferry stops", url: "https://a.example/" }], grounding: { unsupported: [{ kind: "sentence" as const, text: "Unicorns dance at midnight." }] },
  };
  const held = new Held({ full: { newest: version, language: "en", story: "s" }, older: null } as unknown as ReviewDesk);
  render(Beside, { held });
  const lit = await screen.findByRole("button", { name: /The ferry to Saint Brannoc/ });
  held.choose(0, "source");
  await vi.waitFor(() => expect(lit.getAttribute("aria-current")).toBe("true"));
  expect(screen.getByText("Sentence 1 of 2")).toBeTruthy();
  screen.getByRole("button", { name: "To the sentence without support" }).click();
  await vi.waitFor(() => expect(screen.getByText("No sentence of the sources resembles it.")).toBeTruthy());
  expect([held.current, lit.getAttribute("aria-current")]).toEqual([1, null]);
  lit.click();
  expect(held.current).toBe(0);
});
