// Sources: added by pasting an address, fetched, paused and resumed; one that fails says why and what to do.
import { createServer } from "node:http";

const LIST = "/console/sources";
const rows = (page) => page.locator("[aria-label=Sources] [data-row]");
const toast = (page) => page.locator(".toast");

// A site of this journey's own: a page that names a feed, the feed, and one that is not there.
let entries = 2;
const feed = (base) => `<?xml version="1.0"?><rss version="2.0"><channel><title>The Quay Gazette</title><link>${base}/</link><description>News</description><language>en</language>
${Array.from({ length: entries }, (_, i) => `<item><title>Quay note ${entries - i}: the ferry keeps its hours</title><link>${base}/${entries - i}</link><guid>${base}/${entries - i}</guid><pubDate>${new Date(Date.now() - (i + 1) * 60_000).toUTCString()}</pubDate><description>The ferry at the quay number ${entries - i} keeps its hours over the winter, the harbour office says in its notice.</description></item>`).join("\n")}</channel></rss>`;
const site = createServer((request, response) => {
  const base = `http://127.0.0.1:${site.address().port}`;
  if (request.url === "/feed.xml") return response.writeHead(200, { "content-type": "application/rss+xml" }).end(feed(base));
  if (request.url === "/") return response.writeHead(200, { "content-type": "text/html" }).end(`<html><head><title>Quay</title><link rel="alternate" type="application/rss+xml" title="The Quay Gazette" href="/feed.xml"></head><body>News</body></html>`);
  return response.writeHead(404).end("not here");
});
await new Promise((done) => site.listen(0, "127.0.0.1", done));
site.unref();
const base = `http://127.0.0.1:${site.address().port}`;

const add = {
  name: "sources",
  server: { demo: false, config: { "connect.allow": [base.slice("http://".length)] } },
  limitMs: 90_000,
  async run(t) {
    const page = await t.page();
    await t.go(page, LIST);
    await page.getByText("No sources yet").waitFor();
    await t.axe(page, "no sources");
    await t.screenshot(page, "none");

    // What is typed badly is told; a page names its feed; the feed shows what it has.
    await page.getByRole("button", { name: "Add a source" }).first().click();
    const dialog = page.getByRole("dialog", { name: "Add a source" });
    const address = dialog.getByLabel(/^Address of a site/);
    await address.fill("ftp://example.org");
    await dialog.getByRole("button", { name: "Look" }).click();
    await dialog.getByText("Must begin with http").waitFor();
    await address.fill("");
    await address.evaluate((field, text) => {
      const clipboardData = new DataTransfer();
      clipboardData.setData("text", text);
      field.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
    }, `${base}/`);
    await dialog.getByText("The page names 1 feed").waitFor();
    await t.axe(page, "feeds of a page");
    await dialog.getByRole("button", { name: /^Look at it/ }).click();
    await dialog.getByText("Quay note 2").waitFor();
    await t.axe(page, "the entries of a feed");
    await t.screenshot(page, "preview");
    await dialog.getByRole("button", { name: "Add", exact: true }).click();
    await page.getByRole("heading", { name: /Quay|127/ }).waitFor();
    await t.until("its items", async () => (await page.getByRole("link", { name: /^Quay note/ }).count()) === 2);
    const [source] = (await t.api("GET", "sources")).data;
    t.assert.equal(source.url, `${base}/feed.xml`);
    await t.screenshot(page, "detail");

    // Once more is told, with the way to it.
    t.expects(/status of 409/, /sources 409/);
    await t.go(page, `${LIST}?add=1`);
    await address.fill(`${base}/feed.xml`);
    await page.keyboard.press("Enter");
    await dialog.getByText("Quay note 2").waitFor();
    await page.keyboard.press("Enter");
    await dialog.getByText("This source is there already").waitFor();
    await dialog.getByRole("link", { name: "Open it" }).click();
    await t.until("the source", () => new URL(page.url()).pathname === `${LIST}/${source.id}`);

    // Fetched: what is new is there.
    entries = 3;
    await page.getByRole("button", { name: "Fetch now" }).click();
    await t.until("the word", async () => /Fetched: 1 new item/.test(await t.text(page)));
    await page.getByRole("link", { name: /^Quay note 3/ }).waitFor();

    // What its visits brought, and how fast it is.
    await page.getByText("Last visits").click();
    const visits = page.locator("details li");
    await t.until("the visits", async () => (await visits.count()) >= 2);
    t.assert.match(await visits.first().innerText(), /1 new/);
    t.assert.match(await t.text(page), /At its own pace/);

    // Paused, taken back; muted and resumed; another name, taken back.
    const is = (state) => t.until(state, async () => (await t.api("GET", `sources/${source.id}`)).state === state);
    await page.getByRole("button", { name: "Pause", exact: true }).click();
    await is("paused");
    await toast(page).getByRole("button", { name: /Undo/ }).click();
    await is("active");
    await page.getByRole("button", { name: "Mute" }).click();
    await is("muted");
    await page.getByRole("button", { name: "Resume", exact: true }).click();
    await is("active");
    await page.getByRole("button", { name: "Edit" }).click();
    const edit = page.getByRole("dialog");
    await edit.getByLabel(/^Name/).fill("Quay news");
    await edit.getByLabel("Fetched every").selectOption("3600");
    await t.axe(page, "the dialog of a source");
    await edit.getByRole("button", { name: "Save" }).click();
    await page.getByRole("heading", { name: "Quay news" }).waitFor();
    t.assert.equal((await t.api("GET", `sources/${source.id}`)).interval_s, 3600);
    await t.until("the word", async () => !/At its own pace/.test(await t.text(page)));
    await toast(page).getByRole("button", { name: /Undo/ }).click();
    await t.until("the old name", async () => (await t.api("GET", `sources/${source.id}`)).name === source.name);
    t.assert.equal((await t.api("GET", `sources/${source.id}`)).adaptive, true);

    // To a hook others push: nothing is fetched, and nothing asks for an interval.
    const hook = await t.api("POST", "sources", { kind: "hook", name: "Wire" });
    await t.go(page, `${LIST}/${hook.id}`);
    await page.getByText("Others push to it").waitFor();
    await t.axe(page, "a hook");
    await t.screenshot(page, "hook");
    t.assert.equal(await page.getByRole("button", { name: "Fetch now" }).count(), 0);
    await page.getByRole("button", { name: "Edit" }).click();
    t.assert.equal(await edit.getByLabel("Fetched every").count(), 0);
    await edit.getByLabel(/^Name/).fill("Newswire");
    await edit.getByRole("button", { name: "Save" }).click();
    await page.getByRole("heading", { name: "Newswire" }).waitFor();

    // One that fails stands first, with the reason and a remedy.
    const broken = await t.api("POST", "sources", { url: `${base}/gone.xml`, name: "Zzz, the last by its name" });
    await t.until("its failure", async () => (await t.api("GET", `sources/${broken.id}`)).failures > 0 || (await t.api("GET", `sources/${broken.id}`)).state !== "active");
    await t.go(page, LIST);
    await t.until("three rows", async () => (await rows(page).count()) === 3);
    t.assert.match(await rows(page).first().innerText(), /Zzz/);
    await rows(page).first().getByRole("link").click();
    await page.getByText("The feed is not there any more").waitFor();
    await t.axe(page, "a source that fails");
    await t.screenshot(page, "failing");

    // By keys alone: to the other one and back.
    await page.keyboard.press("Escape");
    await t.until("the list", () => new URL(page.url()).pathname === LIST);
    await page.keyboard.press("/");
    await page.keyboard.type("feed.xml");
    await page.keyboard.press("Enter");
    await t.until("one row", async () => (await rows(page).count()) === 1);
    await page.keyboard.press("Tab");
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    await t.until("the source", () => new URL(page.url()).pathname === `${LIST}/${source.id}`);

    // The server dies while the page is open and comes back: the page goes on.
    t.expects(/ERR_/, /WebSocket/, /answer: .* 5\d\d/);
    await t.server.kill();
    await t.until("the word that it is away", async () => /cannot be reached|reconnecting|offline/.test(await t.text(page)), { ms: 20_000 });
    await t.server.launch();
    await t.until("the word to go", async () => !/cannot be reached|reconnecting|offline/.test(await t.text(page)), { ms: 30_000 });
    await page.getByRole("button", { name: "Fetch now" }).click();
    await t.until("a fetch", async () => /Fetched: 0 new items/.test(await t.text(page)));
  },
};

