import { describe, expect, it } from "vitest";
import { blocks, spanBlocks } from "./markdown";

describe("reading", () => {
  it("knows what a newsroom writes", () => {
    const found = blocks("# Head\nText **bold** and *soft*.\n\n- one\n- two\n\n1. first\n\n> said\n> so\n\n---\n\n```\ncode *x*\n```");
    expect(found.map((block) => block.kind)).toEqual(["head", "text", "item", "item", "item", "quote", "rule", "code"]);
    expect(found[1]?.runs).toEqual([{ text: "Text " }, { text: "bold", strong: true }, { text: " and " }, { text: "soft", em: true }, { text: "." }]);
    expect(found[4]?.number).toBe("1");
    expect(found[5]?.runs[0]?.text).toBe("said so");
    expect(found[7]?.runs[0]?.text).toBe("code *x*");
  });

  it("links to the web and to nothing else", () => {
    const [web, script] = blocks("[a](https://a.example/x)\n\n[b](javascript:alert(1))");
    expect(web?.runs).toEqual([{ text: "a", href: "https://a.example/x" }]);
    expect(script?.runs[0]).toEqual({ text: "b" });
  });

  it("takes HTML as text", () => {
    expect(blocks("<script>x</script>")[0]?.runs).toEqual([{ text: "<script>x</script>" }]);
  });

  it("marks what the sources do not hold, as whole words", () => {
    const [block] = blocks("In 2012 there were 12 boats.", [{ kind: "number", text: "12" }]);
    expect(block?.runs).toEqual([{ text: "In 2012 there were " }, { text: "12", unfound: "number" }, { text: " boats." }]);
  });

  it("keeps underscores within words", () => {
    expect(blocks("a snake_case_name")[0]?.runs).toEqual([{ text: "a snake_case_name" }]);
  });
});

describe("comparing", () => {
  it("splits spans at blocks and keeps their marks", () => {
    const found = spanBlocks([{ op: "same", text: "One\n\n## He" }, { op: "add", text: "ading\n\nTwo" }, { op: "del", text: " gone" }]);
    expect(found.map((block) => block.kind)).toEqual(["text", "head", "text"]);
    expect(found[1]?.runs).toEqual([{ op: "same", text: "He" }, { op: "add", text: "ading" }]);
    expect(found[2]?.runs).toEqual([{ op: "add", text: "Two" }, { op: "del", text: " gone" }]);
  });
});
