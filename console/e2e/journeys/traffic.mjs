// Traffic: live by the second, pausing, looking closer and back again, and a server that goes and comes.
const sum = (page) => page.locator("figure").first();

const look = {
  name: "traffic",
  addresses: ["/console/traffic"],
  async run(t) {
    const page = await t.page();
    await t.go(page, "/console/traffic");
    const last = () => sum(page).locator("tbody tr:last-child th").innerText();
    const first = await last();
    await t.until("a new second", async () => (await last()) !== first);

    await page.keyboard.press("p");
    await page.getByRole("button", { name: "Resume", exact: true }).waitFor();
    const still = await last();
    await t.pause(2_500);
    t.assert.equal(await last(), still);
    await page.keyboard.press("p");
    await t.until("going on", async () => (await last()) !== still);

    await page.keyboard.press("1");
    await t.until("a quarter of an hour", async () => (await page.getByRole("button", { name: "15 min" }).getAttribute("aria-pressed")) === "true");
    // Looking closer at another chart concerns all, and Backspace is the way back.
    const box = await page.locator("canvas").nth(2).boundingBox();
    await page.mouse.move(box.x + 80, box.y + 40);
    await page.mouse.down();
    await page.mouse.move(box.x + 180, box.y + 40, { steps: 4 });
    await page.mouse.up();
    await t.until("a way back at each chart", async () => (await page.getByRole("button", { name: "Previous range" }).count()) === 7);
    // It stands in the address, with the range; Backspace and the browser lead back alike.
    t.assert.match(page.url(), /range=15m&from=\d+&to=\d+/);
    await page.keyboard.press("Backspace");
    await t.until("the range before", async () => page.url().endsWith("?range=15m"));
    await page.goForward();
    await t.until("looking closer again", async () => /from=\d+/.test(page.url()));
    await page.keyboard.press("Backspace");
    await t.until("the range before", async () => page.url().endsWith("?range=15m"));
    await page.keyboard.press("Backspace");
    await t.until("the hour", async () => (await page.getByRole("button", { name: "1 hr" }).getAttribute("aria-pressed")) === "true" && (await page.getByRole("button", { name: "Previous range" }).count()) === 0);
    t.assert.match(await t.text(page, "main"), /Database .*Since/s);
    // From the overview the range comes along.
    await t.go(page, "/console?range=15m");
    await page.getByRole("link", { name: /Requests a second/ }).click();
    await t.until("the range of the overview", async () => page.url().endsWith("/console/traffic?range=15m"));
  },
};

const restart = {
  name: "traffic-restart",
  server: "own",
  addresses: [],
  async run(t) {
    const page = await t.page();
    await t.go(page, "/console/traffic");
    t.expects(/ERR_CONNECTION/, /WebSocket/, /ERR_EMPTY|ERR_ABORTED|Failed to load/, /50[234]/);
    await t.server.kill();
    await t.until("the word about it", async () => /reconnecting|offline/.test(await t.text(page, "nav")), { ms: 15_000 });
    await t.server.launch();
    await t.until("the connection", async () => /live/.test(await t.text(page, ".dot")), { ms: 40_000 });
    const last = () => sum(page).locator("tbody tr:last-child th").innerText();
    const then = await last();
    await t.until("a new second", async () => (await last()) !== then, { ms: 20_000 });
  },
  limitMs: 120_000,
};

export default [look, restart];
