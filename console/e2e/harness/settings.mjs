// What the environment says, and the limits of time that everything here keeps.
import { existsSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** The product that is driven. */
export const binary = process.env.COPYDESK_BINARY ?? here("../../../target/debug/copydesk");
/** A build of the console; without it, the one inside the binary. */
export const consoleDir = process.env.COPYDESK_CONSOLE_DIR ?? (existsSync(here("../../dist/index.html")) ? here("../../dist") : null);
/** Nothing is ever downloaded: no browser, no journeys. */
export const chromium = process.env.COPYDESK_CHROMIUM ?? "/usr/bin/chromium";
/** Screenshots, the server's log, and what failed. */
export const artefacts = process.env.COPYDESK_ARTEFACTS ?? join(tmpdir(), "copydesk-journeys");

export const limits = {
  /** A server says where it listens. */
  startMs: 60_000,
  /** A journey, unless it names another limit. */
  journeyMs: 60_000,
  /** One thing that is waited for. */
  waitMs: 20_000,
  /** All checks of one address. */
  addressMs: 120_000,
  /** Everything. */
  allMs: 45 * 60_000,
};

export const widths = { phone: 390, desk: 1_366, wide: 1_920 };
export const heights = { 390: 844, 1366: 900, 1920: 1_080 };

/** Refuses to begin with half of what is needed. */
export function check() {
  for (const [what, path, remedy] of [
    ["the product", binary, "COPYDESK_BINARY"],
    ["a Chromium", chromium, "COPYDESK_CHROMIUM"],
  ]) {
    if (!existsSync(path)) throw new Error(`${what} is not at ${path}: set ${remedy}`);
  }
  mkdirSync(artefacts, { recursive: true });
}
