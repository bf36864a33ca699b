// One Chromium for all, and pages in it, each in a context of its own.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium as engine } from "playwright-core";
import { artefacts, chromium, heights, limits, widths } from "./settings.mjs";
import { until } from "./wait.mjs";

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** Flags: `--enable-precise-memory-info` is for the figures, the rest keeps the browser from its own affairs. */
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-component-update",
  "--disable-dev-shm-usage",
  "--enable-precise-memory-info",
];

export const launch = () => engine.launch({ executablePath: chromium, args: FLAGS, headless: true });

/** A context as a person has it. */
export async function newContext(browser, { theme = "light", language = "en", width = widths.desk, height, zone = "Europe/Berlin", forced = false, ...more } = {}) {
  const context = await browser.newContext({
    locale: language === "tr" ? "tr-TR" : "en-GB",
    timezoneId: zone,
    colorScheme: theme,
    viewport: { width, height: height ?? heights[width] ?? 900 },
    reducedMotion: "reduce",
    ...more,
  });
  context.setDefaultTimeout(limits.waitMs);
  context.setDefaultNavigationTimeout(limits.waitMs * 2);
  if (forced) {
    await context.addInitScript((look) => {
      // An empty page has no storage.
      if (location.protocol === "about:") return;
      localStorage.setItem("copydesk.look", JSON.stringify({ ...JSON.parse(localStorage.getItem("copydesk.look") ?? "{}"), ...look }));
    }, { theme, language });
  }
  return context;
}

/** Waits until a screen shows what it has: its heading, nothing busy, and two frames drawn. */
export async function settled(page) {
  await page.locator("main h1, h1").first().waitFor();
  await until("a screen that is not busy", () => page.evaluate(() => !document.querySelector("[aria-busy=true], main .skeleton")));
  await page.evaluate(async () => {
    await document.fonts.ready;
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  });
}

/** The rules that judge colours. */
export const COLOURS = ["color-contrast", "link-in-text-block"];

/** Violations of WCAG 2.0 to 2.2, A and AA, and of good practice, or of `rules` alone, each with its nodes. */
export async function axe(page, { except = [], rules = null } = {}) {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axeSource);
  const { violations, passes } = await page.evaluate(
    ([tags, except, rules]) =>
      window.axe.run(except.length > 0 ? { exclude: except } : document, {
        ...(rules ? { runOnly: { type: "rule", values: rules } } : { runOnly: { type: "tag", values: tags }, rules: { "target-size": { enabled: true } } }),
        resultTypes: ["violations"],
      }),
    [TAGS, except, rules],
  );
  if (passes.length === 0) throw new Error("axe has looked at nothing");
  return violations.map(({ id, impact, help, nodes }) => {
    const lines = nodes.slice(0, 8).map((node) => `    ${node.target.join(" ")}\n      ${node.failureSummary?.replaceAll("\n", "\n      ") ?? node.html}`);
    return `${id} (${impact}): ${help}\n${lines.join("\n")}${nodes.length > 8 ? `\n    and ${nodes.length - 8} more` : ""}`;
  });
}

/** A picture among the artefacts. The caret stays: hiding it would need a style that the page's policy refuses. */
export async function screenshot(page, name, { fullPage = false } = {}) {
  const file = join(artefacts, `${name.replaceAll(/[^\w.-]+/g, "-")}.png`);
  await page.screenshot({ path: file, caret: "initial", animations: "allow", fullPage });
  return file;
}

/** What a page may not have at any width. */
export async function shape(page) {
  return page.evaluate(() => {
    const faults = [];
    const { scrollWidth } = document.documentElement;
    if (scrollWidth > innerWidth) {
      const wide = [...document.querySelectorAll("body *")]
        .filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
        .slice(0, 5)
        .map((one) => `${one.tagName.toLowerCase()}.${[...one.classList].join(".")}`);
      faults.push(`scrolls sideways: ${scrollWidth} of ${innerWidth} px; ${wide.join(", ")}`);
    }
    for (const table of document.querySelectorAll("table, [role=table], [role=grid], [role=listbox], [role=feed]")) {
      const rows = table.querySelectorAll("tr, [role=row], [role=option], [role=article], article").length;
      if (rows > 80) faults.push(`${rows} rows are drawn in ${table.getAttribute("aria-label") ?? table.className}; 80 are allowed`);
    }
    const headings = document.querySelectorAll("h1").length;
    if (headings !== 1) faults.push(`${headings} h1`);
    return faults;
  });
}
