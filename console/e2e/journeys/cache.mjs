// The cache: its figures, a key looked up, a purge by tag that tells what it touches before and after; by mouse and by keys.
const reading = async (t, times = 40) => {
  for (const path of ["/", "/archive", "/feed.xml"]) for (let i = 0; i < times; i += 1) await (await fetch(t.url + path)).arrayBuffer();
};
const open = { prepare: async (page) => { await page.keyboard.press("p"); await page.getByRole("dialog").getByLabel(/Tag|Etiket/).fill("pages"); await page.keyboard.press("Enter"); await page.getByRole("dialog").locator("strong").waitFor(); } };

export default {
  name: "cache",
  addresses: ["/console/cache", { path: "/console/cache?tab=spaces", name: "cache-spaces" }, { path: "/console/cache?tab=keys", name: "cache-keys" }, { path: "/console/cache", name: "cache-purge", ...open }],
  async run(t) {
    await reading(t);
    const kept = async (tag) => (await t.api("POST", "cache/purge", { tag, dry_run: true })).entries;
    await t.until("pages in the cache", async () => (await kept("pages")) > 0);
    const page = await t.page();
    await t.go(page, "/console/cache");
    t.assert.match(await t.text(page, "main"), /Hits\s+[\d.]+%.*In memory\s+[\d.]+ [KM]B of .*Stampedes avoided\s+\d.*Served stale\s+\d/s);
    await page.getByRole("gridcell", { name: "Memory" }).waitFor();

    // A key from the list of those that are asked for most.
    await page.getByRole("tab", { name: "Keys" }).click();
    const dialog = page.getByRole("dialog");
    await page.locator("[data-row^=site]").first().click();
    await t.until("what is kept", async () => /entr(y|ies) would be touched.*(State|in this)/s.test(await dialog.innerText()));
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "hidden" });

    // By mouse: nothing goes before it was shown.
    await page.getByRole("button", { name: /^Purge/ }).click();
    await dialog.getByLabel("Tag").fill("pages");
    await dialog.getByRole("button", { name: "Show what it touches" }).click();
    await t.until("what it would touch", async () => /[1-9]\d* entr(y|ies) would be touched/.test(await dialog.innerText()));
    t.assert.match(await dialog.locator("li").first().innerText(), /^site/);
    t.assert.ok((await kept("pages")) > 0);
    await t.axe(page, "what a purge would touch");
    await t.screenshot(page, "would");
    await dialog.getByRole("button", { name: "Purge", exact: true }).click();
    await t.until("what it has touched", async () => /[1-9]\d* entr(y|ies) (was|were) touched/.test(await dialog.innerText()));
    await t.screenshot(page, "did");
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "hidden" });

    // By keys alone, and softly: what is purged so is still there, and stale.
    await reading(t, 2);
    await page.keyboard.press("p");
    await t.until("the focus in the field", () => page.evaluate(() => document.activeElement?.matches("dialog input[type=text]")));
    await page.keyboard.type("pages");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Space");
    await page.keyboard.press("Shift+Tab");
    await page.keyboard.press("Enter");
    await t.until("what it would touch", async () => /[1-9]\d* entr(y|ies) would be touched/.test(await dialog.innerText()));
    await page.keyboard.press("Enter");
    await t.until("what it has touched", async () => /[1-9]\d* entr(y|ies) (was|were) touched/.test(await dialog.innerText()));
    await page.keyboard.press("Escape");
    await t.until("the focus where it was", () => page.evaluate(() => document.activeElement?.closest("dialog") === null));
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox", { name: "Go, do or find" }).waitFor();
    await page.keyboard.type("warm");
    await page.keyboard.press("Enter");
    await t.until("the pages that were made", async () => /pages? of \d+ kept now/.test(await t.text(page, "body")));

    // Who may only look is offered no more.
    const guest = await t.page({ role: "viewer", as: "cache guest" });
    await t.go(guest, "/console/cache?tab=keys");
    await guest.locator("[data-row]").first().click();
    t.assert.equal(await guest.getByRole("button", { name: /Purge|Look up|Warm up/ }).count(), 0);
    t.assert.equal(await guest.getByRole("dialog").count(), 0);
  },
};
