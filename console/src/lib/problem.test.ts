import { expect, it } from "vitest";
import { ApiProblem, asProblem, offline } from "./problem";

const POST = "01J8ZKQ4";

it("says what happened in the words of the page, without ids", () => {
  const problem = new ApiProblem(409, "illegal-move", "The post's state does not allow this", `post ${POST} is published`);
  expect(problem.message).toBe("The post is in another state by now");
  expect(problem.more).toBe("");
  for (const code of ["unauthenticated", "forbidden", "csrf", "conflict", "not-found", "too-many-requests", "stale-version", "claimed"]) {
    const { message, more } = new ApiProblem(400, code, "Title", `detail of ${POST}`);
    expect(message).toMatch(/^[A-Z]/);
    expect(`${message}${more}`).not.toContain(POST);
  }
});

it("keeps the server's detail where it helps", () => {
  const refused = new ApiProblem(422, "source-failed", "x", "fetching http://10.0.0.1/: 10.0.0.1 is not a public address");
  expect(refused.message).toBe("The address could not be read as a source");
  expect(refused.more).toContain("not a public address");
  // The faults are told one by one.
  expect(new ApiProblem(422, "invalid", "x", "2 faults", { errors: [{ pointer: "/title", detail: "is empty" }] }).more).toBe("");
});

it("says what the server says where it has no words of its own", () => {
  const odd = new ApiProblem(418, "teapot", "I am a teapot", "short and stout");
  expect([odd.message, odd.more]).toEqual(["I am a teapot", "short and stout"]);
  expect(offline().message).toMatch(/cannot be reached/);
  expect(asProblem(new TypeError("x is undefined"))?.more).toBe("x is undefined");
});
