// Every address in both themes and both languages: axe, shape, and pictures at three widths.
import { axe, screenshot, settled, shape } from "./browser.mjs";
import { Journey } from "./journey.mjs";
import { heights, limits, widths } from "./settings.mjs";
import { within } from "./wait.mjs";

const PAIRS = [["light", "en"], ["dark", "en"], ["light", "tr"], ["dark", "tr"]];

/** `/console/posts`, or `{ path, name, signedIn, role, prepare }` where `path` may be a function of `t`. */
export function readAddress(address) {
  const full = typeof address === "string" ? { path: address } : address;
  const name = full.name ?? (typeof full.path === "string" ? full.path.replace(/^\/console\/?/, "") || "overview" : "address");
  return { ...full, name };
}

/** The faults found, one string each. */
export async function audit({ browser, server, address }) {
  const { name, role = "admin", signedIn = true, prepare, expects = [] } = address;
  const faults = [];
  const t = new Journey({ name: `audit ${name}`, browser, server });
  const look = async () => {
    const path = typeof address.path === "function" ? await address.path(t) : address.path;
    for (const [theme, language] of PAIRS) {
      const where = `${theme} ${language}`;
      t.expects(...expects);
      const page = await t.page({ role, signedIn, as: "audit", theme, language, forced: true });
      const noted = (width, found) => faults.push(...found.map((fault) => `${name}, ${where}, ${width} px: ${fault}`));
      await page.goto(t.url + path);
      await settled(page);
      await prepare?.(page, t);
      for (const width of [widths.desk, widths.wide, widths.phone]) {
        await page.setViewportSize({ width, height: heights[width] });
        await settled(page);
        noted(width, await shape(page));
        // The wide layout is that of the desk; on the phone, two of the four pairs see both themes and both languages.
        const isLooked = width === widths.desk || (width === widths.phone && ["light en", "dark tr"].includes(where));
        if (isLooked) noted(width, await axe(page));
        if (language === "en" || width === widths.phone) await screenshot(page, `${name}-${width}-${theme}${language === "tr" ? "-tr" : ""}`);
      }
      const lang = await page.evaluate(() => document.documentElement.lang);
      if (lang !== language) noted(widths.phone, [`is in ${lang || "no language"}`]);
      await page.context().close();
    }
    faults.push(...t.complaints().map((text) => `${name}: ${text}`));
  };
  try {
    await within(`looking at ${name}`, limits.addressMs, look());
  } catch (error) {
    faults.push(`${name}: ${error.message}`);
    await t.pictureOfFailure();
  } finally {
    await t.close();
  }
  return [...new Set(faults)];
}
