// What comes otherwise than from an open feed, and rules: feeds behind a sign-in, hooks, items by hand, lists, hubs, the rule lab.
import { createHmac, randomUUID } from "node:crypto";
import { createServer } from "node:http";

const LIST = "/console/sources";
const toast = (page) => page.locator(".toast");
const passes = (page) => page.locator(".figures div", { hasText: /^Pass/ }).locator("dd");

// A site of this journey's own. One feed is for those alone who say who they are, one names a hub, which is here, too.
const TITLES = ["The ferry keeps its hours over the winter", "Harbour office counts 41 barges", "Lock keepers ask for quiet", "The ferry is late in fog"];
const feed = (base, name, hub) => `<?xml version="1.0"?><rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>The ${name} Gazette</title><link>${base}/</link><description>News</description><language>en</language>
${hub ? `<atom:link rel="hub" href="${base}/hub"/><atom:link rel="self" href="${base}/${name}.xml"/>` : ""}
${TITLES.map((title, i) => `<item><title>${title}</title><link>${base}/${name}/${i}</link><guid>${base}/${name}/${i}</guid><category>${i % 2 ? "works" : "river"}</category><pubDate>${new Date(Date.now() - (i + 1) * 60_000).toUTCString()}</pubDate><description>${title}, the office says in its notice of today, number ${i}, and adds that nothing else changes for now on the quay.</description></item>`).join("\n")}</channel></rss>`;
let asks = 0;
const site = createServer((request, response) => {
  const base = `http://127.0.0.1:${site.address().port}`;
  const xml = { "content-type": "application/rss+xml" };
  if (request.url === "/open.xml") return response.writeHead(200, xml).end(feed(base, "open"));
  if (request.url === "/hubbed.xml") return response.writeHead(200, xml).end(feed(base, "hubbed", true));
  if (request.url === "/hub") {
    asks += 1;
    return response.writeHead(202).end();
  }
  if (request.url === "/closed.xml") {
    const isKnown = request.headers.authorization === `Basic ${Buffer.from("desk:quay").toString("base64")}`;
    return isKnown ? response.writeHead(200, xml).end(feed(base, "closed")) : response.writeHead(401, { "www-authenticate": "Basic" }).end("who are you?");
  }
  return response.writeHead(404).end("not here");
});
await new Promise((done) => site.listen(0, "127.0.0.1", done));
site.unref();
const base = `http://127.0.0.1:${site.address().port}`;
const server = { demo: false, config: { "connect.allow": [base.slice("http://".length)], "site.public_url": "https://desk.example" } };