const demo = {
  name: "sources-read",
  addresses: [LIST, { path: `${LIST}?state=failing`, name: "sources-failing" }, { path: `${LIST}?add=1`, name: "sources-add" }, { path: async (t) => `${LIST}/${(await t.api("GET", "sources")).data[0].id}`, name: "source" }],
  async run(t) {
    const [first] = (await t.api("GET", "sources")).data;
    const page = await t.page({ role: "viewer" });
    await t.go(page, LIST);
    await t.until("rows", async () => (await rows(page).count()) > 3);
    t.assert.equal(await page.getByRole("button", { name: "Add a source" }).count(), 0);
    await t.go(page, `${LIST}/${first.id}`);
    await page.getByRole("heading", { name: first.name }).waitFor();
    t.assert.equal(await page.getByRole("button", { name: "Fetch now" }).count(), 0);

    await page.getByText("Last visits").click();
    await page.locator("details li").first().waitFor();
    await t.axe(page, "a source with its visits");
    await t.screenshot(page, "visits");

    // What is not there is told.
    t.expects(/status of 404/, /sources\/\w+ 404/);
    await t.go(page, `${LIST}/0000000000001`);
    await page.getByText("There is no such source").waitFor();

    // On a phone one thing at a time.
    const phone = await t.page({ width: 390 });
    await t.go(phone, LIST);
    await phone.getByRole("link", { name: first.name }).click();
    await phone.getByRole("button", { name: "To the list" }).waitFor();
    t.assert.equal(await rows(phone).filter({ visible: true }).count(), 0);
    await t.screenshot(phone, "phone");
    await phone.getByRole("button", { name: "To the list" }).click();
    await rows(phone).first().waitFor();
  },
};

export default [add, demo];
