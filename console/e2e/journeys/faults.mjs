// What goes wrong while somebody writes: nothing typed is lost, the screen says what happened, and it goes on.

const address = (post) => `/console/posts/${post.id}`;
/** The field that takes the plain one's place once the browser has time. */
const body = (page) => page.locator(".cm-content").and(page.getByLabel("Text in Markdown"));
const says = (t, page, pattern, what = String(pattern)) => t.until(what, async () => pattern.test(await t.text(page)), 20_000);

const bodyText = (page) => body(page).innerText();

async function open(t, page, post) {
  await t.go(page, address(post));
  await body(page).waitFor();
}

/** Types at the end of the text, as people do. */
async function type(page, words) {
  await body(page).click();
  await page.keyboard.press("Control+End");
  await page.keyboard.type(words, { delay: 5 });
}

async function keeps(t, page, ...texts) {
  const shown = await bodyText(page);
  for (const text of texts) t.assert.ok(shown.includes(text), `${JSON.stringify(text)} is lost; the editor shows ${JSON.stringify(shown)}`);
}

/** What the desk has kept for the person of a page. */
async function workingCopy(t, post, { role = "admin", as = t.name } = {}) {
  const key = await t.server.api.keyOf(role, as);
  return t.api("GET", `posts/${post.id}/working-copy`, undefined, { key });
}

const kept = (t, post, text, who) => t.until("the working copy on the desk", async () => (await workingCopy(t, post, who)).body?.includes(text), 40_000);

const serverGone = {
  name: "faults-server",
  server: "own",
  limitMs: 120_000,
  async run(t) {
    const [post] = await t.posts(1);
    const page = await t.page();
    await open(t, page, post);
    await type(page, "\n\nTyped before the crash.");
    t.expects(/ERR_/, /WebSocket/, /Failed to fetch/, / 50[234]$/);
    await t.server.kill();
    await type(page, " Typed while nobody listened.");
    await says(t, page, /cannot be reached|offline: kept in this browser/);
    await keeps(t, page, "Typed before the crash.", "Typed while nobody listened.");
    await t.screenshot(page, "gone");
    await t.server.launch();
    await kept(t, post, "Typed while nobody listened.");
    await says(t, page, /saved on the desk/);
    await says(t, page, /\blive\b/, "the live data");
    await keeps(t, page, "Typed before the crash.", "Typed while nobody listened.");

    // A crash of the browser as well: another visit finds it all.
    await page.reload();
    await body(page).waitFor();
    await t.until("the text again", async () => (await bodyText(page)).includes("Typed while nobody listened."));
    await page.keyboard.press("Control+s");
    await t.until("version 2", async () => (await t.api("GET", `posts/${post.id}`)).version === 2);
  },
};

const networkGone = {
  name: "faults-network",
  limitMs: 120_000,
  async run(t) {
    const [post] = await t.posts(1);
    const proxy = await t.proxy();
    const page = await t.page({ url: proxy.url });
    await open(t, page, post);
    t.expects(/ERR_/, /WebSocket/, /Failed to fetch/);
    proxy.cut();
    await page.context().setOffline(true);
    await type(page, "\n\nTyped on the train.");
    await says(t, page, /offline: kept in this browser|cannot be reached/);
    await keeps(t, page, "Typed on the train.");
    // Another screen of what is loaded already, and back: the text is still there.
    await t.screenshot(page, "cut");
    await type(page, " And in the tunnel.");
    proxy.restore();
    await page.context().setOffline(false);
    await kept(t, post, "And in the tunnel.");
    await keeps(t, page, "Typed on the train. And in the tunnel.");
    await says(t, page, /\blive\b/, "the live data");
  },
};