const ways = {
  name: "ingest-ways",
  server,
  limitMs: 120_000,
  async run(t) {
    const page = await t.page();
    const dialog = page.getByRole("dialog");
    const choose = async (name) => {
      await t.go(page, LIST);
      await page.getByRole("button", { name: "More ways" }).click();
      await page.getByRole("menuitem", { name }).click();
      await dialog.waitFor();
    };

    // A feed for those who say who they are: the refusal asks for it; what was typed is told to nobody afterwards.
    t.expects(/status of 4\d\d/, /sources\/preview 4\d\d/);
    await t.go(page, `${LIST}?add=1`);
    await dialog.getByLabel(/^Address of a site/).fill(`${base}/closed.xml`);
    await dialog.getByRole("button", { name: "Look" }).click();
    await dialog.getByLabel("Sign-in").selectOption("basic");
    await dialog.getByLabel(/^User/).fill("desk");
    await dialog.getByLabel(/^Password/).fill("quay");
    await t.axe(page, "a sign-in");
    await t.screenshot(page, "sign-in");
    await dialog.getByRole("button", { name: "Look" }).click();
    await dialog.getByText(TITLES[0]).first().waitFor();
    await dialog.getByRole("button", { name: "Add", exact: true }).click();
    await page.getByRole("heading", { name: /closed Gazette|127/ }).waitFor();
    const closed = (await t.api("GET", "sources")).data[0];
    t.assert.equal(closed.has_login, true);
    await t.until("its items", async () => (await t.api("GET", `sources/${closed.id}`)).items === 4);
    await page.getByRole("button", { name: "Edit" }).click();
    t.assert.equal(await dialog.getByLabel("Sign-in").inputValue(), "keep");
    t.assert.doesNotMatch(await page.content(), /quay"/);
    await dialog.getByRole("button", { name: "Save" }).click();
    await dialog.waitFor({ state: "detached" });
    t.assert.equal((await t.api("GET", `sources/${closed.id}`)).has_login, true);
    await page.getByRole("button", { name: "Edit" }).click();
    await dialog.getByLabel("Sign-in").selectOption("");
    await dialog.getByRole("button", { name: "Save" }).click();
    await t.until("no sign-in", async () => !(await t.api("GET", `sources/${closed.id}`)).has_login);

    // A hook: its address and secret once, and they work; then another secret, while the first is still good.
    await choose("Let others push…");
    await dialog.getByLabel(/^Name/).fill("Wire");
    await dialog.getByRole("button", { name: "Make the hook" }).click();
    const url = await dialog.getByLabel("Address for deliveries").inputValue();
    const secret = await dialog.getByLabel("Secret").inputValue();
    t.assert.match(url, /^https:\/\/desk\.example\/hooks\//);
    await t.axe(page, "a new hook");
    await t.screenshot(page, "hook");
    await dialog.getByRole("button", { name: "Done" }).click();
    await page.getByRole("heading", { name: "Wire" }).waitFor();
    const push = async (text, key) => {
      const [id, now] = [`msg_${randomUUID()}`, String(Math.floor(Date.now() / 1_000))];
      const mac = createHmac("sha256", Buffer.from(key.replace("whsec_", ""), "base64")).update(`${id}.${now}.${text}`).digest("base64");
      const headers = { "webhook-id": id, "webhook-timestamp": now, "webhook-signature": `v1,${mac}`, "content-type": "application/json" };
      return (await fetch(t.url + new URL(url).pathname, { method: "POST", headers, body: text })).status;
    };
    t.assert.equal(await push('{"id":"1","title":"Fire in Port Alder","text":"The pier burns since noon."}', secret), 202);
    await page.getByText("Fire in Port Alder").first().waitFor();
    await page.getByRole("button", { name: "Address and secret" }).click();
    t.assert.equal(await dialog.getByLabel("Address for deliveries").inputValue(), url);
    await dialog.getByRole("button", { name: "Make a new secret" }).click();
    const second = await dialog.getByLabel("Secret").inputValue();
    t.assert.notEqual(second, secret);
    await dialog.getByText("The secret before is good until").waitFor();
    await t.axe(page, "another secret");
    for (const [id, key] of [[2, secret], [3, second]]) t.assert.equal(await push(`{"id":"${id}","title":"Pier note ${id}","text":"It burns on."}`, key), 202);
    await dialog.getByRole("button", { name: "Done" }).click();

    // By hand: nothing is told; a title and a text are an item.
    await choose("Add an item…");
    await dialog.getByRole("button", { name: "Add", exact: true }).click();
    await dialog.getByText("Give an address, a title or a text").waitFor();
    await dialog.getByLabel("Title").fill("Ferry strike ends");
    await dialog.getByLabel("Text").fill("The crews of the ferries go back to work on Monday, their union said.");
    await t.axe(page, "an item by hand");
    await t.screenshot(page, "item");
    await dialog.getByRole("button", { name: "Add", exact: true }).click();
    await toast(page).getByText("Added Ferry strike ends").waitFor();
    await page.getByText("Added by hand").waitFor();
    await page.getByText("Ferry strike ends").first().waitFor();

    // A list of another reader: what is in it, known or refused, is told; and it can be had back.
    await choose("Import a list (OPML)…");
    const opml = `<opml version="2.0"><body><outline type="rss" text="Open" xmlUrl="${base}/open.xml"/><outline type="rss" text="Closed" xmlUrl="${base}/closed.xml"/><outline type="rss" text="Odd" xmlUrl="gopher://quay.example/feed"/></body></opml>`;
    await dialog.getByLabel(/^File/).setInputFiles({ name: "feeds.opml", mimeType: "text/x-opml", buffer: Buffer.from(opml) });
    await dialog.getByRole("button", { name: "Import" }).click();
    await dialog.getByText("1 source added").waitFor();
    t.assert.match(await t.text(page, "dialog"), /1 source added · 1 known · 1 refused/);
    await t.axe(page, "a list that was read");
    await t.screenshot(page, "list");
    await dialog.getByRole("button", { name: "Done" }).click();
    await page.getByRole("button", { name: "More ways" }).click();
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("menuitem", { name: "Export the list (OPML)" }).click()]);
    const stream = await download.createReadStream();
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);
    t.assert.ok(Buffer.concat(chunks).toString().includes(`${base}/open.xml`));

    // A feed that names a hub: the desk asks it, and the source says how that stands.
    const hubbed = await t.api("POST", "sources", { url: `${base}/hubbed.xml`, name: "Hubbed" });
    await t.until("the hub to be asked", async () => asks > 0 && (await t.api("GET", `sources/${hubbed.id}`)).hub === "asked", { ms: 30_000 });
    await t.go(page, `${LIST}/${hubbed.id}`);
    await page.getByText("asked, no word yet").waitFor();
    await page.getByRole("button", { name: "How it stands" }).click();
    await dialog.getByText(`${base}/hub`, { exact: true }).waitFor();
    await t.axe(page, "a hub");
    await t.screenshot(page, "hub");
  },
};

