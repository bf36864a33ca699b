// Every address in both themes and both languages: axe, shape, and pictures at three widths.
import { COLOURS, axe, screenshot, settled, shape } from "./browser.mjs";
import { Journey } from "./journey.mjs";
import { heights, limits, widths } from "./settings.mjs";
import { within } from "./wait.mjs";

/** Each language is opened in its first theme and then shown in the other. */
const LOOKS = [["en", ["light", "dark"]], ["tr", ["dark", "light"]]];

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
    for (const [language, themes] of LOOKS) {
      t.expects(...expects);
      const page = await t.page({ role, signedIn, as: "audit", theme: themes[0], language, forced: true });
      const noted = (where, found) => faults.push(...found.map((fault) => `${name}, ${where}: ${fault}`));
      await page.goto(t.url + path);
      await settled(page);
      await prepare?.(page, t);
      for (const width of [widths.desk, widths.wide, widths.phone]) {
        await page.setViewportSize({ width, height: heights[width] });
        for (const theme of themes) {
          const [where, isFirst] = [`${theme} ${language}, ${width} px`, theme === themes[0]];
          await page.evaluate((theme) => (document.documentElement.dataset.theme = theme), theme);
          await settled(page);
          noted(where, await shape(page));
          // The wide layout is that of the desk. What the other theme changes are colours; on the phone the first ones are one of each.
          const isLooked = width === widths.desk || (width === widths.phone && isFirst);
          if (isLooked) noted(where, await axe(page, { rules: isFirst ? null : COLOURS }));
          if (language === "en" || width === widths.phone) await screenshot(page, `${name}-${width}-${theme}${language === "tr" ? "-tr" : ""}`);
        }
      }
      const lang = await page.evaluate(() => document.documentElement.lang);
      if (lang !== language) noted(language, [`is in ${lang || "no language"}`]);
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
