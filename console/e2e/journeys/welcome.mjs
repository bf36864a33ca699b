// From an empty folder to the first published post, without a key to any service.
import { createServer } from "node:http";

const STORIES = [
  ["Harbour bridge opens to traffic", "The new harbour bridge opened to traffic on Monday after three years of work. The city paid 42 million euros for it. Mayor Lena Brandt cut the ribbon at noon, and the first buses crossed an hour later."],
  ["Library keeps its doors open on Sundays", "The central library will open on Sundays from January. Visitors had asked for it in a survey of 1,200 readers. Four new posts were made for the weekend."],
  ["Tram line 7 returns after repairs", "Tram line 7 runs again between the station and the market. Workers replaced 3 kilometres of rail in six weeks. Passengers can expect a tram every eight minutes."],
];

/** A feed, and a page that names it. It is there before a server begins, as the address has to be allowed to it. */
const feed = createServer((request, response) => {
  const here = `http://${request.headers.host}`;
  if (request.url !== "/feed.xml") {
    response.writeHead(200, { "content-type": "text/html" });
    response.end(`<!doctype html><title>Harbour News</title><link rel="alternate" type="application/rss+xml" title="Harbour News" href="${here}/feed.xml"><p>News`);
    return;
  }
  const now = Date.now();
  const items = STORIES.map(([title, text], i) => `<item><title>${title}</title><link>${here}/story-${i}</link><guid>${here}/story-${i}</guid><pubDate>${new Date(now - i * 600_000).toUTCString()}</pubDate><description>${text}</description></item>`);
  response.writeHead(200, { "content-type": "application/rss+xml" });
  response.end(`<?xml version="1.0"?><rss version="2.0"><channel><title>Harbour News</title><link>${here}/</link><description>News of the harbour</description><language>en</language>${items.join("")}</channel></rss>`);
});
await new Promise((done) => feed.listen(0, "127.0.0.1", done));
feed.unref();
const port = feed.address().port;

export default {
  name: "welcome",
  waits: true,
  addresses: ["/console/welcome"],
  server: { demo: false, config: { "connect.allow": [`127.0.0.1:${port}`], "site.name": "Harbour Desk" } },
  limitMs: 180_000,
  async run(t) {
    const began = Date.now();
    const page = await t.page();
    // The way there: an empty desk says where to begin.
    await t.go(page, "/console");
    await page.getByRole("link", { name: "Show the steps" }).click();
    await page.getByRole("heading", { level: 1, name: "First steps" }).waitFor();
    const standing = (step) => page.locator(`[data-step=${step}]`).getAttribute("data-standing");
    await t.until("the first step", async () => (await standing("source")) === "now");
    t.assert.match(await t.text(page, "main"), /Harbour Desk/);
    await t.screenshot(page, "empty");
    await t.axe(page, "the empty list");

    // A bad address says so and keeps what was typed.
    t.expects(/sources\/preview 422/);
    const field = page.getByLabel(/^Address/);
    await field.fill(`http://127.0.0.1:${port + 1 > 65_535 ? 1 : port + 1}/nothing`);
    await page.keyboard.press("Enter");
    await page.locator("[data-step=source] [role=alert], [data-step=source] .notice.bad").first().waitFor();

    // By keyboard: a page that names a feed, the feed, add.
    await field.fill(`http://127.0.0.1:${port}/`);
    await page.keyboard.press("Enter");
    const named = page.getByRole("button", { name: "Harbour News" });
    await named.waitFor();
    await named.focus();
    await page.keyboard.press("Enter");
    const add = page.getByRole("button", { name: "Add this source" });
    await add.waitFor();
    t.assert.match(await t.text(page, "main"), /Harbour bridge opens/);
    await t.screenshot(page, "preview");
    await t.axe(page, "the preview");
    await add.focus();
    await page.keyboard.press("Enter");

    await t.until("the source to count", async () => (await standing("source")) === "done");
    await t.until("the first draft, by live data", async () => (await standing("draft")) === "done", 60_000);
    const review = page.getByRole("link", { name: "Review it" });
    await t.until("the link to the review", () => review.isVisible(), 30_000);
    await t.screenshot(page, "draft");
    await review.click();
    await page.locator("#review-title").waitFor();
    const title = (await page.locator("#review-title").innerText()).trim();
    await page.keyboard.press("a");
    await t.until("the approval", async () => (await t.api("GET", "dashboard?level=basic")).checklist.approval);
    await page.goto(`${page.base}/console/welcome`);
    await t.until("the approval to count", async () => (await standing("approval")) === "done");
    await t.screenshot(page, "approved");
    await t.until("the publication, by live data", async () => (await standing("publication")) === "done", 60_000);
    const link = page.getByRole("link", { name: /^Open it on the site/ });
    await link.waitFor();
    await t.screenshot(page, "done");
    const shown = await fetch(t.url + (await link.getAttribute("href")));
    t.assert.equal(shown.status, 200);
    t.assert.ok((await shown.text()).includes(title), "the page shows the post");
    const seconds = (Date.now() - began) / 1_000;
    console.log(`      ${seconds.toFixed(0)} s from the empty desk to the first published post`);
    t.assert.ok(seconds < 180, `${seconds} s`);
    await page.getByRole("button", { name: "To the overview" }).click();
    await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    t.assert.equal(await page.getByRole("link", { name: "Show the steps" }).count(), 0);
  },
};
