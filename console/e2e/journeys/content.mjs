// All content: found by its states, words and filters; decided on together; taken back.
const LIST = "/console/posts";
const rows = (page) => page.locator("[role=grid] [data-row]");
const toast = (page) => page.locator(".toast");
const only = (word, more = "") => `${LIST}?q=${word}${more}`;
const stateOf = async (t, id) => (await t.api("GET", `posts/${id}`)).state;
const write = (t, count, word) => t.posts(count, { title: (i) => `${word} note ${String(i + 1).padStart(2, "0")} from the reading room` });
const counted = (t, page, n) => t.until(`${n} rows`, async () => (await rows(page).count()) === n);

const mouse = {
  name: "content-mouse",
  addresses: [LIST, { path: `${LIST}?state=published&sort=-score`, name: "posts-published" }, { path: `${LIST}?q=nothinghasthisword`, name: "posts-none" }, { path: LIST, name: "posts-viewer", role: "viewer" }],
  async run(t) {
    const word = "Shelfwork";
    const posts = await write(t, 5, word);
    const page = await t.page();
    await t.go(page, LIST);

    // Found by a word, kept as a filter with a name, and found again by that name.
    await page.getByRole("searchbox").fill(word);
    await counted(t, page, 5);
    await page.getByRole("button", { name: "Saved filters" }).click();
    await page.getByRole("menuitem", { name: "Save this filter" }).click();
    await page.getByLabel(/Name of the filter/).fill("My shelf");
    await page.getByRole("dialog").getByRole("button", { name: "Save this filter" }).click();
    await t.until("the filter kept", async () => (await page.evaluate(() => fetch("/api/v3/preferences").then((answer) => answer.json())))["filters.content"]?.["My shelf"]);
    await t.go(page, LIST);
    await page.getByRole("button", { name: "Saved filters" }).click();
    await page.getByRole("menuitem", { name: "My shelf" }).first().click();
    await counted(t, page, 5);
    t.assert.match(page.url(), new RegExp(`q=${word}`));

    // By state: the view is in the address.
    await page.getByRole("navigation", { name: "States" }).getByRole("link", { name: /^in review/ }).click();
    await t.until("the state in the address", () => page.url().includes("state=in_review"));
    await counted(t, page, 5);

    // Two are picked and approved as a job, and taken back.
    await page.getByRole("checkbox", { name: `Pick ${posts[0].title}` }).check();
    await page.getByRole("checkbox", { name: `Pick ${posts[1].title}` }).check();
    await page.getByRole("button", { name: "Approve", exact: true }).waitFor();
    await t.axe(page, "picked posts");
    await t.screenshot(page, "picked");
    await page.getByRole("button", { name: "Approve", exact: true }).click();
    await t.until("the job's word", async () => /Approved 2 posts/.test(await t.text(page)));
    t.assert.deepEqual(await Promise.all(posts.slice(0, 2).map(({ id }) => stateOf(t, id))), ["scheduled", "scheduled"]);
    await toast(page).getByRole("button", { name: /Undo/ }).click();
    await t.until("both to wait again", async () => (await Promise.all(posts.slice(0, 2).map(({ id }) => stateOf(t, id)))).every((state) => state === "in_review"));
    await counted(t, page, 5);

    // All that match are sent back with a reason, by one click more than a few.
    await page.getByRole("checkbox", { name: `Pick ${posts[2].title}` }).check();
    await page.getByRole("button", { name: /^All 5 that match$/ }).click();
    await page.getByRole("button", { name: "Send back", exact: true }).click();
    await page.getByLabel(/^Reason/).fill("The hours are not those of the notice");
    await page.getByRole("dialog").getByRole("button", { name: /^Send back/ }).click();
    await t.until("all sent back", async () => (await Promise.all(posts.map(({ id }) => stateOf(t, id)))).every((state) => state === "rejected"));
    await page.getByText("Nothing matches").waitFor();
    await t.go(page, only(word, "&state=rejected"));
    await counted(t, page, 5);
    await page.getByRole("checkbox", { name: "Pick all that are loaded" }).check();
    await page.getByRole("button", { name: "Reopen", exact: true }).click();
    await t.until("none rejected", async () => (await Promise.all(posts.map(({ id }) => stateOf(t, id)))).every((state) => state !== "rejected"));

    // A row opens the editor; one of one's own is begun there too.
    await t.go(page, only(word));
    await page.getByRole("link", { name: posts[0].title }).click();
    await t.until("the editor", () => page.url().endsWith(`/console/posts/${posts[0].id}`));
    await t.go(page, LIST);
    await page.getByRole("link", { name: "New post" }).click();
    await t.until("an empty editor", () => page.url().endsWith("/console/posts/new"));

    // On a phone: picked in the list, decided under the thumb.
    await page.setViewportSize({ width: 390, height: 844 });
    await t.go(page, only(word));
    await counted(t, page, 5);
    await page.getByRole("checkbox", { name: `Pick ${posts[3].title}` }).check();
    const button = page.locator(".deeds button").first();
    await button.waitFor();
    const box = await button.boundingBox();
    t.assert.ok(box.y > 844 * 0.6, `the button stands at ${JSON.stringify(box)}`);
    await t.axe(page, "picked on a phone");
    await t.screenshot(page, "phone");
  },
};

const keys = {
  name: "content-keys",
  async run(t) {
    const word = "Ledgerwork";
    const posts = await write(t, 3, word);
    const page = await t.page({ role: "moderator" });
    await t.go(page, LIST);
    await page.keyboard.press("/");
    await page.keyboard.type(word);
    await counted(t, page, 3);
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    await page.keyboard.press("j");
    await page.keyboard.press("x");
    await page.keyboard.press("j");
    await page.keyboard.press("Shift+X");
    await page.getByText("2 picked").first().waitFor();
    await page.keyboard.press("a");
    await t.until("the job's word", async () => /Approved 2 posts/.test(await t.text(page)));
    await page.keyboard.press("z");
    await t.until("all to wait again", async () => (await Promise.all(posts.map(({ id }) => stateOf(t, id)))).every((state) => state === "in_review"));

    // What is no answer is told, and tried again.
    const proxy = await t.proxy();
    t.expects(/ERR_/, /answer: .* 5\d\d/, /WebSocket/, /Failed to/);
    const far = await t.page({ url: proxy.url });
    await t.go(far, only(word));
    await counted(t, far, 3);
    proxy.cut();
    await far.getByRole("searchbox").fill(`${word} note 02`);
    await far.getByRole("button", { name: "Try again" }).waitFor();
    t.assert.equal(await rows(far).count(), 3);
    proxy.restore();
    await far.getByRole("button", { name: "Try again" }).click();
    await counted(t, far, 1);

    // A viewer reads: nothing is offered that is not allowed.
    const reader = await t.page({ role: "viewer" });
    await t.go(reader, only(word));
    await counted(t, reader, 3);
    t.assert.equal(await reader.getByRole("checkbox").count(), 0);
    t.assert.equal(await reader.getByRole("link", { name: "New post" }).count(), 0);
  },
};

export default [mouse, keys];
