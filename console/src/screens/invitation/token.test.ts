import { expect, test } from "vitest";
import { tokenOf } from "./token";

test("a token is found in whatever was pasted", () => {
  expect(tokenOf(" https://desk.example/console/invitation#abc \n")).toBe("abc");
  expect(tokenOf("#abc")).toBe("abc");
  expect(tokenOf("abc")).toBe("abc");
  expect(tokenOf("")).toBe("");
});
