import { expect, it } from "vitest";
import { ZoomStack } from "./zoom";

it("goes in and comes out the same way", () => {
  const zoom = new ZoomStack();
  zoom.push([0, 100]);
  zoom.push([60, 20]);
  expect(zoom.current).toEqual([20, 60]);
  expect(zoom.back()).toEqual([0, 100]);
  expect(zoom.back()).toBeNull();
  expect(zoom.back()).toBeNull();
});

it("takes no step that shows nothing else", () => {
  const zoom = new ZoomStack();
  zoom.push([5, 5.5]);
  zoom.push([0, 10]);
  zoom.push([0, 10]);
  expect(zoom.depth).toBe(1);
});