const lab = {
  name: "ingest-rules",
  server,
  addresses: [{ path: async (t) => `${LIST}/${(await t.api("GET", "sources")).data[0].id}/rules`, name: "rules" }, { path: `${LIST}?add=hook`, name: "sources-hook" }],
  async run(t) {
    const source = await t.api("POST", "sources", { url: `${base}/open.xml`, name: "Open" });
    await t.until("its items", async () => (await t.api("GET", `sources/${source.id}`)).items === 4);
    const page = await t.page();
    await t.go(page, `${LIST}/${source.id}`);
    await page.getByRole("link", { name: "Rules" }).click();
    await page.getByRole("heading", { name: "Rules of Open" }).waitFor();
    const is = (n) => t.until(`${n} to pass`, async () => (await passes(page).innerText()) === String(n));
    await is(4);
    await t.axe(page, "no rules");

    // While one types, the right side says what it does. The new rule has the focus.
    await page.getByRole("button", { name: "Add a rule" }).click();
    await page.keyboard.type("ferry");
    await is(2);
    t.assert.match(await t.text(page), /drops 2 items/);
    t.assert.equal(await page.getByText("dropped: ferry").count(), 2);
    t.assert.equal((await t.api("GET", `sources/${source.id}`)).rules.length, 0);

    // What is no expression is told at its field, and what stood there before stays.
    t.expects(/status of 422/, /rules\/trial 422/);
    await page.getByRole("button", { name: "Add a rule" }).click();
    const second = page.getByRole("group").nth(1);
    await second.getByLabel("Test").selectOption("matches");
    await second.getByLabel("What").fill("(barge");
    await second.locator("[aria-invalid]").waitFor();
    await t.axe(page, "a rule that cannot be");
    await t.screenshot(page, "fault");
    await second.getByLabel("What").fill("^the|barge");
    await second.getByLabel("Do").selectOption("keep");
    await second.getByLabel("Name").fill("of the river");
    await is(1);
    await second.getByLabel("When").selectOption("length");
    t.assert.equal(await second.getByLabel("Test").inputValue(), "below");
    await second.getByLabel("What").fill("500");
    await is(2);
    await t.screenshot(page, "lab");

    // Left without saving: asked first.
    await page.getByRole("link", { name: "To the source" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("button", { name: "Save the rules" }).click();
    await toast(page).getByText("The rules hold from now on").waitFor();
    const kept = (await t.api("GET", `sources/${source.id}`)).rules;
    t.assert.deepEqual(kept.map(({ name, field, action }) => [name, field, action]), [["ferry", "any", "drop"], ["of the river", "length", "keep"]]);
    await toast(page).getByRole("button", { name: /Undo/ }).click();
    await t.until("no rules", async () => (await t.api("GET", `sources/${source.id}`)).rules.length === 0);
    await is(4);

    // On the items of all sources of the pipeline; on a phone; by somebody who may only look.
    await page.getByLabel("Tried on").selectOption("pipeline");
    await page.getByRole("columnheader", { name: "Source" }).waitFor();
    await t.api("PATCH", `sources/${source.id}`, { rules: kept });
    const phone = await t.page({ role: "viewer", width: 390 });
    await t.go(phone, `${LIST}/${source.id}/rules`);
    await t.until("2 to pass", async () => (await passes(phone).innerText()) === "2");
    t.assert.equal(await phone.getByRole("button", { name: "Save the rules" }).count(), 0);
    await t.axe(phone, "rules on a phone");
    await t.screenshot(phone, "phone");
  },
};

export default [ways, lab];
