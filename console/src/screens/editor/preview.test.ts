import { expect, test } from "vitest";
import { fitPreview } from "./preview";

test("a preview asks no other host for anything", () => {
  const html = fitPreview('<h1>A</h1><p>b <img src="https://x.example/a.png" alt="a quay"> <a href="https://x.example">c</a></p>', (alt) => `Image: ${alt}`);
  expect(html).not.toContain("<img");
  expect(html).toContain("Image: a quay");
  expect(html).toContain("<h4>A</h4>");
  expect(html).toContain('target="_blank"');
});