const sessionGone = {
  name: "faults-session",
  limitMs: 90_000,
  async run(t) {
    const [post] = await t.posts(1);
    const page = await t.page();
    await open(t, page, post);
    t.expects(/ 401$/, /WebSocket/);
    await type(page, "\n\nTyped by somebody signed in.");
    await t.server.api.endSession(page.session);
    await type(page, " Typed by nobody.");
    const dialog = page.getByRole("dialog", { name: "Please sign in again" });
    await dialog.waitFor({ timeout: 20_000 });
    await keeps(t, page, "Typed by somebody signed in.", "Typed by nobody.");
    await t.axe(page, "the dialog that asks again");
    await t.screenshot(page, "asked");
    const key = dialog.getByLabel(/^Key/);
    if (!(await key.isVisible())) await dialog.getByRole("button", { name: "Sign in with a key" }).click();
    await key.fill(await t.server.api.keyOf("admin", t.name));
    await page.keyboard.press("Enter");
    await dialog.waitFor({ state: "hidden" });
    await kept(t, post, "Typed by nobody.");
    await keeps(t, page, "Typed by somebody signed in.", "Typed by nobody.");
    t.assert.ok(page.url().endsWith(address(post)), `the page is now ${page.url()}`);
  },
};

const twoEditors = {
  name: "faults-conflict",
  limitMs: 90_000,
  async run(t) {
    const [post] = await t.posts(1);
    const hers = await t.page({ role: "editor", as: "faults-anna" });
    const his = await t.page({ role: "editor", as: "faults-bela" });
    await open(t, hers, post);
    await open(t, his, post);
    await type(hers, "\n\nAnna adds the opening hours.");
    await type(his, "\n\nBela adds the address.");
    await hers.keyboard.press("Control+s");
    await t.until("her version", async () => (await t.api("GET", `posts/${post.id}`)).version === 2);

    await says(t, his, /saved version 2/);
    await keeps(t, his, "Bela adds the address.");
    t.expects(/ 412$/, / 409$/);
    await body(his).click();
    await his.keyboard.press("Control+s");
    // Nothing is overwritten behind anybody's back: he is asked, with both texts before him.
    await t.until("the question", async () => /Version 2 is newer[^]*faults-anna has saved/.test(await t.text(his)));
    t.assert.equal((await t.api("GET", `posts/${post.id}`)).version, 2);
    await t.screenshot(his, "asked");
    await t.axe(his, "the question after a conflict");
    await kept(t, post, "Bela adds the address.", { role: "editor", as: "faults-bela" });
    const versions = (await t.api("GET", `posts/${post.id}/versions`)).data;
    t.assert.ok(versions[0].body.includes("Anna adds the opening hours."), "her version is the newest");
  },
};

const publishedMeanwhile = {
  name: "faults-published",
  limitMs: 90_000,
  async run(t) {
    const [post] = await t.posts(1);
    const page = await t.page();
    await open(t, page, post);
    await type(page, "\n\nStill being written.");
    await t.api("POST", `posts/${post.id}/approval`, { version: post.version });
    await says(t, page, /has approved version 1/);
    await t.until("the publication", async () => (await t.api("GET", `posts/${post.id}`)).state === "published", 30_000);
    await says(t, page, /Version 1 has been published/);
    await type(page, " And it goes on.");
    await keeps(t, page, "Still being written. And it goes on.");
    await t.screenshot(page, "published");
    await page.keyboard.press("Control+s");
    await t.until("version 2", async () => (await t.api("GET", `posts/${post.id}`)).version === 2);
    const now = await t.api("GET", `posts/${post.id}`);
    t.assert.equal(now.state, "published", "readers still see version 1");
    t.assert.equal(now.published_version, 1);
  },
};

/** Screens that only show: they say that the server is gone, keep what they show, and catch up. */
const readers = {
  name: "faults-reading",
  server: "own",
  limitMs: 120_000,
  async run(t) {
    const [post] = await t.posts(1);
    const page = await t.page();
    await t.go(page, "/console/review");
    await page.getByText(post.title).first().waitFor();
    // Dies while somebody reads, not while the page is still being loaded.
    await page.waitForLoadState("networkidle");
    t.expects(/ERR_/, /WebSocket/, /Failed to fetch/, / 50[234]$/);
    await t.server.kill();
    await says(t, page, /reconnecting|offline|cannot be reached/);
    t.assert.ok(await page.getByText(post.title).first().isVisible(), "what was there stays");
    await t.server.launch();
    await says(t, page, /\blive\b/, "the live data");
    await t.api("POST", `posts/${post.id}/rejection`, { version: post.version, reason: "no" });
    await t.until("the news", async () => /rejected|\d+ new/.test(await t.text(page)) || !(await page.getByText(post.title).first().isVisible()), 20_000);
  },
};

export default [serverGone, networkGone, sessionGone, twoEditors, publishedMeanwhile, readers];
