import { expect, test } from "vitest";
import { standing } from "./types";

const now = Date.parse("2026-11-20T12:00:00Z");

test("a key stands as the server takes it", () => {
  expect(standing({ revoked_at: null, expires_at: null }, now)).toBe("works");
  expect(standing({ revoked_at: null, expires_at: "2026-11-20T12:00:01Z" }, now)).toBe("works");
  expect(standing({ revoked_at: null, expires_at: "2026-11-20T12:00:00Z" }, now)).toBe("expired");
  expect(standing({ revoked_at: "2026-01-01T00:00:00Z", expires_at: "2026-01-02T00:00:00Z" }, now)).toBe("revoked");
});
