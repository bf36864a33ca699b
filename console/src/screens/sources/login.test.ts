import { describe, expect, it } from "vitest";
import { loginForm, loginOf } from "./login";

describe("a sign-in", () => {
  it("is sent as the server takes it", () => {
    const form = { ...loginForm(), user: "desk", password: "p", token: "t", name: "X-Key", value: "v" };
    expect(loginOf({ ...form, kind: "basic" })).toEqual({ kind: "basic", user: "desk", password: "p" });
    expect(loginOf({ ...form, kind: "bearer" })).toEqual({ kind: "bearer", token: "t" });
    expect(loginOf({ ...form, kind: "header" })).toEqual({ kind: "header", name: "X-Key", value: "v" });
  });

  it("is forgotten when there shall be none, and stays when nothing was said", () => {
    expect(loginOf(loginForm())).toBeNull();
    expect(loginOf(loginForm("keep"))).toBeUndefined();
  });
});
